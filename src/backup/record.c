#include "backup/record.h"

#include <endian.h>
#include <string.h>

enum { TABLE = 'T', ROW = 'R', IS_NULL = '0', IS_NUMBER = '1', IS_TEXT = '2', MOST_COLUMNS = 64 };

/* -- Writing ---------------------------------------------------------------------------------- */

static void add_number(Buffer *out, int64_t number)
{
    uint64_t bytes = htole64((uint64_t)number);

    buffer_add_bytes(out, (const char *)&bytes, sizeof(bytes));
}

static void add_text(Buffer *out, const char *text)
{
    size_t length = strlen(text);
    uint32_t bytes = htole32((uint32_t)length);

    buffer_add_bytes(out, (const char *)&bytes, sizeof(bytes));
    buffer_add_bytes(out, text, length + 1);
}

void record_add_table(Buffer *out, const char *name, int64_t last_id, const Columns *columns)
{
    buffer_add_char(out, TABLE);
    add_text(out, name);
    add_number(out, last_id);
    buffer_add_char(out, (char)columns->count);
    for (size_t i = 0; i < columns->count; i++)
        add_text(out, columns->items[i].name);
}

void record_add_row(Buffer *out, const Columns *columns, const Value *row)
{
    buffer_add_char(out, ROW);
    for (size_t i = 0; i < columns->count; i++) {
        bool is_text = row[i].kind == VALUE_TEXT || row[i].kind == VALUE_JSON;
        if (row[i].is_null) {
            buffer_add_char(out, IS_NULL);
        } else if (is_text) {
            buffer_add_char(out, IS_TEXT);
            add_text(out, row[i].text);
        } else {
            buffer_add_char(out, IS_NUMBER);
            add_number(out, row[i].integer);
        }
    }
}

/* -- Reading ---------------------------------------------------------------------------------- */

void record_reader_start(RecordReader *reader, BlockReader *blocks)
{
    *reader = (RecordReader){ .blocks = blocks };
    reader->row = ARENA_ARRAY(&blocks->arena, Value, MOST_COLUMNS);
}

/* The next `length` bytes; NULL: there are not so many. */
static const unsigned char *take(RecordReader *reader, size_t length)
{
    const unsigned char *bytes = reader->at;

    if (length > reader->left)
        return NULL;
    reader->at += length;
    reader->left -= length;
    return bytes;
}

static bool take_number(RecordReader *reader, int64_t *ret_number)
{
    uint64_t number;
    const unsigned char *bytes = take(reader, sizeof(number));

    if (bytes == NULL)
        return false;
    memcpy(&number, bytes, sizeof(number));
    *ret_number = (int64_t)le64toh(number);
    return true;
}

static bool take_text(RecordReader *reader, const char **ret_text)
{
    uint32_t length;
    const unsigned char *bytes = take(reader, sizeof(length));

    if (bytes == NULL)
        return false;
    memcpy(&length, bytes, sizeof(length));
    *ret_text = (const char *)take(reader, (size_t)le32toh(length) + 1);
    return *ret_text != NULL &&
           memchr(*ret_text, '\0', (size_t)le32toh(length) + 1) == *ret_text + le32toh(length);
}

static bool take_value(RecordReader *reader, Value *ret_value)
{
    const unsigned char *kind = take(reader, 1);

    if (kind == NULL)
        return false;
    *ret_value = (Value){ .kind = VALUE_INT, .is_null = *kind == IS_NULL };
    if (*kind == IS_NUMBER)
        return take_number(reader, &ret_value->integer);
    if (*kind != IS_TEXT)
        return ret_value->is_null;
    ret_value->kind = VALUE_TEXT;
    return take_text(reader, &ret_value->text);
}

static bool take_row(RecordReader *reader)
{
    for (size_t i = 0; i < reader->columns.count; i++) {
        if (!take_value(reader, &reader->row[i]))
            return false;
    }
    return reader->columns.count > 0;
}

static bool take_table(RecordReader *reader)
{
    const char *name = NULL;

    arena_reset(&reader->names);
    reader->columns.count = 0;
    if (!take_text(reader, &name) || !take_number(reader, &reader->last_id))
        return false;
    reader->table = arena_strdup(&reader->names, name);
    const unsigned char *count = take(reader, 1);
    if (count == NULL || *count > MOST_COLUMNS)
        return false;
    Column *items = ARENA_ARRAY(&reader->names, Column, MOST_COLUMNS);
    for (size_t i = 0; i < *count; i++) {
        if (!take_text(reader, &name))
            return false;
        items[i].name = arena_strdup(&reader->names, name);
    }
    reader->columns = (Columns){ items, *count };
    return true;
}

/* A block may be empty: the last one. */
static bool find_block(RecordReader *reader, bool *ret_more, Error *err)
{
    *ret_more = true;
    while (reader->left == 0 && *ret_more) {
        if (!block_reader_next(reader->blocks, ret_more, err))
            return false;
        reader->at = reader->blocks->data;
        reader->left = reader->blocks->length;
    }
    return true;
}

bool record_next(RecordReader *reader, RecordKind *ret_kind, Error *err)
{
    bool has_more;

    *ret_kind = RECORD_END;
    if (!find_block(reader, &has_more, err))
        return false;
    if (!has_more)
        return true;
    unsigned char kind = *take(reader, 1);
    *ret_kind = kind == TABLE ? RECORD_TABLE : RECORD_ROW;
    if (kind == TABLE ? take_table(reader) : kind == ROW && take_row(reader))
        return true;
    return error_set(err, ERROR_INVALID, "%s holds something that is no row of a table.",
                     reader->blocks->path);
}

void record_reader_close(RecordReader *reader)
{
    arena_finish(&reader->names);
}
