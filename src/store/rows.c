#include "store/rows.h"

#include <stdint.h>

#include "base/budget.h"
#include "base/limits.h"
#include "base/vector.h"
#include "store/driver/mapping.h"

/* Each row may be a whole document. */
static bool read_row(Rows *rows, Arena *arena, const RowReader *reader, void *object, Error *err)
{
    if (!rows_read(rows, reader->schema, arena, object, err))
        return false;
    if (reader->complete != NULL)
        reader->complete(rows, arena, object, reader->context);
    return budget_allows(arena, err);
}

bool rows_one(Ask *ask, Arena *arena, const RowReader *reader, void *ret_object, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    void **object = ret_object;

    *object = NULL;
    if (!db_take(ask, &rows, err))
        return false;
    if (rows_next(&rows)) {
        void *made = arena_alloc(arena, reader->schema->size);
        if (!read_row(&rows, arena, reader, made, err))
            return false;
        *object = made;
    }
    return rows_finish(&rows, err);
}

/* Ends when there are no more, or when there is no room for more: their texts have more than
 * `most_bytes`, or what is made of them three times as many. */
static bool read_list(Ask *ask, Arena *arena, const RowReader *reader, size_t most_bytes,
                      List *ret_objects, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t size = reader->schema->size;
    size_t capacity = 0;
    size_t count = 0;
    char *objects = vector_room(arena, NULL, 0, &capacity, size); /* NULL would be no list */
    size_t given_before = arena_given(arena);
    bool is_full = false;

    if (!db_take(ask, &rows, err))
        return false;
    for (; !is_full && rows_next(&rows); count++) {
        objects = vector_room(arena, objects, count, &capacity, size);
        if (!read_row(&rows, arena, reader, objects + size * count, err))
            return false;
        is_full =
            rows.text_bytes > most_bytes || (arena_given(arena) - given_before) / 3 > most_bytes;
    }
    *ret_objects = (List){
        .items = objects,
        .count = count,
        .is_cut = is_full && rows_next(&rows),
    };
    return rows_finish(&rows, err);
}

bool rows_all(Ask *ask, Arena *arena, const RowReader *reader, List *ret_objects, Error *err)
{
    return read_list(ask, arena, reader, SIZE_MAX, ret_objects, err);
}

bool rows_page(Ask *ask, Arena *arena, const RowReader *reader, List *ret_objects, Error *err)
{
    return read_list(ask, arena, reader, LIMIT_PAGE_BYTES, ret_objects, err);
}

/* Row by row costs more, and few rows are no danger. A row takes as much of the arena as here,
 * within a half. */
void rows_bound(Ask *ask, int64_t limit)
{
    if (limit > DEFAULT_PAGE + 1)
        db_bound(ask, 2 * LIMIT_PAGE_BYTES);
}

bool rows_number(Db *db, const Sql *sql, Params params, int64_t *ret_number, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_number = 0;
    if (!db_query(db, sql, params, &rows, err))
        return false;
    if (rows_next(&rows) && !rows_is_null(&rows, "n"))
        *ret_number = rows_int(&rows, "n");
    return rows_finish(&rows, err);
}
