/* Columns - a table's columns by its field table, so that no statement lists them again.
 *
 * Every field that is not DERIVED has a column of its name, and so have those that no client sees
 * (Schema.unseen). A statement with a `.table` may say, in braces,
 *
 *   SELECT {e.columns} FROM events e                        e.id, e.uid, e.title, …
 *   SELECT {e.columns but id, title} FROM events e          the others
 *   INSERT INTO events ({columns}) VALUES ({values})        id, uid, …; $1, $2, …
 *   UPDATE events SET {changes} WHERE id = {$id}            title = $3, …; $1
 *   UPDATE events e SET {moves from n} FROM n               start_time = n.start_time, …
 *
 * where the changes leave out what is WRITTEN_ONCE, and the moves are what has FOLLOWS_ZONE. A
 * column has the same number in all of them, so mapping_params binds any. */
#pragma once

#include "json/schema.h"

/* Field i of those with a name in rows: the schema's, then the unseen ones. */
static inline const Field *columns_field(const Schema *schema, size_t i)
{
    return i < schema->field_count ? &schema->fields[i] : &schema->unseen[i - schema->field_count];
}

static inline size_t columns_field_count(const Schema *schema)
{
    return schema->field_count + schema->unseen_count;
}

/* The text with everything in braces spelled out, in the arena. */
const char *columns_expand(const Schema *schema, const char *text, Arena *arena);
