/* The rows of a query, read by name or by place, on either database. */
#include <assert.h>
#include <string.h>

#include "store/driver/db.h"
#include "store/driver/driver.h"

bool rows_next(Rows *rows)
{
    if (rows->failed || rows->statement == NULL)
        return false;
    if (rows->db->driver->next(rows))
        return true;
    if (rows->failed)
        db_note_failure(rows->db, &rows->error);
    return false;
}

void rows_close(Rows *rows)
{
    if (rows->db != NULL && rows->statement != NULL)
        rows->db->driver->close_rows(rows);
    rows->statement = NULL;
}

bool rows_finish(Rows *rows, Error *err)
{
    rows_close(rows);
    if (rows->failed)
        *err = rows->error;
    return !rows->failed;
}

/* Compares the names; -1: there is no such column. */
static int search_column(Rows *rows, const char *column)
{
    const DbDriver *driver = rows->db->driver;
    int place = driver->column_count(rows) - 1;

    while (place >= 0 && strcmp(driver->column_name(rows, place), column) != 0)
        place--;
    return place;
}

/* Asked for the first time on this connection: remembers the place. */
static int *remember_place(Rows *rows, const char *column)
{
    int *place = ARENA_NEW(&rows->db->arena, int);

    *place = search_column(rows, column);
    address_map_add(rows->columns, &rows->db->arena, column, place);
    return place;
}

/* Where `column` is, or -1. */
static int find_column(Rows *rows, const char *column)
{
    assert(rows->statement != NULL && rows->row >= 0);
    if (rows->column == column)
        return rows->place;
    const int *place = address_map_find(rows->columns, column);

    rows->column = column;
    rows->place = place != NULL ? *place : *remember_place(rows, column);
    return rows->place;
}

static int need_column(Rows *rows, const char *column)
{
    int at = find_column(rows, column);

    assert(at >= 0 && "the statement has no column of that name");
    return at;
}

const int *rows_places(Rows *rows, const void *table, size_t count, ColumnName *name)
{
    assert(rows->statement != NULL && rows->row >= 0);
    int *places = address_map_find(rows->columns, table);
    if (places != NULL)
        return places;

    places = ARENA_ARRAY(&rows->db->arena, int, count);
    for (size_t i = 0; i < count; i++)
        places[i] = search_column(rows, name(table, i));
    address_map_add(rows->columns, &rows->db->arena, table, places);
    return places;
}

bool rows_has(Rows *rows, const char *column)
{
    return find_column(rows, column) >= 0;
}

bool rows_is_null(Rows *rows, const char *column)
{
    return rows->db->driver->is_null(rows, need_column(rows, column));
}

bool rows_is_integer_at(Rows *rows, int place)
{
    return rows->db->driver->is_integer(rows, place);
}

int64_t rows_int_at(Rows *rows, int place)
{
    return rows->db->driver->read_integer(rows, place);
}

bool rows_bool_at(Rows *rows, int place)
{
    return rows->db->driver->read_boolean(rows, place);
}

int64_t rows_time_at(Rows *rows, int place)
{
    return rows->db->driver->read_time(rows, place);
}

const char *rows_text_at(Rows *rows, int place, Arena *arena)
{
    const char *text = rows->db->driver->read_text(rows, place, arena);

    rows->text_bytes += text != NULL ? strlen(text) : 0;
    return text;
}

int64_t rows_int(Rows *rows, const char *column)
{
    return rows_int_at(rows, need_column(rows, column));
}

bool rows_bool(Rows *rows, const char *column)
{
    return rows_bool_at(rows, need_column(rows, column));
}

int64_t rows_time(Rows *rows, const char *column)
{
    return rows_time_at(rows, need_column(rows, column));
}

const char *rows_text(Rows *rows, const char *column, Arena *arena)
{
    return rows_text_at(rows, need_column(rows, column), arena);
}
