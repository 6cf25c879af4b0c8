/* The certificate of FASTI_TLS_CERT: its end, its key, its names. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/doctor.h"

/* Who renews by himself (certbot, Caddy) does it 30 days before the end. */
enum { SOON_DAYS = 21 };

static void free_certificate(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

/* The text of a PEM file as OpenSSL reads it; NULL, and a finding: it cannot be read. */
static BIO *open_pem(Checkup *checkup, const char *path, FileCheck check)
{
    Error err = { .code = ERROR_NONE };
    const char *text = NULL;

    if (file_read(path, check, LIMIT_PEM_BYTES, checkup->arena, &text, &err))
        return BIO_new_mem_buf(text, -1);
    checkup_fault(checkup, "Correct it, or the setting: no server starts so.", "%s", err.detail);
    return NULL;
}

/* Days until then; negative: it is over. */
static int days_until(const ASN1_TIME *time)
{
    int days = 0;
    int seconds = 0;

    (void)ASN1_TIME_diff(&days, &seconds, NULL, time);
    return seconds < 0 ? days - 1 : days;
}

static void check_dates(Checkup *checkup, const X509 *certificate)
{
    int left = days_until(X509_get0_notAfter(certificate));

    if (days_until(X509_get0_notBefore(certificate)) >= 1)
        checkup_fault(checkup, "Look at the clock, or wait.",
                      "%s is not valid yet: clients refuse to connect.", checkup->config->tls_cert);
    else if (left < 0)
        checkup_fault(checkup, "Renew it and restart the server.",
                      "%s ended %d days ago: clients refuse to connect.", checkup->config->tls_cert,
                      -left);
    else if (left < SOON_DAYS)
        checkup_warn(checkup, "Renew it and restart the server; look why that was not done.",
                     "%s ends in %d days.", checkup->config->tls_cert, left);
    else
        checkup_ok(checkup, "%s is good for %d days.", checkup->config->tls_cert, left);
}

static void check_name(Checkup *checkup, X509 *certificate)
{
    const char *url = checkup->config->public_url;
    const char *host = url != NULL ? strstr(url, "://") : NULL;

    if (host == NULL)
        return;
    host = arena_strndup(checkup->arena, host + 3, strcspn(host + 3, ":/?#"));
    if (X509_check_host(certificate, host, 0, 0, NULL) != 1 &&
        X509_check_ip_asc(certificate, host, 0) != 1)
        checkup_fault(checkup, "Get one for this name, or correct FASTI_PUBLIC_URL.",
                      "%s is not for %s, to which FASTI_PUBLIC_URL sends clients.",
                      checkup->config->tls_cert, host);
}

static void check_key(Checkup *checkup, X509 *certificate)
{
    BIO *file = open_pem(checkup, checkup->config->tls_key, FILE_SECRET);
    EVP_PKEY AUTO(free_key) *key =
        file != NULL ? PEM_read_bio_PrivateKey(file, NULL, NULL, (void *)(uintptr_t) "") : NULL;

    BIO_free(file);
    if (file != NULL && (key == NULL || X509_check_private_key(certificate, key) != 1))
        checkup_fault(checkup, "Give the key that the certificate was made with.",
                      "The key in %s does not belong to the certificate in %s.",
                      checkup->config->tls_key, checkup->config->tls_cert);
    ERR_clear_error();
}

void check_certificate(Checkup *checkup)
{
    if (checkup->config->tls_cert == NULL) {
        checkup_ok(checkup,
                   "The server speaks plain HTTP; what stands before it has to speak TLS.");
        return;
    }
    BIO *file = open_pem(checkup, checkup->config->tls_cert, FILE_ANY);
    X509 AUTO(free_certificate) *certificate =
        file != NULL ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
    BIO_free(file);
    ERR_clear_error();
    if (certificate != NULL) {
        check_dates(checkup, certificate);
        check_name(checkup, certificate);
        check_key(checkup, certificate);
    } else if (!checkup_has_found(checkup)) {
        checkup_fault(checkup, "Give a PEM file that begins with the server's own certificate.",
                      "There is no certificate in %s.", checkup->config->tls_cert);
    }
}
