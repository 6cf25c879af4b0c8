#include "backup/seal.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

enum { NONCE_BYTES = 12 };

/* RFC 7914 2: N = 2^15, r = 8, p = 1 take 32 MiB and a tenth of a second: a passphrase is tried
 * ten times a second, a stolen file ten thousand times on a rented machine. */
enum { SCRYPT_N = 1 << 15, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_MEMORY = 64 << 20 };

/* What OpenSSL cannot do with these arguments only fails without memory. */
static void must(int is_done)
{
    if (is_done != 1)
        memory_run_out();
}

/* Of up to three pieces, one behind another. */
static void hash_pieces(const void *const pieces[], const size_t lengths[], size_t count,
                        unsigned char ret_hash[HASH_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    must(context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < count; i++)
        must(EVP_DigestUpdate(context, pieces[i], lengths[i]));
    must(EVP_DigestFinal_ex(context, ret_hash, NULL));
    EVP_MD_CTX_free(context);
}

void chain_start(Chain *chain, const char *head, size_t length, const char *passphrase,
                 const unsigned char salt[SALT_BYTES])
{
    *chain = (Chain){ .is_sealed = passphrase != NULL };
    hash_pieces((const void *const[]){ head }, (const size_t[]){ length }, 1, chain->head);
    memcpy(chain->hash, chain->head, HASH_BYTES);
    if (passphrase != NULL)
        must(EVP_PBE_scrypt(passphrase, strlen(passphrase), salt, SALT_BYTES, SCRYPT_N, SCRYPT_R,
                            SCRYPT_P, SCRYPT_MEMORY, chain->key, sizeof(chain->key)));
}

void chain_add(Chain *chain, const unsigned char size[4], const unsigned char *bytes, size_t length)
{
    hash_pieces((const void *const[]){ chain->hash, size, bytes },
                (const size_t[]){ HASH_BYTES, 4, length }, 3, chain->hash);
    chain->number++;
}

/* Begins to seal or to open: with the block's number as nonce, the head's hash and the size bound
 * to it. */
static EVP_CIPHER_CTX *start(const Chain *chain, const unsigned char size[4], int seals)
{
    unsigned char nonce[NONCE_BYTES] = { 0 };
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int ignored;

    for (size_t i = 0; i < sizeof(chain->number); i++)
        nonce[i] = (unsigned char)(chain->number >> 8 * i);
    must(context != NULL &&
         EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, chain->key, nonce, seals) == 1);
    must(EVP_CipherUpdate(context, NULL, &ignored, chain->head, HASH_BYTES));
    must(EVP_CipherUpdate(context, NULL, &ignored, size, 4));
    return context;
}

void seal_block(const Chain *chain, const unsigned char size[4], unsigned char *bytes,
                size_t length)
{
    EVP_CIPHER_CTX *context = start(chain, size, 1);
    int done = 0;

    must(EVP_CipherUpdate(context, bytes, &done, bytes, (int)length));
    assert((size_t)done == length);
    must(EVP_CipherFinal_ex(context, bytes + length, &done));
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, SEAL_BYTES, bytes + length));
    EVP_CIPHER_CTX_free(context);
}

bool open_block(const Chain *chain, const unsigned char size[4], unsigned char *bytes,
                size_t length)
{
    EVP_CIPHER_CTX *context = start(chain, size, 0);
    int done = 0;

    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, SEAL_BYTES, bytes + length));
    must(EVP_CipherUpdate(context, bytes, &done, bytes, (int)length));
    bool is_genuine = EVP_CipherFinal_ex(context, bytes + length, &done) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_genuine;
}
