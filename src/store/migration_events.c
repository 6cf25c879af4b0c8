/* Adopting events: what of the old system's data takes more than SQL.
 *
 * Patterns that clients had sent in many forms become rules, each series learns its end, and each
 * event gets a newest version that is its present state. The old versions stay as they are: they
 * were taken before each update and after each rollback, so in their order they are true states. */

#include "store/history.h"
#include "store/mapping.h"
#include "store/migrations_list.h"

enum { PAGE = 200 };

/* The author of the present state: of an event that never changed its owner, of another whoever
 * its changelog names last (nobody, when that account is gone). */
SQL(select_events_to_adopt,
    "SELECT e.id, e.uid, e.title, e.description, e.location, e.start_time, e.end_time, e.timezone,"
    " e.all_day, e.status, e.is_recurring, e.recurrence_pattern, e.recurrence_overrides,"
    " e.owner_id, e.created_at, e.updated_at, e.updated_by, e.deleted_at,"
    " e.newest, a.id AS author_id, a.username AS author_name"
    " FROM (SELECT o.*,"
    "  (SELECT max(v.version_number) FROM event_versions v WHERE v.event_id = o.id) AS newest,"
    "  (SELECT c.user_id FROM changelog c WHERE c.event_id = o.id ORDER BY c.id DESC LIMIT 1)"
    "  AS changed_by FROM events o WHERE o.id > $1 ORDER BY o.id LIMIT $2) e"
    " LEFT JOIN users a ON a.id = CASE WHEN e.newest IS NULL THEN e.owner_id ELSE e.changed_by END"
    " ORDER BY e.id");

SQL(adopt_event, "UPDATE events SET is_recurring = $2, recurrence_pattern = $3, series_end = $4,"
                 " version_number = $5 WHERE id = $1");

SQL(insert_adopted_version,
    "INSERT INTO event_versions (event_id, version_number, data, changed_by_user_id,"
    " changed_by_name, timestamp, change_type, comment, origin)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'fasti')");

typedef struct Adopted {
    Event event;
    int64_t author_id;
    const char *author_name;
    bool has_versions;
} Adopted;

/* Puts the pattern into its canonical form and finds the end of the series. What the old system let
 * through (an end before its start) is not an error here: it was so, and stays so. */
static void settle(Arena *arena, Event *event)
{
    const Location location = { .name = "event" };
    Error faults = { .code = ERROR_NONE };
    const Decoder decoder = { .arena = arena, .location = &location, .err = &faults };
    Event settled = *event;

    if (event_check(&decoder, &settled)) {
        *event = settled;
        return;
    }
    event->is_recurring = event->recurrence_pattern != NULL;
    event->series_end = event->is_recurring ? INSTANT_NULL : event->end_time;
}

static bool read_page(Db *db, Arena *arena, int64_t after, Adopted *page, size_t *ret_count,
                      Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &select_events_to_adopt, PARAMS(INT(after), INT(PAGE)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        Adopted *one = &page[(*ret_count)++];
        if (!rows_read(&rows, &event_schema, arena, &one->event, err))
            return false;
        one->has_versions = !rows_is_null(&rows, "newest");
        one->event.version_number = one->has_versions ? rows_int(&rows, "newest") + 1 : 1;
        one->author_id = rows_int(&rows, "author_id");
        one->author_name = rows_text(&rows, "author_name", arena);
    }
    return rows_finish(&rows, err);
}

static bool adopt(Db *db, Arena *arena, const Adopted *one, Error *err)
{
    const Event *event = &one->event;

    return db_execute(db, &adopt_event,
                      PARAMS(INT(event->id), BOOL(event->is_recurring),
                             mapping_value(&event_schema, "recurrence_pattern", event, arena),
                             TIME(event->series_end), INT(event->version_number)),
                      NULL, err) &&
           db_execute(db, &insert_adopted_version,
                      PARAMS(INT(event->id), INT(event->version_number),
                             JSONB(history_document_text(arena, event)), INT(one->author_id),
                             TXT(one->author_name), TIME(event->updated_at),
                             TXT(one->has_versions ? "update" : "create"),
                             TXT("The state in which the old system left the event.")),
                      NULL, err);
}

bool migration_adopt_events(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Adopted *page = ARENA_ARRAY(&arena, Adopted, PAGE);
        if (!read_page(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            settle(&arena, &page[i].event);
            if (!adopt(db, &arena, &page[i], err))
                return false;
            after = page[i].event.id;
        }
    }
    return true;
}
