#include "backup/block_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"

enum { SIZE_BYTES = 4, LEVEL = 1 };

#define IS_LAST UINT32_C(0x80000000)

static const Field head_fields[] = {
    INTEGER(BackupHead, fasti_backup, .flags = REQUIRED, .doc = "Version of this form."),
    INTEGER(BackupHead, schema, .flags = REQUIRED, .doc = "Version of the tables."),
    INSTANT(BackupHead, made_at, .flags = REQUIRED, .doc = "What was done before is in it."),
    TEXT(BackupHead, program, .flags = REQUIRED, .doc = "Version of the program."),
    TEXT(BackupHead, database, .flags = REQUIRED, .doc = "Where it comes from."),
    TEXT(BackupHead, salt, .flags = SPARSE | NULLABLE, .doc = "Of scrypt, in hexadecimal."),
};
static const Schema head_schema = SCHEMA(BackupHead, head_fields, .doc = "The head of a backup.");

static void write_number(unsigned char ret_bytes[SIZE_BYTES], uint32_t number)
{
    for (unsigned i = 0; i < SIZE_BYTES; i++)
        ret_bytes[i] = (unsigned char)(number >> 8 * i);
}

static uint32_t read_number(const unsigned char bytes[SIZE_BYTES])
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* At least so much; what was there is lost. */
static void make_room(Arena *arena, unsigned char **bytes, size_t *room, size_t wanted)
{
    if (*room >= wanted)
        return;
    *room = 2 * *room > wanted ? 2 * *room : wanted;
    *bytes = arena_extend(arena, NULL, 0, *room);
}

static bool read_salt(const char *text, unsigned char ret_salt[SALT_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    if (strlen(text) != 2 * SALT_BYTES || strspn(text, digits) != 2 * SALT_BYTES)
        return false;
    for (size_t i = 0; i < SALT_BYTES; i++)
        ret_salt[i] = (unsigned char)((strchr(digits, text[2 * i]) - digits) << 4 |
                                      (strchr(digits, text[2 * i + 1]) - digits));
    return true;
}

/* -- Writing ---------------------------------------------------------------------------------- */

static bool fail_to_write(const BlockWriter *writer, Error *err)
{
    return error_set(err, errno == ENOSPC || errno == EDQUOT ? ERROR_STORAGE_FULL : ERROR_INVALID,
                     "%s cannot be written: %s.", writer->partial, strerror(errno));
}

static bool write_all(BlockWriter *writer, const void *data, size_t length, Error *err)
{
    const char *at = data;

    writer->bytes += (int64_t)length;
    while (length > 0) {
        ssize_t written = write(writer->fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_to_write(writer, err);
        at += written;
        length -= (size_t)written;
    }
    return true;
}

/* Nothing, an older backup, or an empty file: a slip may name the database. */
static bool may_be_replaced(const char *path)
{
    static const char begin[] = "{\"fasti_backup\":"; /* the first of head_fields */
    char found[sizeof(begin) - 1];
    struct stat info;

    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR;
    bool may = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
               (info.st_size == 0 || (read(fd, found, sizeof(found)) == sizeof(found) &&
                                      memcmp(found, begin, sizeof(found)) == 0));
    close(fd);
    return may;
}

static bool is_locked_by_another(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/* One at a time writes a file: who has it locked. What a killed one left is taken away, and so is a
 * link that somebody else has put there; locked meanwhile, or it may be another's by then. */
static bool open_partial(BlockWriter *writer, Error *err)
{
    struct stat info;

    int left = open(writer->partial, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool is_busy = left >= 0 && is_locked_by_another(left);
    if (!is_busy) {
        (void)unlink(writer->partial);
        writer->fd =
            open(writer->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    bool is_open = writer->fd >= 0 || is_busy || fail_to_write(writer, err);
    if (left >= 0)
        close(left);
    if (!is_open)
        return false;
    if (!is_busy && !is_locked_by_another(writer->fd) && fstat(writer->fd, &info) == 0 &&
        info.st_nlink > 0)
        return true;
    if (writer->fd >= 0)
        close(writer->fd);
    writer->fd = -1;
    return error_set(err, ERROR_CONFLICT, "%s is being written by another backup: wait for it.",
                     writer->path);
}

bool block_writer_open(BlockWriter *writer, const char *path, BackupHead *head,
                       const char *passphrase, Error *err)
{
    unsigned char salt[SALT_BYTES];
    char salt_text[2 * SALT_BYTES + 1];

    *writer = (BlockWriter){ .fd = -1 };
    writer->path = arena_strdup(&writer->arena, path);
    writer->partial = arena_printf(&writer->arena, "%s.partial", path);
    random_hex(salt_text, SALT_BYTES);
    (void)read_salt(salt_text, salt);
    head->fasti_backup = BACKUP_FORMAT;
    head->salt = passphrase != NULL ? arena_strdup(&writer->arena, salt_text) : NULL;

    Writer w = writer_start(&writer->arena);
    schema_encode(&head_schema, &w, head, 0);
    const char *line = arena_printf(&writer->arena, "%s\n", writer_text(&w));
    chain_start(&writer->chain, line, strlen(line), passphrase, salt);
    writer->raw = buffer_start(&writer->arena);
    if (!may_be_replaced(path))
        return error_set(err, ERROR_CONFLICT,
                         "%s is there and is no backup of Fasti: name another file.", path);
    return open_partial(writer, err) && write_all(writer, line, strlen(line), err);
}

static bool write_block(BlockWriter *writer, bool is_last, Error *err)
{
    size_t length = writer->raw.length;
    unsigned char size[SIZE_BYTES];

    if (length > LIMIT_BACKUP_BLOCK_BYTES)
        return error_set(err, ERROR_INVALID, "A row of %zu bytes is larger than a backup can hold.",
                         length);
    uLongf packed = compressBound(length);
    make_room(&writer->arena, &writer->packed, &writer->room, SIZE_BYTES + packed + SEAL_BYTES);
    write_number(writer->packed, (uint32_t)length);
    if (compress2(writer->packed + SIZE_BYTES, &packed, (const Bytef *)writer->raw.data, length,
                  LEVEL) != Z_OK)
        return error_set(err, ERROR_INTERNAL, "zlib has no memory to pack with.");
    size_t stored = SIZE_BYTES + packed;
    size_t whole = stored + (writer->chain.is_sealed ? SEAL_BYTES : 0);
    write_number(size, (uint32_t)whole | (is_last ? IS_LAST : 0));
    if (writer->chain.is_sealed)
        seal_block(&writer->chain, size, writer->packed, stored);
    chain_add(&writer->chain, size, writer->packed, whole);
    writer->raw.length = 0;
    return write_all(writer, size, sizeof(size), err) &&
           write_all(writer, writer->chain.hash, HASH_BYTES, err) &&
           write_all(writer, writer->packed, whole, err);
}

bool block_writer_flush(BlockWriter *writer, Error *err)
{
    return writer->raw.length < LIMIT_BACKUP_PIECE_BYTES || write_block(writer, false, err);
}

bool block_writer_end(BlockWriter *writer, Error *err)
{
    if (!write_block(writer, true, err))
        return false;
    /* Closed, it is nobody's. */
    if (fsync(writer->fd) != 0 || rename(writer->partial, writer->path) != 0 ||
        !file_sync_folder(writer->path))
        return fail_to_write(writer, err);
    close(writer->fd);
    writer->fd = -1;
    return true;
}

void block_writer_close(BlockWriter *writer)
{
    if (writer->fd >= 0) {
        (void)unlink(writer->partial);
        close(writer->fd);
    }
    explicit_bzero(writer->chain.key, sizeof(writer->chain.key));
    arena_finish(&writer->arena);
}

/* -- Reading ---------------------------------------------------------------------------------- */

static bool refuse(const BlockReader *reader, const char *why, Error *err)
{
    return error_set(err, ERROR_INVALID, "%s %s", reader->path, why);
}

static bool read_exactly(BlockReader *reader, void *bytes, size_t length, Error *err)
{
    if (fread(bytes, 1, length, reader->file) == length)
        return true;
    if (ferror(reader->file) != 0)
        return error_set(err, ERROR_INVALID, "%s cannot be read: %s.", reader->path,
                         strerror(errno));
    return refuse(reader, "ends too early: it is damaged, or was not copied whole.", err);
}

static bool read_head(BlockReader *reader, const char *passphrase, Error *err)
{
    static const char not_ours[] = "is no backup of Fasti, or its first line is damaged.";
    char line[HEAD_BYTES];
    unsigned char salt[SALT_BYTES] = { 0 };
    Error inside = { .code = ERROR_NONE };

    if (fgets(line, sizeof(line), reader->file) == NULL || strchr(line, '\n') == NULL ||
        !schema_decode_stored(&head_schema, line, &reader->arena, &reader->head, &inside) ||
        reader->head.program == NULL || reader->head.database == NULL || reader->head.schema < 1)
        return refuse(reader, not_ours, err);
    if (reader->head.fasti_backup != BACKUP_FORMAT)
        return refuse(reader, "has a form that this program does not know: use a newer one.", err);
    bool is_sealed = reader->head.salt != NULL;
    if (is_sealed && !read_salt(reader->head.salt, salt))
        return refuse(reader, not_ours, err);
    reader->is_open_to_us = !is_sealed || passphrase != NULL;
    chain_start(&reader->chain, line, strlen(line), is_sealed ? passphrase : NULL, salt);
    return true;
}

bool block_reader_open(BlockReader *reader, const char *path, const char *passphrase, Error *err)
{
    *reader = (BlockReader){ .file = fopen(path, "rbe") };
    reader->path = arena_strdup(&reader->arena, path);
    if (reader->file == NULL)
        return error_set(err, ERROR_NOT_FOUND, "%s cannot be read: %s.", path, strerror(errno));
    return read_head(reader, passphrase, err);
}

static bool unpack(BlockReader *reader, size_t stored, Error *err)
{
    uint32_t claimed = stored > SIZE_BYTES ? read_number(reader->bytes) : UINT32_MAX;

    if (claimed > LIMIT_BACKUP_BLOCK_BYTES)
        return refuse(reader, "has a block that is none.", err);
    make_room(&reader->arena, &reader->data, &reader->data_room, (size_t)claimed + 1);
    uLongf length = claimed;
    if (uncompress(reader->data, &length, reader->bytes + SIZE_BYTES, stored - SIZE_BYTES) !=
            Z_OK ||
        length != claimed)
        return refuse(reader, "has a block that cannot be unpacked.", err);
    reader->data[length] = '\0';
    reader->length = length;
    return true;
}

/* Nothing may follow the last block. */
static bool end_reading(BlockReader *reader, Error *err)
{
    reader->is_at_end = true;
    return getc(reader->file) == EOF ||
           refuse(reader, "goes on behind its end: it is damaged.", err);
}

bool block_reader_next(BlockReader *reader, bool *ret_more, Error *err)
{
    unsigned char size[SIZE_BYTES];
    unsigned char hash[HASH_BYTES];

    *ret_more = !reader->is_at_end;
    reader->length = 0;
    if (reader->is_at_end)
        return true;
    if (!read_exactly(reader, size, sizeof(size), err) ||
        !read_exactly(reader, hash, sizeof(hash), err))
        return false;
    size_t stored = read_number(size) & ~IS_LAST;
    if (stored > compressBound(LIMIT_BACKUP_BLOCK_BYTES) + SIZE_BYTES + SEAL_BYTES)
        return refuse(reader, "is damaged: the size of a block is none.", err);
    make_room(&reader->arena, &reader->bytes, &reader->bytes_room, stored);
    if (!read_exactly(reader, reader->bytes, stored, err))
        return false;
    Chain before = reader->chain;
    chain_add(&reader->chain, size, reader->bytes, stored);
    if (memcmp(reader->chain.hash, hash, HASH_BYTES) != 0)
        return refuse(reader, "is damaged: a block has another checksum than it should.", err);
    if ((read_number(size) & IS_LAST) != 0 && !end_reading(reader, err))
        return false;
    if (!reader->is_open_to_us)
        return true;
    if (before.is_sealed) {
        if (stored < SEAL_BYTES || !open_block(&before, size, reader->bytes, stored - SEAL_BYTES))
            return refuse(reader, "was sealed with another passphrase, or was changed.", err);
        stored -= SEAL_BYTES;
    }
    return unpack(reader, stored, err);
}

void block_reader_close(BlockReader *reader)
{
    if (reader->file != NULL)
        fclose(reader->file);
    explicit_bzero(reader->chain.key, sizeof(reader->chain.key));
    arena_finish(&reader->arena);
}
