/* Mapping - rows into structs by the field table, so that no store lists the members again. */
#pragma once

#include "store/driver/db.h"
#include "json/schema.h"

/* Fills every field of `object` from the column of its name in the present row. Where that is null,
 * or there is none, the field gets its null form: nothing is invented, nor left from before. Texts
 * and JSON live in `arena`. */
bool rows_read(Rows *rows, const Schema *schema, Arena *arena, void *object, Error *err);

/* The value of every column, ready to bind by a statement of this table (columns.h). JSON is
 * encoded into `arena`. */
Params mapping_params(const Schema *schema, const void *object, Arena *arena);

/* The same of one field. */
Value mapping_value(const Schema *schema, const char *field, const void *object, Arena *arena);
