/* Tables and rows go into blocks and come out again; what is neither is refused. */
#include "backup/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/fasti-records-XXXXXX";

static const Column items[] = { { "id", VALUE_INT }, { "data", VALUE_JSON }, { "at", VALUE_TIME } };
static const Columns columns = { items, 3 };

static int make_file(void **state)
{
    (void)state;
    return close(mkstemp(path));
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_bytes(const char *bytes, size_t length)
{
    BlockWriter AUTO(block_writer_close) writer = { .fd = -1 };
    BackupHead head = { .schema = 1, .program = "1", .database = "sqlite" };
    Error err = { .code = ERROR_NONE };

    assert_true(block_writer_open(&writer, path, &head, NULL, &err));
    buffer_add_bytes(&writer.raw, bytes, length);
    assert_true(block_writer_end(&writer, &err));
}

typedef struct Source {
    BlockReader blocks;
    RecordReader records;
} Source;

static void open_source(Source *source)
{
    Error err = { .code = ERROR_NONE };

    assert_true(block_reader_open(&source->blocks, path, NULL, &err));
    record_reader_start(&source->records, &source->blocks);
}

static void close_source(Source *source)
{
    record_reader_close(&source->records);
    block_reader_close(&source->blocks);
}

static Buffer sample(Arena *arena)
{
    Buffer out = buffer_start(arena);
    const Value row[] = { INT(-7), JSONB("{\"a\":\"ü\"}"), TIME(INT64_MIN) };

    record_add_table(&out, "events", 41, &columns);
    record_add_row(&out, &columns, row);
    return out;
}

static void what_went_in_comes_out(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer bytes = sample(&arena);
    Error err = { .code = ERROR_NONE };
    RecordKind kind;
    Source source;

    (void)state;
    write_bytes(bytes.data, bytes.length);
    open_source(&source);
    assert_true(record_next(&source.records, &kind, &err));
    assert_int_equal(kind, RECORD_TABLE);
    assert_string_equal(source.records.table, "events");
    assert_int_equal(source.records.last_id, 41);
    assert_int_equal(source.records.columns.count, 3);
    assert_string_equal(source.records.columns.items[2].name, "at");
    assert_true(record_next(&source.records, &kind, &err));
    assert_int_equal(kind, RECORD_ROW);
    assert_int_equal(source.records.row[0].integer, -7);
    assert_string_equal(source.records.row[1].text, "{\"a\":\"ü\"}");
    assert_true(source.records.row[2].is_null);
    assert_true(record_next(&source.records, &kind, &err));
    assert_int_equal(kind, RECORD_END);
    close_source(&source);
}

/* Does all of a file that holds these bytes make sense? */
static bool is_sound(const char *bytes, size_t length)
{
    Error err = { .code = ERROR_NONE };
    RecordKind kind = RECORD_ROW;
    Source source;
    bool is_good = true;

    write_bytes(bytes, length);
    open_source(&source);
    while (is_good && kind != RECORD_END)
        is_good = record_next(&source.records, &kind, &err);
    assert_int_equal(err.code, is_good ? ERROR_NONE : ERROR_INVALID);
    close_source(&source);
    return is_good;
}

static void what_is_no_record_is_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer bytes = sample(&arena);
    Buffer table = buffer_start(&arena);

    (void)state;
    record_add_table(&table, "events", 41, &columns);
    for (size_t length = 0; length <= bytes.length; length++)
        assert_int_equal(is_sound(bytes.data, length),
                         length == 0 || length == table.length || length == bytes.length);
    assert_false(is_sound("R0", 2)); /* a row of no table */
    assert_false(is_sound("X", 1));
    bytes.data[table.length + 1] = '3'; /* a value of no kind */
    assert_false(is_sound(bytes.data, bytes.length));
    table.data[5] = '\0'; /* a NUL in a name */
    assert_false(is_sound(table.data, table.length));
}

/* Any bytes at all: nothing is read that is not there. */
static void any_bytes_are_read_or_refused(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer bytes = sample(&arena);

    (void)state;
    srand(1);
    for (int i = 0; i < 300; i++) {
        size_t at = (size_t)rand() % bytes.length;
        char before = bytes.data[at];
        bytes.data[at] = (char)rand();
        (void)is_sound(bytes.data, bytes.length);
        bytes.data[at] = before;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_in_comes_out),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(any_bytes_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
