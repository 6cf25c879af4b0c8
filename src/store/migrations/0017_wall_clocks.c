/* Migration 17: what people meant by their times, on the clock of their zone, beside the moments:
 * of every event, and of every version what its document says of moments. It is read from the
 * moments by the rules that the zones have now, so it must come before they get others. */

#include <string.h>

#include "rrule/iterator.h"
#include "rrule/recurrence.h"
#include "store/driver/mapping.h"
#include "store/migrations/migration.h"
#include "json/reader.h"

enum { PAGE = 200 };

/* What an event's row and a version's document have alike. */
typedef struct Times {
    Members given;
    int64_t id;
    Instant start_time;
    Instant end_time;
    const char *timezone;
    bool all_day;
    const Recurrence *recurrence_pattern;
    const char *recurrence_overrides;
} Times;

static const Field times_fields[] = {
    INTEGER(Times, id, .flags = REQUIRED),
    INSTANT(Times, start_time, .flags = NULLABLE),
    INSTANT(Times, end_time, .flags = NULLABLE),
    TEXT(Times, timezone, .flags = NULLABLE),
    BOOLEAN(Times, all_day, .flags = NULLABLE),
    RECURRENCE(Times, recurrence_pattern, .flags = NULLABLE),
    JSON(Times, recurrence_overrides, .flags = NULLABLE | READ_ONLY),
};

static const Schema times_schema = SCHEMA(Times, times_fields, .doc = "When it takes place.");

/* -- One event -------------------------------------------------------------------------------- */

typedef struct Clock {
    const Timezone *zone;
    const Times *times;
    Arena *arena;
    json_t *starts; /* of overrides: from the moment that they are known by */
    json_t *others;
} Clock;

/* NULL: dates, moments, or nobody knows the zone. */
static const Timezone *zone_of(const Times *times)
{
    const Timezone *zone =
        times->all_day || times->timezone == NULL ? NULL : timezone_find(times->timezone);

    return zone != NULL && timezone_rules(zone) != 0 && times->start_time != INSTANT_NULL &&
                   times->end_time != INSTANT_NULL
               ? zone
               : NULL;
}

static const char *text_of(const Clock *clock, Instant moment, WallTime wall)
{
    char text[INSTANT_TEXT];

    local_format(wall.local_us, text);
    if (!wall.is_second)
        return arena_strdup(clock->arena, text);
    int32_t minutes = timezone_offset_s(clock->zone, moment) / 60;
    int32_t size = minutes < 0 ? -minutes : minutes;
    return arena_printf(clock->arena, "%s%c%02d:%02d", text, minutes < 0 ? '-' : '+', size / 60,
                        size % 60);
}

/* Does the rule say this time of the clock? */
static bool says(const Clock *clock, int64_t local_us)
{
    const Recurrence *pattern = clock->times->recurrence_pattern;
    RRuleIterator it;
    RRuleFault fault;
    RRule rule;
    Instant found = INSTANT_NULL;

    if (pattern == NULL || pattern->rrule == NULL || !rrule_parse(pattern->rrule, &rule, &fault))
        return false;
    rule.until_form = UNTIL_NONE;
    rrule_iterator_init(&it, &rule, timezone_to_local(clock->zone, clock->times->start_time), NULL);
    rrule_iterator_seek(&it, local_us);
    return rrule_iterator_next(&it, &found) == RRULE_OCCURS && found == local_us;
}

static void put(const Clock *clock, json_t *map, Instant moment)
{
    WallTime wall = timezone_wall_time(clock->zone, moment);
    char key[INSTANT_TEXT];
    int64_t pushed_us;

    if (map == clock->starts && timezone_was_pushed(clock->zone, moment, &pushed_us) &&
        !says(clock, wall.local_us) && says(clock, pushed_us))
        wall.local_us = pushed_us;
    instant_format(moment, key);
    json_object_set_new(map, key, json_string(text_of(clock, moment, wall)));
}

static void put_text(const Clock *clock, json_t *map, const char *text)
{
    Instant moment;
    const char *reason;

    if (text != NULL && instant_parse(text, &moment, &reason))
        put(clock, map, moment);
}

static void put_pattern(const Clock *clock)
{
    const Recurrence *pattern = clock->times->recurrence_pattern;
    RRule rule;
    RRuleFault fault;

    if (pattern == NULL)
        return;
    if (pattern->rrule != NULL && rrule_parse(pattern->rrule, &rule, &fault) &&
        rule.until_form == UNTIL_UTC)
        put(clock, clock->others, rule.until_us);
    for (size_t i = 0; i < pattern->rdate_count; i++)
        put(clock, clock->others, pattern->rdates[i]);
}

static void put_overrides(const Clock *clock)
{
    json_t *overrides AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };
    const char *key;
    json_t *override;

    if (clock->times->recurrence_overrides == NULL ||
        !json_read_stored(clock->times->recurrence_overrides, &overrides, &err))
        return;
    json_object_foreach(overrides, key, override)
    {
        put_text(clock, clock->starts, key);
        put_text(clock, clock->others, json_string_value(json_object_get(override, "start_time")));
        put_text(clock, clock->others, json_string_value(json_object_get(override, "end_time")));
    }
}

/* {"starts": {…}, "times": {…}} with what is in them. */
static json_t *local_times(Clock *clock)
{
    json_t *all = json_object();

    clock->starts = json_object();
    clock->others = json_object();
    json_object_set_new(all, "starts", clock->starts);
    json_object_set_new(all, "times", clock->others);
    put_pattern(clock);
    put_overrides(clock);
    return all;
}

static const char *text_unless_empty(const Clock *clock, const json_t *all)
{
    return json_object_size(clock->starts) + json_object_size(clock->others) > 0
               ? json_canonical(clock->arena, all)
               : NULL;
}

/* -- Events ----------------------------------------------------------------------------------- */

MIGRATION_SQL(select_events,
              "SELECT id, start_time, end_time, timezone, all_day, recurrence_pattern,"
              " recurrence_overrides FROM events WHERE id > $1"
              " AND NOT all_day AND timezone <> 'UTC' ORDER BY id LIMIT $2");

MIGRATION_SQL(update_event,
              "UPDATE events SET start_local = $2, end_local = $3, start_is_second = $4,"
              " end_is_second = $5, local_times = $6, zone_rules = $7, zone_release = $8"
              " WHERE id = $1");

static bool keep_event(Db *db, Arena *arena, const Times *times, Error *err)
{
    json_t *all AUTO(json_release) = NULL;
    Clock clock = { .zone = zone_of(times), .times = times, .arena = arena };
    WallTime start = { .local_us = times->start_time };
    WallTime end = { .local_us = times->end_time };
    const char *text = NULL;

    if (clock.zone != NULL) {
        start = timezone_wall_time(clock.zone, times->start_time);
        end = timezone_wall_time(clock.zone, times->end_time);
        all = local_times(&clock);
        text = text_unless_empty(&clock, all);
    }
    return db_execute_later(db, &update_event,
                            PARAMS(INT(times->id), LOCAL(start.local_us), LOCAL(end.local_us),
                                   BOOL(start.is_second), BOOL(end.is_second), JSONB(text),
                                   INT(clock.zone != NULL ? timezone_rules(clock.zone) : 0),
                                   TXT(clock.zone != NULL ? timezone_release() : NULL)),
                            err);
}

static bool read_events(Db *db, Arena *arena, int64_t after, Times *page, size_t *ret_count,
                        Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &select_events, PARAMS(INT(after), INT(PAGE)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (!rows_read(&rows, &times_schema, arena, &page[(*ret_count)++], err))
            return false;
    }
    return rows_finish(&rows, err);
}

static bool keep_events(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Times *page = ARENA_ARRAY(&arena, Times, PAGE);
        if (!read_events(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = page[i].id;
            if (!keep_event(db, &arena, &page[i], err))
                return false;
        }
        if (!db_flush(db, err))
            return false;
    }
    return true;
}

/* -- Versions --------------------------------------------------------------------------------- */

MIGRATION_SQL(select_versions,
              "SELECT id, data FROM event_versions WHERE id > $1 ORDER BY id LIMIT $2");

MIGRATION_SQL(update_version, "UPDATE event_versions SET local_times = $2 WHERE id = $1");

typedef struct Document {
    int64_t id;
    const char *data;
} Document;

static bool keep_version(Db *db, Arena *arena, const Document *document, Error *err)
{
    json_t *all AUTO(json_release) = NULL;
    Error unreadable = { .code = ERROR_NONE };
    Times times = { .given = 0 };
    Clock clock = { .times = &times, .arena = arena };

    /* What the old system kept may be anything; then there is nothing to be known. */
    if (document->data == NULL || strstr(document->data, "\"timezone\"") == NULL ||
        !schema_decode_stored(&times_schema, document->data, arena, &times, &unreadable))
        return true;
    clock.zone = zone_of(&times);
    if (clock.zone == NULL)
        return true;
    all = local_times(&clock);
    if (text_unless_empty(&clock, all) == NULL)
        json_object_clear(all);
    json_object_set_new(all, "start",
                        json_string(text_of(&clock, times.start_time,
                                            timezone_wall_time(clock.zone, times.start_time))));
    json_object_set_new(all, "end",
                        json_string(text_of(&clock, times.end_time,
                                            timezone_wall_time(clock.zone, times.end_time))));
    return db_execute_later(db, &update_version,
                            PARAMS(INT(document->id), JSONB(json_canonical(arena, all))), err);
}

static bool read_versions(Db *db, Arena *arena, int64_t after, Document *page, size_t *ret_count,
                          Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &select_versions, PARAMS(INT(after), INT(PAGE)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        page[(*ret_count)++] = (Document){ rows_int(&rows, "id"), rows_text(&rows, "data", arena) };
    }
    return rows_finish(&rows, err);
}

static bool keep_versions(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Document *page = ARENA_ARRAY(&arena, Document, PAGE);
        if (!read_versions(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = page[i].id;
            if (!keep_version(db, &arena, &page[i], err))
                return false;
        }
        if (!db_flush(db, err))
            return false;
    }
    return true;
}

/* -- The scripts ------------------------------------------------------------------------------ */

/* Dates, and moments in UTC, are what they are. The defaults are only for the rows that are there,
 * until the next statement; SQLite takes no other way. */
static const MigrationStep steps[] = {
    { .sqlite = "ALTER TABLE events ADD COLUMN start_local INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE events ADD COLUMN end_local INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE events ADD COLUMN start_is_second INTEGER NOT NULL DEFAULT 0"
                " CHECK (start_is_second IN (0, 1));"
                "ALTER TABLE events ADD COLUMN end_is_second INTEGER NOT NULL DEFAULT 0"
                " CHECK (end_is_second IN (0, 1));"
                "ALTER TABLE events ADD COLUMN local_times TEXT;"
                "ALTER TABLE events ADD COLUMN zone_rules INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE events ADD COLUMN zone_release TEXT;"
                "ALTER TABLE event_versions ADD COLUMN local_times TEXT;"
                "UPDATE events SET start_local = start_time, end_local = end_time;",
      .postgres = "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
                  "ALTER TABLE events\n"
                  "    ADD COLUMN start_local TIMESTAMP NOT NULL DEFAULT '1970-01-01',\n"
                  "    ADD COLUMN end_local TIMESTAMP NOT NULL DEFAULT '1970-01-01',\n"
                  "    ADD COLUMN start_is_second BOOLEAN NOT NULL DEFAULT false,\n"
                  "    ADD COLUMN end_is_second BOOLEAN NOT NULL DEFAULT false,\n"
                  "    ADD COLUMN local_times JSONB,\n"
                  "    ADD COLUMN zone_rules BIGINT NOT NULL DEFAULT 0,\n"
                  "    ADD COLUMN zone_release TEXT;\n"
                  "ALTER TABLE event_versions ADD COLUMN local_times JSONB;\n"
                  "UPDATE events SET start_local = start_time AT TIME ZONE 'UTC',\n"
                  "    end_local = end_time AT TIME ZONE 'UTC';\n",
      .run = keep_events },
    { .run = keep_versions },
};

const Migration migration_17 = MIGRATION(steps);
