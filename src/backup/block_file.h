/* BlockFile - one file of checked, packed and perhaps sealed blocks: the form of a backup.
 *
 *   head    one line of JSON (BackupHead), at most HEAD_BYTES
 *   blocks  size     4 bytes, little-endian; the highest bit: it is the last one
 *           hash     32 bytes: SHA-256 of the hash before it, of size and bytes; before the first
 *                    one stands the hash of the head
 *           bytes    sealed: AES-256-GCM, its tag at the end; then, or else at once:
 *                    4 bytes, how many there are unpacked; zlib (RFC 1950)
 *
 * So the last hash is one of all that stands in the file, and no byte of it may change, no block
 * be missing or stand elsewhere, and nothing follow the last one. Whoever writes a file can write
 * right hashes too; only a sealed one shows who made it. Its key is scrypt's (RFC 7914) of the
 * passphrase and of the salt in the head, so no two files have the same; a block's nonce is its
 * number, and its size and the head's hash are sealed with it.
 *
 * A file is written under the name <path>.partial (0600) and has its own when all of it is on the
 * disk: whatever has that name is whole. Errors are sentences for whoever runs the program. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "backup/seal.h"
#include "base/buffer.h"
#include "base/error.h"
#include "time/instant.h"

enum { BACKUP_FORMAT = 1, HEAD_BYTES = 4096 };

typedef struct BackupHead {
    Members given;
    int64_t fasti_backup; /* BACKUP_FORMAT */
    int64_t schema;       /* version of the tables that are in it */
    Instant made_at;      /* everything that was acknowledged before is in it */
    const char *program;  /* version of the program */
    const char *database; /* the kind that it was taken from; it goes into either */
    const char *salt;     /* in hexadecimal; NULL: not sealed */
} BackupHead;

typedef struct BlockWriter {
    Arena arena;
    int fd; /* -1: closed */
    const char *path;
    const char *partial;
    Chain chain;
    Buffer raw; /* the next block, which the caller fills */
    unsigned char *packed;
    size_t room;
    int64_t bytes; /* of the file so far */
} BlockWriter;

/* `head->salt` is made here where there is a passphrase (else NULL). */
bool block_writer_open(BlockWriter *writer, const char *path, BackupHead *head,
                       const char *passphrase, Error *err);

/* Writes what is in `raw` when that is enough for a block. */
bool block_writer_flush(BlockWriter *writer, Error *err);

/* The last block; then the file gets its name. */
bool block_writer_end(BlockWriter *writer, Error *err);

/* For AUTO: what was not ended leaves no file. */
void block_writer_close(BlockWriter *writer);

typedef struct BlockReader {
    Arena arena;
    FILE *file;
    const char *path;
    BackupHead head;
    Chain chain;
    bool is_open_to_us; /* not sealed, or with our key: otherwise only hashes are looked at */
    bool is_at_end;
    unsigned char *bytes; /* as they stand in the file … */
    size_t bytes_room;
    unsigned char *data; /* … and unpacked, a NUL behind them */
    size_t data_room;
    size_t length;
} BlockReader;

/* NULL for a sealed file: only its hashes can be looked at (`is_open_to_us`). */
bool block_reader_open(BlockReader *reader, const char *path, const char *passphrase, Error *err);

/* The next block: `data` and `length`, until the next call. *ret_more is false behind the last. */
bool block_reader_next(BlockReader *reader, bool *ret_more, Error *err);
void block_reader_close(BlockReader *reader); /* for AUTO */
