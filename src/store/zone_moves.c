#include "store/zone_moves.h"

#include <string.h>

#include "calendar/extent.h"
#include "history/diff.h"
#include "store/driver/columns.h"
#include "store/events.h"
#include "store/permissions.h"
#include "time/timezone.h"

/* What update_event, move_permissions, insert_version and insert_first_entry do for one. Each entry
 * is a set of its own: its number is needed twice, and OFFSET keeps it from being drawn twice. */
SQL_DIALECTS(
    write_moves, .table = &event_schema,
    .postgres =
        "WITH n AS MATERIALIZED (SELECT e.*, h.* FROM jsonb_array_elements($1) AS j (move)"
        " CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS events), j.move) AS e"
        " CROSS JOIN LATERAL jsonb_to_record(j.move) AS h (extent SMALLINT, document JSONB,"
        " version_times JSONB, fields JSONB, changes JSONB, bytes BIGINT)),"
        " moved AS (UPDATE events e SET {moves from n} FROM n WHERE e.id = n.id),"
        " listed AS (UPDATE event_permissions p SET start_time = n.start_time,"
        " extent_class = n.extent FROM n WHERE p.event_id = n.id"
        " AND (p.start_time <> n.start_time OR p.extent_class <> n.extent)),"
        " kept AS (INSERT INTO event_versions (event_id, version_number, data, timestamp,"
        " change_type, changed_fields, local_times, origin)"
        " SELECT n.id, n.version_number, n.document, $2, $3, n.fields, n.version_times, 'fasti'"
        " FROM n WHERE n.changes IS NOT NULL RETURNING id, event_id)"
        " INSERT INTO changelog (id, change_set_id, event_id, version_id, version_number,"
        " timestamp, change_type, changes, bytes)"
        " SELECT c.entry, c.entry, c.id, c.kept, c.version_number, $2, $3, c.changes, c.bytes"
        " FROM (SELECT nextval('changelog_id_seq') AS entry, n.id, k.id AS kept, n.version_number,"
        " n.changes, n.bytes FROM kept k JOIN n ON n.id = k.event_id OFFSET 0) c");

/* -- What becomes of one ----------------------------------------------------------------------- */

/* What differs, and the releases: {…, "zone_release": {"old": "2025b", "new": "2026f"}}. */
static const char *zone_changes(Arena *arena, const Event *before, const Event *after)
{
    Writer w = writer_start(arena);
    Writer releases = writer_start(arena);

    diff_write_changes(&w, before, after);
    write_object(&releases);
    write_key(&releases, "zone_release");
    write_object(&releases);
    write_key(&releases, "old");
    write_text(&releases, before->zone_release);
    write_key(&releases, "new");
    write_text(&releases, after->zone_release);
    write_end_object(&releases);
    write_end_object(&releases);
    const char *moved = writer_text(&w);
    return arena_printf(arena, "%.*s,%s", (int)strlen(moved) - 1, moved,
                        writer_text(&releases) + 1);
}

/* By nobody. */
Change zone_moves_of(Arena *arena, Instant at, Event *event)
{
    const Event *before = event->stored;
    Change change = { .type = CHANGE_ZONE_UPDATE, .before = before, .after = event, .at = at };

    event->stored = NULL;
    event->zone_release = timezone_release();
    if (diff_is_empty(before, event))
        return change;
    event->updated_at = at;
    event->updated_by = INTEGER_NULL;
    history_advance(before, event);
    change.changes = zone_changes(arena, before, event);
    return change;
}

static bool write_one(Db *db, Arena *arena, const Change *change, Error *err)
{
    const Event *before = change->before;
    const Event *event = change->after;
    int64_t bytes; /* for which nobody pays */

    if (change->changes == NULL && before->series_start == event->series_start &&
        before->series_end == event->series_end)
        return events_set_rules(db, event, err);
    return events_update(db, arena, event, err) && permissions_follow(db, before, event, err) &&
           (change->changes == NULL || history_record(db, arena, change, &bytes, err));
}

bool zone_moves_follow(Db *db, Arena *arena, Instant at, ChangeSet *set, Event *event, Error *err)
{
    Change change = zone_moves_of(arena, at, event);

    change.set = set;
    return write_one(db, arena, &change, err);
}

/* -- A page of them ---------------------------------------------------------------------------- */

static void write_number(Writer *w, const char *key, int64_t number)
{
    write_key(w, key);
    write_integer(w, number);
}

/* JSON text, or NULL. */
static void write_json(Writer *w, const char *key, const char *json)
{
    write_key(w, key);
    write_raw(w, json);
}

static void write_columns(Writer *w, const Event *event)
{
    for (size_t i = 0; i < columns_field_count(&event_schema); i++) {
        const Field *field = columns_field(&event_schema, i);
        if ((field->flags & FOLLOWS_ZONE) == 0)
            continue;
        write_key(w, field->name);
        field_encode(field, w, event);
    }
}

static void write_history(Writer *w, Arena *arena, const Change *change)
{
    const HistoryTexts texts = history_texts(arena, change);

    write_json(w, "document", texts.document);
    write_json(w, "version_times", texts.local_times);
    write_json(w, "fields", texts.changed_fields);
    write_json(w, "changes", texts.changes);
    write_number(w, "bytes", texts.bytes);
}

static void write_move(Writer *w, Arena *arena, const Change *change)
{
    const Event *event = change->after;

    write_object(w);
    write_number(w, "id", event->id);
    write_columns(w, event);
    write_number(w, "extent", extent_class(event));
    if (change->changes != NULL)
        write_history(w, arena, change);
    write_end_object(w);
}

static bool write_page(Db *db, Arena *arena, const Change changes[], size_t count, Error *err)
{
    Writer w = writer_start(arena);

    write_array(&w);
    for (size_t i = 0; i < count; i++)
        write_move(&w, arena, &changes[i]);
    write_end_array(&w);
    return db_execute(db, &write_moves,
                      PARAMS(JSONB(writer_text(&w)), TIME(changes[0].at),
                             TXT(change_type_names[CHANGE_ZONE_UPDATE])),
                      NULL, err);
}

bool zone_moves_follow_all(Db *db, Arena *arena, Instant at, List page, ZoneMoves *ret_moves,
                           Error *err)
{
    Event *events = page.items;
    Change *changes = ARENA_ARRAY(arena, Change, page.count);
    size_t count = 0;

    *ret_moves = (ZoneMoves){ 0 };
    for (size_t i = 0; i < page.count; i++) {
        if (events[i].stored == NULL)
            continue;
        changes[count] = zone_moves_of(arena, at, &events[i]);
        ret_moves->moved += changes[count].changes != NULL;
        if (db_kind(db) == DB_SQLITE && !write_one(db, arena, &changes[count], err))
            return false;
        count++;
    }
    ret_moves->derived = (int64_t)count;
    return count == 0 || db_kind(db) == DB_SQLITE || write_page(db, arena, changes, count, err);
}
