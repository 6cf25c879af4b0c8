/* Seal - what blocks of a file (backup/block_file.h) are hashed and sealed with: OpenSSL's SHA-256,
 * scrypt and AES-256-GCM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HASH_BYTES = 32,
    SEAL_KEY_BYTES = 32,
    SALT_BYTES = 16,
    SEAL_BYTES = 16, /* that sealing adds */
};

/* What sealing and hashing go on from. */
typedef struct Chain {
    unsigned char head[HASH_BYTES]; /* hash of the head */
    unsigned char hash[HASH_BYTES]; /* of the last block */
    unsigned char key[SEAL_KEY_BYTES];
    bool is_sealed;
    uint64_t number; /* of the next block */
} Chain;

/* The hash and, with a passphrase, the key of a file with this head. */
void chain_start(Chain *chain, const char *head, size_t length, const char *passphrase,
                 const unsigned char salt[SALT_BYTES]);

/* chain->hash goes on over a block: `size` as it stands in the file, `bytes` likewise. */
void chain_add(Chain *chain, const unsigned char size[4], const unsigned char *bytes,
               size_t length);

/* In place: `length` bytes become SEAL_BYTES more; and back, false where they were made with
 * another key or changed. */
void seal_block(const Chain *chain, const unsigned char size[4], unsigned char *bytes,
                size_t length);
bool open_block(const Chain *chain, const unsigned char size[4], unsigned char *bytes,
                size_t length);
