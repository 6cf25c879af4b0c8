/* Migration 3: what lists look for, in the grants that they walk along (the first moment of any
 * occurrence, the class of the extent), and how many events each person may read. */

#include "rrule/recurrence.h"
#include "store/driver/mapping.h"
#include "store/migrations/migration.h"
#include "json/reader.h"

/* -- Where the series begin of which rdates or overrides may come before their start ----------- */

enum { PAGE = 200 };

MIGRATION_SQL(select_series, "SELECT id, start_time, recurrence_pattern, recurrence_overrides"
                             " FROM events WHERE id > $1 AND is_recurring ORDER BY id LIMIT $2");

MIGRATION_SQL(update_series_start, "UPDATE events SET series_start = $2 WHERE id = $1");

typedef struct Series {
    Members given;
    int64_t id;
    Instant start_time;
    const Recurrence *recurrence_pattern;
    const char *recurrence_overrides;
} Series;

static const Field series_fields[] = {
    INTEGER(Series, id, .flags = REQUIRED),
    INSTANT(Series, start_time, .flags = REQUIRED),
    RECURRENCE(Series, recurrence_pattern, .flags = NULLABLE),
    JSON(Series, recurrence_overrides, .flags = NULLABLE),
};

static const Schema series_schema = SCHEMA(Series, series_fields, .doc = "An event that repeats.");

/* When the occurrence of this original start takes place; INSTANT_NULL: it does not. */
static Instant overridden_start(const char *original_start, const json_t *override)
{
    const char *moved = json_string_value(json_object_get(override, "start_time"));
    const char *reason;
    Instant start;

    if (json_is_true(json_object_get(override, "cancelled")) ||
        !instant_parse(moved != NULL ? moved : original_start, &start, &reason))
        return INSTANT_NULL;
    return start;
}

static bool find_start(const Series *series, Instant *ret_start, Error *err)
{
    json_t *overrides AUTO(json_release) = NULL;
    const Recurrence *pattern = series->recurrence_pattern;
    const char *key;
    json_t *override;

    *ret_start = series->start_time;
    if (pattern != NULL && pattern->rdate_count > 0 && pattern->rdates[0] < *ret_start)
        *ret_start = pattern->rdates[0];
    if (series->recurrence_overrides == NULL)
        return true;
    if (!json_read_stored(series->recurrence_overrides, &overrides, err))
        return false;
    json_object_foreach(overrides, key, override)
    {
        Instant start = overridden_start(key, override);
        if (start != INSTANT_NULL && start < *ret_start)
            *ret_start = start;
    }
    return true;
}

static bool read_page(Db *db, Arena *arena, int64_t after, Series *page, size_t *ret_count,
                      Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &select_series, PARAMS(INT(after), INT(PAGE)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (!rows_read(&rows, &series_schema, arena, &page[(*ret_count)++], err))
            return false;
    }
    return rows_finish(&rows, err);
}

static bool find_series_starts(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Series *page = ARENA_ARRAY(&arena, Series, PAGE);
        if (!read_page(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            Instant start;
            after = page[i].id;
            if (!find_start(&page[i], &start, err))
                return false;
            if (start != page[i].start_time &&
                !db_execute(db, &update_series_start, PARAMS(INT(after), TIME(start)), NULL, err))
                return false;
        }
    }
    return true;
}

/* -- The scripts ------------------------------------------------------------------------------ */

/* SQLite's defaults are only for the rows that are there, until the next statement; it takes no
 * other way. */
static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE events ADD COLUMN series_start INTEGER NOT NULL DEFAULT 0;"
                "UPDATE events SET series_start = start_time;",
      .postgres = "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
                  "ALTER TABLE events ADD COLUMN series_start TIMESTAMPTZ;\n"
                  "UPDATE events SET series_start = start_time;\n"
                  "ALTER TABLE events ALTER COLUMN series_start SET NOT NULL;\n",
      .run = find_series_starts },
    { .sqlite =
          "ALTER TABLE event_permissions ADD COLUMN start_time INTEGER NOT NULL DEFAULT 0;"
          "ALTER TABLE event_permissions ADD COLUMN extent_class INTEGER NOT NULL DEFAULT 0;"
          "ALTER TABLE event_permissions ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0"
          " CHECK (hidden IN (0, 1));"
          "UPDATE event_permissions SET start_time = e.start_time,"
          " hidden = e.deleted_at IS NOT NULL, extent_class ="
          " CASE WHEN e.series_start < e.start_time THEN 6"
          " WHEN e.series_end IS NULL THEN 5"
          " WHEN e.series_end - e.start_time <= 86400000000 THEN 0"
          " WHEN e.series_end - e.start_time <= 8 * 86400000000 THEN 1"
          " WHEN e.series_end - e.start_time <= 64 * 86400000000 THEN 2"
          " WHEN e.series_end - e.start_time <= 512 * 86400000000 THEN 3"
          " WHEN e.series_end - e.start_time <= 4096 * 86400000000 THEN 4 ELSE 5 END"
          " FROM events e WHERE e.id = event_id;"

          "CREATE TABLE event_counts ("
          " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
          " shard INTEGER NOT NULL, events INTEGER NOT NULL, PRIMARY KEY (user_id, shard))"
          " STRICT, WITHOUT ROWID;"
          "INSERT INTO event_counts (user_id, shard, events)"
          " SELECT user_id, 0, count(*) FROM event_permissions WHERE NOT hidden GROUP BY user_id;"

          "CREATE INDEX idx_event_permissions_start ON event_permissions"
          " (user_id, hidden, start_time, event_id);"
          "CREATE INDEX idx_event_permissions_extent ON event_permissions"
          " (user_id, hidden, extent_class, start_time, event_id);"
          /* A longer index serves what these did, or nothing asks for them. */
          "DROP INDEX idx_events_start_time; DROP INDEX idx_events_updated_at;"
          "DROP INDEX idx_events_owner_id;",
      .postgres =
          "ALTER TABLE event_permissions\n"
          "    ADD COLUMN start_time TIMESTAMPTZ,\n"
          "    ADD COLUMN extent_class SMALLINT,\n"
          "    ADD COLUMN hidden BOOLEAN;\n"
          "UPDATE event_permissions SET start_time = e.start_time,\n"
          "    hidden = e.deleted_at IS NOT NULL,\n"
          "    extent_class = CASE WHEN e.series_start < e.start_time THEN 6\n"
          "        WHEN e.series_end IS NULL THEN 5\n"
          "        WHEN e.series_end - e.start_time <= interval '24 hours' THEN 0\n"
          "        WHEN e.series_end - e.start_time <= 8 * interval '24 hours' THEN 1\n"
          "        WHEN e.series_end - e.start_time <= 64 * interval '24 hours' THEN 2\n"
          "        WHEN e.series_end - e.start_time <= 512 * interval '24 hours' THEN 3\n"
          "        WHEN e.series_end - e.start_time <= 4096 * interval '24 hours' THEN 4\n"
          "        ELSE 5 END\n"
          "    FROM events e WHERE e.id = event_id;\n"
          "ALTER TABLE event_permissions\n"
          "    ALTER COLUMN start_time SET NOT NULL,\n"
          "    ALTER COLUMN extent_class SET NOT NULL,\n"
          "    ALTER COLUMN hidden SET NOT NULL;\n"
          "\n"
          "-- Changed with every event that is made: room for the next form of a row beside it.\n"
          "CREATE TABLE event_counts (\n"
          "    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n"
          "    shard INTEGER NOT NULL,\n"
          "    events BIGINT NOT NULL,\n"
          "    PRIMARY KEY (user_id, shard)\n"
          ") WITH (fillfactor = 50);\n"
          "INSERT INTO event_counts (user_id, shard, events)\n"
          "    SELECT user_id, 0, count(*) FROM event_permissions WHERE NOT hidden\n"
          "    GROUP BY user_id;\n"
          "\n"
          "CREATE INDEX idx_event_permissions_start ON event_permissions\n"
          "    (user_id, hidden, start_time, event_id);\n"
          "CREATE INDEX idx_event_permissions_extent ON event_permissions\n"
          "    (user_id, hidden, extent_class, start_time, event_id);\n"
          "-- The new ones serve what these did, or nothing asks for them.\n"
          "DROP INDEX idx_event_permissions_user_event, idx_events_start_time,\n"
          "    idx_events_updated_at, idx_events_owner_id;\n" },
};

const Migration migration_3 = MIGRATION(steps);
