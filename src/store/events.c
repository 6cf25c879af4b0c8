#include "store/events.h"

#include <assert.h>

#include "store/mapping.h"

/* How lists work: every order is its own constant statement, made by one macro, so that each can
 * use its index and is prepared once. A page after the first continues from the last row's place
 * in the order (keyset), which costs the same however deep one reads. */

#define EVENT_COLUMNS                                                                              \
    "e.id, e.uid, e.title, e.description, e.location, e.start_time, e.end_time, e.timezone, "      \
    "e.all_day, e.status, e.is_recurring, e.recurrence_pattern, e.recurrence_overrides, "          \
    "e.owner_id, e.version_number, p.role_id AS my_role, e.created_at, e.updated_at, "             \
    "e.updated_by, e.series_of, e.deleted_at, e.series_end"

SQL(select_event,
    "SELECT " EVENT_COLUMNS " FROM events e"
    " LEFT JOIN event_permissions p ON p.event_id = e.id AND p.user_id = $2 WHERE e.id = $1");

/* A statement of its own: one that locks and joins would wait for the event's row and then judge by
 * the grants as they were before it waited (READ COMMITTED reads a statement's snapshot once). */
SQL_DIALECTS(lock_event, .sqlite = "SELECT id FROM events WHERE id = $1",
             .postgres = "SELECT id FROM events WHERE id = $1 FOR UPDATE");

SQL(insert_event,
    "INSERT INTO events (uid, title, description, location, start_time, end_time, timezone,"
    " all_day, status, is_recurring, recurrence_pattern, recurrence_overrides, owner_id,"
    " version_number, created_at, updated_at, updated_by, series_of, series_end)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
    " $19)"
    " RETURNING id");

SQL(update_event,
    "UPDATE events SET title = $2, description = $3, location = $4, start_time = $5,"
    " end_time = $6, timezone = $7, all_day = $8, status = $9, is_recurring = $10,"
    " recurrence_pattern = $11, recurrence_overrides = $12, owner_id = $13, version_number = $14,"
    " updated_at = $15, updated_by = $16, deleted_at = $17, series_end = $18 WHERE id = $1");

SQL(delete_event, "DELETE FROM events WHERE id = $1");

/* $1 reader, $2 trash, $3 … $13 conditions. SQLite's LIKE is ours (driver/sqlite_like.h) and means
 * what PostgreSQL calls ILIKE. */
#define CONDITIONS(LIKE)                                                                           \
    " FROM event_permissions p JOIN events e ON e.id = p.event_id"                                 \
    " WHERE p.user_id = $1"                                                                        \
    " AND (($2 AND e.deleted_at IS NOT NULL AND p.role_id = 1)"                                    \
    " OR (NOT $2 AND e.deleted_at IS NULL))"                                                       \
    " AND ($3 IS NULL OR e.title " LIKE " $3 ESCAPE '\\')"                                         \
    " AND ($4 IS NULL OR e.title " LIKE " $4 ESCAPE '\\' OR e.description " LIKE                   \
    " $4 ESCAPE '\\' OR e.location " LIKE " $4 ESCAPE '\\')"                                       \
    " AND ($5 IS NULL OR e.location " LIKE " $5 ESCAPE '\\')"                                      \
    " AND ($6 IS NULL OR e.owner_id = $6)"                                                         \
    " AND ($7 IS NULL OR p.role_id = $7)"                                                          \
    " AND ($8 IS NULL OR e.is_recurring = ($8 = 1))"                                               \
    " AND ($9 IS NULL OR e.start_time >= $9)"                                                      \
    " AND ($10 IS NULL OR e.start_time <= $10)"                                                    \
    " AND ($11 IS NULL OR e.series_end > $11 OR e.series_end IS NULL)"                             \
    " AND ($12 IS NULL OR e.start_time < $12)"                                                     \
    " AND ($13 IS NULL OR e.updated_at >= $13)"

SQL_DIALECTS(count_events, .sqlite = "SELECT count(*) AS n" CONDITIONS("LIKE"),
             .postgres = "SELECT count(*) AS n" CONDITIONS("ILIKE"));

/* $14, $15: the place to go on from; $16, $17: limit and skip. */
#define PAGE(LIKE, key, after, order)                                                              \
    "SELECT " EVENT_COLUMNS CONDITIONS(LIKE) " AND ($15 IS NULL OR (" key ", e.id) " after         \
                                             " ($14, $15)) ORDER BY " key " " order                \
                                             ", e.id " order " LIMIT $16 OFFSET $17"

#define LIST_IN_ORDER(name, key)                                                                   \
    SQL_DIALECTS(list_by_##name, .sqlite = PAGE("LIKE", key, ">", "ASC"),                          \
                 .postgres = PAGE("ILIKE", key, ">", "ASC"));                                      \
    SQL_DIALECTS(list_by_##name##_descending, .sqlite = PAGE("LIKE", key, "<", "DESC"),            \
                 .postgres = PAGE("ILIKE", key, "<", "DESC"))

LIST_IN_ORDER(start_time, "e.start_time");
LIST_IN_ORDER(title, "e.title");
LIST_IN_ORDER(created_at, "e.created_at");
LIST_IN_ORDER(updated_at, "e.updated_at");

static const Sql *const list_statements[][2] = {
    [SORT_START_TIME] = { &list_by_start_time, &list_by_start_time_descending },
    [SORT_TITLE] = { &list_by_title, &list_by_title_descending },
    [SORT_CREATED_AT] = { &list_by_created_at, &list_by_created_at_descending },
    [SORT_UPDATED_AT] = { &list_by_updated_at, &list_by_updated_at_descending },
};

/* $1 reader, $2 from, $3 to, $4 after id, $5 limit, $6 after start. */
#define IN_WINDOW                                                                                  \
    "SELECT " EVENT_COLUMNS " FROM event_permissions p JOIN events e ON e.id = p.event_id"         \
    " WHERE p.user_id = $1 AND e.deleted_at IS NULL"                                               \
    " AND (e.series_end > $2 OR e.series_end IS NULL)"                                             \
    " AND (e.start_time < $3 OR e.recurrence_overrides IS NOT NULL)"

#define BY_ID " AND ($4 IS NULL OR p.event_id > $4) ORDER BY p.event_id LIMIT $5"

SQL(list_singles, IN_WINDOW " AND NOT e.is_recurring"
                            " AND ($4 IS NULL OR (e.start_time, e.id) > ($6, $4))"
                            " ORDER BY e.start_time, e.id LIMIT $5");

SQL(list_series, IN_WINDOW " AND e.is_recurring" BY_ID);

SQL(list_occupying,
    IN_WINDOW " AND p.role_id IN (1, 2)"
              " AND (e.status <> 'cancelled' OR e.recurrence_overrides IS NOT NULL)" BY_ID);

SQL(count_owned_events,
    "SELECT count(*) AS owned, coalesce(sum(CASE WHEN EXISTS (SELECT 1 FROM event_permissions p"
    " WHERE p.event_id = e.id AND p.user_id <> $1) THEN 1 ELSE 0 END), 0) AS shared"
    " FROM events e WHERE e.owner_id = $1 AND e.deleted_at IS NULL");

SQL(select_owned_ids, "SELECT id FROM events WHERE owner_id = $1 ORDER BY id");

static bool read_event(Rows *rows, Arena *arena, Event *event, Error *err)
{
    if (!rows_read(rows, &event_schema, arena, event, err))
        return false;
    event->series_end = rows_time(rows, "series_end");
    return true;
}

bool events_find(Db *db, Arena *arena, int64_t id, int64_t reader, bool locked, Event **ret_event,
                 Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_event = NULL;
    if (locked && db_kind(db) == DB_POSTGRES &&
        !db_execute_later(db, &lock_event, PARAMS(INT(id)), err))
        return false;
    if (!db_query(db, &select_event, PARAMS(INT(id), INT(reader)), &rows, err))
        return false;
    if (rows_next(&rows)) {
        Event *event = ARENA_NEW(arena, Event);
        if (!read_event(&rows, arena, event, err))
            return false;
        *ret_event = event;
    }
    return rows_finish(&rows, err);
}

bool events_insert(Db *db, Arena *arena, Event *event, Error *err)
{
    return db_insert(
        db, &insert_event,
        PARAMS(TXT(event->uid), TXT(event->title), TXT(event->description), TXT(event->location),
               TIME(event->start_time), TIME(event->end_time), TXT(event->timezone),
               BOOL(event->all_day), mapping_value(&event_schema, "status", event, arena),
               BOOL(event->is_recurring),
               mapping_value(&event_schema, "recurrence_pattern", event, arena),
               JSONB(event->recurrence_overrides), INT(event->owner_id), INT(event->version_number),
               TIME(event->created_at), TIME(event->updated_at), INT(event->updated_by),
               INT(event->series_of), TIME(event->series_end)),
        &event->id, err);
}

bool events_update(Db *db, Arena *arena, const Event *event, Error *err)
{
    return db_execute_later(
        db, &update_event,
        PARAMS(INT(event->id), TXT(event->title), TXT(event->description), TXT(event->location),
               TIME(event->start_time), TIME(event->end_time), TXT(event->timezone),
               BOOL(event->all_day), mapping_value(&event_schema, "status", event, arena),
               BOOL(event->is_recurring),
               mapping_value(&event_schema, "recurrence_pattern", event, arena),
               JSONB(event->recurrence_overrides), INT(event->owner_id), INT(event->version_number),
               TIME(event->updated_at), INT(event->updated_by), TIME(event->deleted_at),
               TIME(event->series_end)),
        err);
}

bool events_delete(Db *db, int64_t id, Error *err)
{
    return db_execute(db, &delete_event, PARAMS(INT(id)), NULL, err);
}

/* The conditions $1 … $13, in the order of CONDITIONS. */
#define CONDITION_VALUES(f)                                                                        \
    INT((f)->reader), BOOL((f)->deleted), TXT((f)->title), TXT((f)->text), TXT((f)->location),     \
        INT((f)->owner_id), INT((f)->role), INT((f)->is_recurring), TIME((f)->start_after),        \
        TIME((f)->start_before), TIME((f)->from), TIME((f)->to), TIME((f)->updated_since)

bool events_count(Db *db, const EventFilter *filter, int64_t *ret_count, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &count_events, PARAMS(CONDITION_VALUES(filter)), &rows, err))
        return false;
    if (rows_next(&rows))
        *ret_count = rows_int(&rows, "n");
    return rows_finish(&rows, err);
}

static bool read_events(Db *db, Arena *arena, const Sql *sql, Params params, List *ret_events,
                        Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t capacity = 8;
    Event *events = ARENA_ARRAY(arena, Event, capacity);
    size_t count = 0;

    if (!db_query(db, sql, params, &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (count == capacity) {
            events =
                arena_grow(arena, events, sizeof(Event) * capacity, sizeof(Event) * capacity * 2);
            capacity *= 2;
        }
        if (!read_event(&rows, arena, &events[count++], err))
            return false;
    }
    *ret_events = (List){ .items = events, .count = count };
    return rows_finish(&rows, err);
}

bool events_list(Db *db, Arena *arena, const EventFilter *filter, List *ret_events, Error *err)
{
    const Sql *sql = list_statements[filter->sort][filter->descending];
    Value after = filter->sort == SORT_TITLE ? TXT(filter->after_title) : TIME(filter->after_time);

    return read_events(db, arena, sql,
                       PARAMS(CONDITION_VALUES(filter), after, INT(filter->after_id),
                              INT(filter->limit), INT(filter->skip)),
                       ret_events, err);
}

#define WINDOW_VALUES(w)                                                                           \
    INT((w)->reader), TIME((w)->from), TIME((w)->to), INT((w)->after_id), INT((w)->limit),         \
        TIME((w)->after_start)

bool events_list_singles(Db *db, Arena *arena, const EventWindow *window, List *ret_events,
                         Error *err)
{
    return read_events(db, arena, &list_singles, PARAMS(WINDOW_VALUES(window)), ret_events, err);
}

bool events_list_series(Db *db, Arena *arena, const EventWindow *window, List *ret_events,
                        Error *err)
{
    return read_events(db, arena, &list_series, PARAMS(WINDOW_VALUES(window)), ret_events, err);
}

bool events_list_occupying(Db *db, Arena *arena, const EventWindow *window, List *ret_events,
                           Error *err)
{
    return read_events(db, arena, &list_occupying, PARAMS(WINDOW_VALUES(window)), ret_events, err);
}

bool events_count_owned(Db *db, int64_t owner_id, int64_t *ret_owned, int64_t *ret_shared,
                        Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_owned = *ret_shared = 0;
    if (!db_query(db, &count_owned_events, PARAMS(INT(owner_id)), &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_owned = rows_int(&rows, "owned");
        *ret_shared = rows_int(&rows, "shared");
    }
    return rows_finish(&rows, err);
}

bool events_owned_ids(Db *db, Arena *arena, int64_t owner_id, int64_t **ret_ids, size_t *ret_count,
                      Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t capacity = 64;
    int64_t *ids = ARENA_ARRAY(arena, int64_t, capacity);
    size_t count = 0;

    if (!db_query(db, &select_owned_ids, PARAMS(INT(owner_id)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (count == capacity) {
            ids = arena_grow(arena, ids, sizeof(*ids) * capacity, sizeof(*ids) * capacity * 2);
            capacity *= 2;
        }
        ids[count++] = rows_int(&rows, "id");
    }
    *ret_ids = ids;
    *ret_count = count;
    return rows_finish(&rows, err);
}
