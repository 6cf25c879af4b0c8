/* Certificates that end, and those that are none. */
#include "visit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY_S = 86400 };

static char folder[] = "/tmp/fasti-certificate-XXXXXX";

/* cert.pem for calendar.example.org, good from one day to another as counted from today, and
 * key.pem. */
static void make(long from_day, long to_day)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)"calendar.example.org", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_day * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_day * DAY_S + 600);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = fopen("cert.pem", "w");
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    file = fopen("key.pem", "w");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    chmod("key.pem", 0600);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void must_say(const char *url, FindingKind kind, const char *part)
{
    const Config config = { .tls_cert = "cert.pem", .tls_key = "key.pem", .public_url = url };
    Arena AUTO(arena_finish) arena = { 0 };
    Checkup checkup;

    visit(&checkup, &arena, &config);
    check_certificate(&checkup);
    if (kind != FINDING_OK && checkup.findings[0].kind == FINDING_OK) {
        checkup.findings++; /* its dates are good; its key or its name is not */
        checkup.count--;
    }
    must_find(&checkup, kind, part);
}

static void a_certificate_is_renewed_in_time(void **state)
{
    (void)state;
    make(-10, 21);
    must_say(NULL, FINDING_OK, "good for 21 days");
    make(-10, 20);
    must_say(NULL, FINDING_WARNING, "ends in 20 days");
    make(-10, 0);
    must_say(NULL, FINDING_WARNING, "ends in 0 days");
    make(-10, -1);
    must_say(NULL, FINDING_PROBLEM, "ended 1 days ago");
    make(2, 90);
    must_say(NULL, FINDING_PROBLEM, "not valid yet");
}

static void it_is_for_the_name_that_clients_use(void **state)
{
    (void)state;
    make(-1, 90);
    must_say("https://calendar.example.org:8443/", FINDING_OK, "good for");
    must_say("https://other.example.org", FINDING_PROBLEM, "not for other.example.org");
}

static void what_is_none_is_said(void **state)
{
    (void)state;
    make(-1, 90);
    rename("key.pem", "cert.pem");
    must_say(NULL, FINDING_PROBLEM, "no certificate in cert.pem");
    unlink("cert.pem");
    must_say(NULL, FINDING_PROBLEM, "cert.pem cannot be read");
    make(-1, 90);
    chmod("key.pem", 0644);
    must_say(NULL, FINDING_PROBLEM, "key.pem holds a secret");
    unlink("key.pem");
    rename("cert.pem", "key.pem");
    chmod("key.pem", 0600);
    make(-1, 90);
    rename("cert.pem", "kept.pem");
    make(-1, 90);
    rename("kept.pem", "cert.pem");
    must_say(NULL, FINDING_PROBLEM, "does not belong to the certificate");
}

static void plain_http_needs_none(void **state)
{
    const Config config = { .tls_cert = NULL };
    Arena AUTO(arena_finish) arena = { 0 };
    Checkup checkup;

    (void)state;
    visit(&checkup, &arena, &config);
    check_certificate(&checkup);
    must_find(&checkup, FINDING_OK, "plain HTTP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_is_renewed_in_time),
        cmocka_unit_test(it_is_for_the_name_that_clients_use),
        cmocka_unit_test(what_is_none_is_said),
        cmocka_unit_test(plain_http_needs_none),
    };

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink("cert.pem");
    unlink("key.pem");
    rmdir(folder);
    return failed;
}
