#include "store/rows.h"

#include "base/vector.h"
#include "store/driver/mapping.h"

static bool read_row(Rows *rows, Arena *arena, const RowReader *reader, void *object, Error *err)
{
    if (!rows_read(rows, reader->schema, arena, object, err))
        return false;
    if (reader->complete != NULL)
        reader->complete(rows, arena, object, reader->context);
    return true;
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

bool rows_all(Ask *ask, Arena *arena, const RowReader *reader, List *ret_objects, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t size = reader->schema->size;
    size_t capacity = 0;
    size_t count = 0;
    char *objects = vector_room(arena, NULL, 0, &capacity, size); /* NULL would be no list */

    if (!db_take(ask, &rows, err))
        return false;
    for (; rows_next(&rows); count++) {
        objects = vector_room(arena, objects, count, &capacity, size);
        if (!read_row(&rows, arena, reader, objects + size * count, err))
            return false;
    }
    *ret_objects = (List){ .items = objects, .count = count };
    return rows_finish(&rows, err);
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
