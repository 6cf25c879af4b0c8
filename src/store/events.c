#include "store/events.h"

#include "base/limits.h"
#include "calendar/occurrences.h"
#include "calendar/wall_clock.h"
#include "store/driver/mapping.h"
#include "store/rows.h"

/* From the grant on: to who has none, or does not take it, an event that is there costs what one
 * costs that is not, and waits for nobody. */
SQL(select_event,
    "SELECT {e.columns}, p.meaning AS my_role FROM event_permissions p JOIN events e"
    " ON e.id = p.event_id"
    " WHERE p.event_id = $1 AND p.user_id = $2 AND NOT p.refused" OWNER_IS_THERE,
    .table = &event_schema);

/* Also of an owner who is gone. */
SQL(select_departed_event,
    "SELECT {e.columns}, p.meaning AS my_role FROM events e LEFT JOIN event_permissions p"
    " ON p.event_id = e.id AND p.user_id = e.owner_id WHERE e.id = $1",
    .table = &event_schema);

SQL(count_uids, "SELECT count(*) AS n FROM events WHERE owner_id = $1 AND uid = $2");

SQL(update_uid, "UPDATE events SET uid = $2 WHERE id = $1");

/* A statement of its own: who judged by what this one joins would wait for the event's row and then
 * judge by the grants as they were before it waited (READ COMMITTED reads a statement's snapshot
 * once). */
SQL_DIALECTS(lock_event, .sqlite = "SELECT id FROM events WHERE id = $1 AND $2 > 0",
             .postgres = "SELECT e.id FROM event_permissions p JOIN events e ON e.id = p.event_id"
                         " WHERE p.event_id = $1 AND p.user_id = $2 AND NOT p.refused"
                         " FOR UPDATE OF e");

SQL_DIALECTS(lock_events, .sqlite = "SELECT 1",
             .postgres = "SELECT e.id FROM events e WHERE e.id IN"
                         " (SELECT CAST(n.id AS BIGINT)"
                         " FROM jsonb_array_elements_text($1) AS n (id))"
                         " AND EXISTS (SELECT 1 FROM event_permissions p"
                         " WHERE p.event_id = e.id AND p.user_id = $2 AND NOT p.refused)"
                         " ORDER BY e.id FOR UPDATE");

/* PostgreSQL gives as many as it is asked for. On SQLite, where nobody else writes meanwhile, they
 * follow the first one. */
SQL_DIALECTS(next_ids,
             .sqlite = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)"
                       " + 1 AS id WHERE $1 > 0",
             .postgres = "SELECT nextval('events_id_seq') AS id FROM generate_series(1, $1)");

SQL(insert_event, "INSERT INTO events ({columns}) VALUES ({values})", .table = &event_schema);

SQL(update_event, "UPDATE events SET {changes} WHERE id = {$id}", .table = &event_schema);

SQL(delete_event, "DELETE FROM events WHERE id = $1");

/* They stand in each row, so there is nothing to look up. */
SQL(select_rules, "SELECT id, timezone, zone_rules, document_bytes FROM events"
                  " WHERE id > $1 ORDER BY id LIMIT $2");

SQL(update_rules, "UPDATE events SET zone_rules = $2, zone_release = $3 WHERE id = $1");

#define SOME_OF_SQLITE                                                                             \
    "SELECT {e.columns} FROM events e WHERE e.id IN (SELECT value FROM json_each($1)) ORDER BY "   \
    "e.id"
#define SOME_OF_POSTGRES                                                                           \
    "SELECT {e.columns} FROM events e WHERE e.id IN (SELECT CAST(n.id AS BIGINT)"                  \
    " FROM jsonb_array_elements_text($1) AS n (id)) ORDER BY e.id"

/* In the order of their numbers, in which everybody locks them. */
SQL_DIALECTS(select_some, .table = &event_schema, .sqlite = SOME_OF_SQLITE,
             .postgres = SOME_OF_POSTGRES " FOR UPDATE OF e");

SQL_DIALECTS(look_at_some, .table = &event_schema, .sqlite = SOME_OF_SQLITE,
             .postgres = SOME_OF_POSTGRES);

static void follow(Rows *rows, Arena *arena, void *object, const void *context)
{
    (void)rows;
    (void)context;
    wall_clock_follow(arena, object);
}

const RowReader event_rows = { .schema = &event_schema, .complete = follow };

static bool needs_lock(const Db *db, bool locked)
{
    return locked && db_kind(db) == DB_POSTGRES;
}

EventAsk events_ask(Db *db, Arena *arena, int64_t id, int64_t reader, bool locked)
{
    return (EventAsk){
        .lock = needs_lock(db, locked)
                    ? db_ask(db, arena, &lock_event, PARAMS(INT(id), INT(reader)))
                    : NULL,
        .event = db_ask(db, arena, &select_event, PARAMS(INT(id), INT(reader))),
    };
}

/* The extent follows the moments, too. */
static void find_extent(Event *event)
{
    event->series_start = occurrences_series_start(event);
    event->series_end = occurrences_series_end(event, NULL);
}

static bool take_lock(Ask *lock, bool *ret_locked, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_take(lock, &rows, err))
        return false;
    *ret_locked = rows_next(&rows);
    return rows_finish(&rows, err);
}

bool events_take(EventAsk ask, Arena *arena, Event **ret_event, Error *err)
{
    bool is_locked = true;

    *ret_event = NULL;
    if (ask.lock != NULL && !take_lock(ask.lock, &is_locked, err))
        return false;
    /* Who got his grant since, and so no lock, is as one who asked before. */
    if (is_locked && !rows_one(ask.event, arena, &event_rows, ret_event, err))
        return false;
    if (*ret_event != NULL && (*ret_event)->stored != NULL)
        find_extent(*ret_event);
    return true;
}

bool events_find(Db *db, Arena *arena, int64_t id, int64_t reader, bool locked, Event **ret_event,
                 Error *err)
{
    return events_take(events_ask(db, arena, id, reader, locked), arena, ret_event, err);
}

void events_ask_locks(Db *db, Arena *arena, const char *ids, int64_t reader)
{
    if (needs_lock(db, true))
        (void)db_ask(db, arena, &lock_events, PARAMS(JSONB(ids), INT(reader)));
}

bool events_find_departed(Db *db, Arena *arena, int64_t id, Event **ret_event, Error *err)
{
    return rows_one(db_ask(db, arena, &select_departed_event, PARAMS(INT(id))), arena, &event_rows,
                    ret_event, err);
}

bool events_has_uid(Db *db, int64_t owner_id, const char *uid, bool *ret_has, Error *err)
{
    int64_t count = 0;

    if (!rows_number(db, &count_uids, PARAMS(INT(owner_id), TXT(uid)), &count, err))
        return false;
    *ret_has = count > 0;
    return true;
}

bool events_set_uid(Db *db, int64_t id, const char *uid, Error *err)
{
    return db_execute_later(db, &update_uid, PARAMS(INT(id), TXT(uid)), err);
}

Ask *events_ask_ids(Db *db, Arena *arena, size_t count)
{
    return db_ask(db, arena, &next_ids, PARAMS(INT((int64_t)count)));
}

bool events_take_ids(Ask *ask, Event *events, size_t count, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t given = 0;

    if (!db_take(ask, &rows, err))
        return false;
    for (; given < count && rows_next(&rows); given++)
        events[given].id = rows_int(&rows, "id");
    for (; given > 0 && given < count; given++)
        events[given].id = events[given - 1].id + 1;
    return rows_finish(&rows, err);
}

bool events_insert(Db *db, Arena *arena, const Event *event, Error *err)
{
    return db_execute_later(db, &insert_event, mapping_params(&event_schema, event, arena), err);
}

bool events_update(Db *db, Arena *arena, const Event *event, Error *err)
{
    return db_execute_later(db, &update_event, mapping_params(&event_schema, event, arena), err);
}

static bool find_some(Db *db, Arena *arena, const Sql *sql, const int64_t ids[], size_t count,
                      List *ret_events, Error *err)
{
    Writer w = writer_start(arena);

    write_array(&w);
    for (size_t i = 0; i < count; i++)
        write_integer(&w, ids[i]);
    write_end_array(&w);
    if (!rows_all(db_ask(db, arena, sql, PARAMS(JSONB(writer_text(&w)))), arena, &event_rows,
                  ret_events, err))
        return false;
    Event *events = ret_events->items;
    for (size_t i = 0; i < ret_events->count; i++) {
        if (events[i].stored != NULL)
            find_extent(&events[i]);
    }
    return true;
}

bool events_find_some(Db *db, Arena *arena, const int64_t ids[], size_t count, List *ret_events,
                      Error *err)
{
    return find_some(db, arena, &select_some, ids, count, ret_events, err);
}

bool events_look_at_some(Db *db, Arena *arena, const int64_t ids[], size_t count, List *ret_events,
                         Error *err)
{
    return find_some(db, arena, &look_at_some, ids, count, ret_events, err);
}

static bool is_stale(Rows *rows, Arena *scratch)
{
    int64_t rules = rows_int(rows, "zone_rules");

    if (rules == 0)
        return false;
    const Timezone *zone = timezone_find(rows_text(rows, "timezone", scratch));
    return zone != NULL && timezone_rules(zone) != rules;
}

bool events_find_stale(Db *db, int64_t after, int64_t ids[], size_t room, size_t *ret_count,
                       int64_t *ret_after, Error *err)
{
    enum { ROWS_AT_ONCE = 2000 };
    Rows AUTO(rows_close) rows = { 0 };
    Arena AUTO(arena_finish) scratch = { 0 };
    int64_t seen = 0;
    int64_t left = LIMIT_PAGE_BYTES;

    *ret_count = 0;
    if (!db_query(db, &select_rules, PARAMS(INT(after), INT(ROWS_AT_ONCE)), &rows, err))
        return false;
    for (; *ret_count < room && left > 0 && rows_next(&rows); seen++) {
        after = rows_int(&rows, "id");
        if (!is_stale(&rows, &scratch))
            continue;
        ids[(*ret_count)++] = after;
        left -= rows_int(&rows, "document_bytes");
    }
    if (!rows_finish(&rows, err))
        return false;
    *ret_after = *ret_count < room && left > 0 && seen < ROWS_AT_ONCE ? INT64_MAX : after;
    return true;
}

bool events_set_rules(Db *db, const Event *event, Error *err)
{
    return db_execute_later(
        db, &update_rules, PARAMS(INT(event->id), INT(event->zone_rules), TXT(event->zone_release)),
        err);
}

bool events_delete(Db *db, int64_t id, Error *err)
{
    return db_execute(db, &delete_event, PARAMS(INT(id)), NULL, err);
}
