/* Rows of a question as objects, for every store. */
#pragma once

#include "store/driver/db.h"
#include "json/schema.h"

/* How a row becomes an object. */
typedef struct RowReader {
    const Schema *schema; /* rows_read */
    /* What the schema does not say; NULL: it says all. */
    void (*complete)(Rows *rows, Arena *arena, void *object, const void *context);
    const void *context;
} RowReader;

/* The object of the first row in the arena; `ret_object` points at a pointer to it, which is NULL
 * when there is no row. */
bool rows_one(Ask *ask, Arena *arena, const RowReader *reader, void *ret_object, Error *err);

/* Those of all rows; ERROR_INVALID or ERROR_UNAVAILABLE when that takes more memory than there is
 * for it (base/budget.h). */
bool rows_all(Ask *ask, Arena *arena, const RowReader *reader, List *ret_objects, Error *err);

/* Those of one page: of the first rows, up to LIMIT_PAGE_BYTES; then the list `is_cut`. */
bool rows_page(Ask *ask, Arena *arena, const RowReader *reader, List *ret_objects, Error *err);

/* When a page is asked for: a long one may be much longer than LIMIT_PAGE_BYTES (db_bound). */
void rows_bound(Ask *ask, int64_t limit);

/* The number `n` of the only row; 0 when it is null or there is none. */
bool rows_number(Db *db, const Sql *sql, Params params, int64_t *ret_number, Error *err);
