/* No byte of a file may change unnoticed, and nothing half written has its name. */
#include "backup/block_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"

static const char passphrase[] = "a long passphrase";
static char folder[] = "/tmp/fasti-blocks-XXXXXX";
static char path[64], partial[64], changed[64];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a.backup", folder);
    snprintf(partial, sizeof(partial), "%s/a.backup.partial", folder);
    snprintf(changed, sizeof(changed), "%s/changed", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(changed);
    return rmdir(folder);
}

static BackupHead head_of_test(void)
{
    return (BackupHead){ .schema = 10, .made_at = 0, .program = "1.0", .database = "sqlite" };
}

/* Blocks of `count` pieces, each of the size of a block and a little more. */
static void write_file(const char *secret, size_t count, size_t size)
{
    BlockWriter AUTO(block_writer_close) writer = { .fd = -1 };
    BackupHead head = head_of_test();
    Error err = { .code = ERROR_NONE };

    assert_true(block_writer_open(&writer, path, &head, secret, &err));
    for (size_t i = 0; i < count * size; i++) {
        buffer_add_char(&writer.raw, (char)('a' + i % 23 + i / size));
        assert_true(block_writer_flush(&writer, &err));
    }
    assert_true(block_writer_end(&writer, &err));
}

/* Reads all of it; false with the reason. */
static bool read_file(const char *file, const char *secret, size_t *ret_bytes, Error *err)
{
    BlockReader AUTO(block_reader_close) reader = { 0 };
    bool has_more = true;

    *ret_bytes = 0;
    error_clear(err);
    if (!block_reader_open(&reader, file, secret, err))
        return false;
    while (has_more) {
        if (!block_reader_next(&reader, &has_more, err))
            return false;
        for (size_t i = 0; i < reader.length; i++)
            assert_in_range(reader.data[i], 'a', 'z' + 3);
        *ret_bytes += reader.length;
    }
    return true;
}

static size_t load(char *ret_bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(ret_bytes, 1, room, file);
    assert_in_range(length, 1, room - 1);
    fclose(file);
    return length;
}

static void save(const char *bytes, size_t length)
{
    FILE *file = fopen(changed, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static void what_is_written_is_read_again(void **state)
{
    static const char *const secrets[] = { NULL, passphrase };
    Error err = { .code = ERROR_NONE };
    struct stat status;
    size_t bytes;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        write_file(secrets[i], 3, LIMIT_BACKUP_PIECE_BYTES + 1);
        assert_true(read_file(path, secrets[i], &bytes, &err));
        assert_int_equal(bytes, 3 * (LIMIT_BACKUP_PIECE_BYTES + 1));
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_not_equal(access(partial, F_OK), 0);
    }
    write_file(NULL, 0, 1);
    assert_true(read_file(path, NULL, &bytes, &err));
    assert_int_equal(bytes, 0);
}

static void no_byte_of_a_file_changes_unnoticed(void **state)
{
    static const char *const secrets[] = { NULL, passphrase };
    static const char flips[] = { 0x01, 0x20, (char)0x80, (char)0xff };
    static char bytes[4096];
    Error err = { .code = ERROR_NONE };
    size_t read;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        write_file(secrets[i], 1, 40);
        size_t length = load(bytes, sizeof(bytes));
        save(bytes, length);
        assert_true(read_file(changed, NULL, &read, &err)); /* the control; sealed: its hashes */
        for (size_t at = 0; at < length; at++) {
            for (size_t flip = 0; flip < sizeof(flips); flip++) {
                bytes[at] ^= flips[flip];
                save(bytes, length);
                assert_false(read_file(changed, NULL, &read, &err));
                assert_int_equal(err.code, ERROR_INVALID);
                bytes[at] ^= flips[flip];
            }
        }
    }
}

/* What lies between blocks, and some bytes of each. */
static void nor_one_in_a_file_of_several_blocks(void **state)
{
    enum { BLOCKS = 3, STEP = 61 };
    static char bytes[64 << 10];
    Error err = { .code = ERROR_NONE };
    size_t read;

    (void)state;
    write_file(NULL, BLOCKS, LIMIT_BACKUP_PIECE_BYTES + 1);
    size_t length = load(bytes, sizeof(bytes));
    for (size_t at = 0; at < length; at += STEP) {
        bytes[at] ^= 16;
        save(bytes, length);
        assert_false(read_file(changed, NULL, &read, &err));
        assert_int_equal(err.code, ERROR_INVALID);
        bytes[at] ^= 16;
    }
}

static void no_end_is_cut_off_or_added_unnoticed(void **state)
{
    static char bytes[4096];
    Error err = { .code = ERROR_NONE };
    size_t read;

    (void)state;
    write_file(NULL, 1, 40);
    size_t length = load(bytes, sizeof(bytes));
    for (size_t kept = 0; kept < length; kept++) {
        save(bytes, kept);
        assert_false(read_file(changed, NULL, &read, &err));
    }
    save(bytes, length + 1);
    assert_false(read_file(changed, NULL, &read, &err));
}

static void a_block_that_is_missing_is_noticed(void **state)
{
    size_t piece = LIMIT_BACKUP_PIECE_BYTES;
    char *bytes = test_malloc(2 * piece);
    Error err = { .code = ERROR_NONE };
    size_t read;
    uint32_t size;

    (void)state;
    write_file(NULL, 3, piece);
    size_t length = load(bytes, 2 * piece);
    size_t first = strlen("\n") + (size_t)((char *)memchr(bytes, '\n', length) - bytes);
    memcpy(&size, bytes + first, sizeof(size));
    size_t whole = sizeof(size) + HASH_BYTES + size; /* little-endian machines build this */
    memmove(bytes + first, bytes + first + whole, length - first - whole);
    save(bytes, length - whole);
    assert_false(read_file(changed, NULL, &read, &err));
    assert_non_null(strstr(err.detail, "checksum"));
    test_free(bytes);
}

static void another_passphrase_opens_nothing(void **state)
{
    Error err = { .code = ERROR_NONE };
    size_t read;

    (void)state;
    write_file(passphrase, 1, 40);
    assert_false(read_file(path, "another passphrase", &read, &err));
    assert_non_null(strstr(err.detail, "passphrase"));
    assert_true(read_file(path, NULL, &read, &err)); /* its hashes alone */
    assert_int_equal(read, 0);
    assert_true(read_file(path, passphrase, &read, &err));
    assert_int_equal(read, 40);
}

static void what_is_not_ended_leaves_nothing_and_the_older_one_stays(void **state)
{
    Error err = { .code = ERROR_NONE };
    BackupHead head = head_of_test();
    BlockWriter writer;
    size_t read;

    (void)state;
    write_file(NULL, 1, 7);
    assert_true(block_writer_open(&writer, path, &head, NULL, &err));
    buffer_add(&writer.raw, "half");
    assert_int_equal(access(partial, F_OK), 0);
    block_writer_close(&writer);
    assert_int_not_equal(access(partial, F_OK), 0);
    assert_true(read_file(path, NULL, &read, &err));
    assert_int_equal(read, 7);
    assert_false(block_writer_open(&writer, "/no/such/folder/a", &head, NULL, &err));
    block_writer_close(&writer);
}

static bool is_refused(const char *file)
{
    BlockWriter AUTO(block_writer_close) writer = { .fd = -1 };
    BackupHead head = head_of_test();
    Error err = { .code = ERROR_NONE };

    return !block_writer_open(&writer, file, &head, NULL, &err) &&
           strstr(err.detail, "is no backup of Fasti") != NULL;
}

/* A slip may name the database, or something that is worse to lose. */
static void nothing_but_a_backup_is_written_over(void **state)
{
    Error err = { .code = ERROR_NONE };
    struct stat status;
    size_t length = 0;
    (void)state;

    save("SQLite format 3", 15);
    assert_true(is_refused(changed));
    assert_true(is_refused(folder));
    assert_true(is_refused("/dev/null"));
    assert_int_equal(stat(changed, &status), 0);
    assert_int_equal(status.st_size, 15);

    assert_int_equal(truncate(changed, 0), 0); /* as mktemp leaves it */
    assert_int_equal(rename(changed, path), 0);
    write_file(NULL, 1, 10);
    write_file(NULL, 1, 20);
    assert_true(read_file(path, NULL, &length, &err));
    assert_int_equal(length, 20);
}

static void one_at_a_time_writes_a_file(void **state)
{
    BlockWriter AUTO(block_writer_close) first = { .fd = -1 };
    BlockWriter AUTO(block_writer_close) second = { .fd = -1 };
    BackupHead head = head_of_test();
    Error err = { .code = ERROR_NONE };
    size_t length = 0;
    (void)state;

    assert_true(block_writer_open(&first, path, &head, NULL, &err));
    buffer_add_char(&first.raw, 'a');
    assert_false(block_writer_open(&second, path, &head, NULL, &err));
    assert_non_null(strstr(err.detail, "another backup"));
    block_writer_close(&second);
    assert_int_equal(access(partial, F_OK), 0);
    assert_true(block_writer_end(&first, &err));
    assert_true(read_file(path, NULL, &length, &err));
    assert_int_equal(length, 1);

    assert_int_equal(link(path, partial), 0); /* what one that was killed has left */
    write_file(NULL, 1, 20);
    assert_true(read_file(path, NULL, &length, &err));
    assert_int_equal(length, 20);
}

static void a_row_that_is_too_large_is_refused(void **state)
{
    BlockWriter AUTO(block_writer_close) writer = { .fd = -1 };
    BackupHead head = head_of_test();
    Error err = { .code = ERROR_NONE };

    (void)state;
    assert_true(block_writer_open(&writer, path, &head, NULL, &err));
    (void)memset(buffer_reserve(&writer.raw, LIMIT_BACKUP_BLOCK_BYTES), 'a',
                 LIMIT_BACKUP_BLOCK_BYTES);
    writer.raw.length = LIMIT_BACKUP_BLOCK_BYTES;
    assert_true(block_writer_flush(&writer, &err));
    (void)memset(buffer_reserve(&writer.raw, LIMIT_BACKUP_BLOCK_BYTES + 1), 'a',
                 LIMIT_BACKUP_BLOCK_BYTES + 1);
    writer.raw.length = LIMIT_BACKUP_BLOCK_BYTES + 1;
    assert_false(block_writer_flush(&writer, &err));
    assert_int_equal(err.code, ERROR_INVALID);
}

/* A file of one block whose checksum is right, whatever its bytes are. */
static void forge(const unsigned char *bytes, uint32_t length)
{
    static const char head[] = "{\"fasti_backup\":1,\"schema\":10,\"made_at\":"
                               "\"2026-01-01T00:00:00Z\",\"program\":\"1\",\"database\":"
                               "\"sqlite\"}\n";
    const unsigned char size[4] = { (unsigned char)length, (unsigned char)(length >> 8), 0, 0x80 };
    Chain chain;
    FILE *file = fopen(changed, "wb");

    assert_non_null(file);
    chain_start(&chain, head, strlen(head), NULL, NULL);
    chain_add(&chain, size, bytes, length);
    (void)fwrite(head, 1, strlen(head), file);
    (void)fwrite(size, 1, sizeof(size), file);
    (void)fwrite(chain.hash, 1, HASH_BYTES, file);
    (void)fwrite(bytes, 1, length, file);
    assert_int_equal(fclose(file), 0);
}

static void a_block_that_says_nothing_true_of_itself_is_refused(void **state)
{
    /* zlib of "abc": RFC 1950, a stored block */
    static const unsigned char abc[] = { 3,    0,    0,   0,   0x78, 0x01, 0x01, 3,    0,
                                         0xfc, 0xff, 'a', 'b', 'c',  0x02, 0x4d, 0x01, 0x27 };
    unsigned char bytes[sizeof(abc)];
    Error err = { .code = ERROR_NONE };
    size_t read;

    (void)state;
    forge(abc, sizeof(abc));
    assert_true(read_file(changed, NULL, &read, &err)); /* the control */
    assert_int_equal(read, 3);
    for (size_t i = 0; i < sizeof(abc); i++) {
        memcpy(bytes, abc, sizeof(bytes));
        bytes[i] ^= 1;
        forge(bytes, sizeof(bytes));
        assert_false(read_file(changed, NULL, &read, &err));
        forge(abc, (uint32_t)i);
        assert_false(read_file(changed, NULL, &read, &err));
    }
    memcpy(bytes, abc, sizeof(bytes));
    bytes[3] = 2; /* 32 MiB */
    forge(bytes, sizeof(bytes));
    assert_false(read_file(changed, NULL, &read, &err));
    assert_non_null(strstr(err.detail, "none"));
}

static void what_is_no_backup_is_said_to_be_none(void **state)
{
    static const char of_a_newer_program[] =
        "{\"fasti_backup\":2,\"schema\":10,\"made_at\":\"2026-01-01T00:00:00Z\","
        "\"program\":\"2\",\"database\":\"sqlite\"}\n";
    static const char *const files[] = {
        "", "\n", "SQLite format 3", "{}\n", "{\"fasti_backup\":1}\n", "[1]\n", of_a_newer_program,
    };
    Error err = { .code = ERROR_NONE };
    size_t read;

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        save(files[i], strlen(files[i]));
        assert_false(read_file(changed, NULL, &read, &err));
        assert_int_equal(err.code, ERROR_INVALID);
    }
    assert_non_null(strstr(err.detail, "newer"));
    assert_false(read_file("/no/such/file", NULL, &read, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(no_byte_of_a_file_changes_unnoticed),
        cmocka_unit_test(nor_one_in_a_file_of_several_blocks),
        cmocka_unit_test(no_end_is_cut_off_or_added_unnoticed),
        cmocka_unit_test(a_block_that_is_missing_is_noticed),
        cmocka_unit_test(another_passphrase_opens_nothing),
        cmocka_unit_test(what_is_not_ended_leaves_nothing_and_the_older_one_stays),
        cmocka_unit_test(nothing_but_a_backup_is_written_over),
        cmocka_unit_test(one_at_a_time_writes_a_file),
        cmocka_unit_test(a_row_that_is_too_large_is_refused),
        cmocka_unit_test(a_block_that_says_nothing_true_of_itself_is_refused),
        cmocka_unit_test(what_is_no_backup_is_said_to_be_none),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
