/* Migration 1: all tables. On PostgreSQL a database of the old FastAPI system is recognised and
 * adopted: patterns that clients had sent in many forms become rules, each series learns its end,
 * and each event gets a newest version that is its present state. The old versions stay as they
 * are: they were taken before each update and after each rollback, so in their order they are true
 * states. */

#include "rrule/iterator.h"
#include "rrule/recurrence.h"
#include "store/driver/mapping.h"
#include "store/migrations/migration.h"

/* -- Which database is this? ------------------------------------------------------------------ */

/* How many of the old system's tables are here, and how many of their columns; and whether its
 * roles mean what ours do. Tables of other programs are no matter, unless they have our names. */
static const Sql count_old_columns = {
    .name = "count_old_columns",
    .sqlite = "SELECT 0 AS tables, 0 AS columns",
    .postgres =
        "SELECT count(DISTINCT table_name) AS tables, count(*) AS columns"
        " FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND (table_name, column_name) IN ("
        "('users', 'id'), ('users', 'username'), ('users', 'email'), ('users', 'hashed_password'),"
        "('users', 'created_at'), ('users', 'updated_at'), ('roles', 'id'), ('roles', 'name'),"
        "('roles', 'description'), ('events', 'id'), ('events', 'title'),"
        "('events', 'description'), ('events', 'start_time'), ('events', 'end_time'),"
        "('events', 'location'), ('events', 'owner_id'), ('events', 'is_recurring'),"
        "('events', 'recurrence_pattern'), ('events', 'created_at'), ('events', 'updated_at'),"
        "('event_permissions', 'id'), ('event_permissions', 'event_id'),"
        "('event_permissions', 'user_id'), ('event_permissions', 'role_id'),"
        "('event_versions', 'id'), ('event_versions', 'event_id'),"
        "('event_versions', 'version_number'), ('event_versions', 'data'),"
        "('event_versions', 'changed_by_user_id'), ('event_versions', 'timestamp'),"
        "('changelog', 'id'), ('changelog', 'event_id'), ('changelog', 'version_id'),"
        "('changelog', 'user_id'), ('changelog', 'timestamp'), ('changelog', 'changes'))",
};

MIGRATION_SQL(count_other_roles,
              "SELECT count(*) AS n FROM roles WHERE NOT (id = 1 AND name = 'Owner'"
              " OR id = 2 AND name = 'Editor' OR id = 3 AND name = 'Viewer')");

enum { OLD_TABLES = 6, OLD_COLUMNS = 36 };

static bool ask_two(Db *db, const Sql *sql, const char *first, int64_t *ret_first,
                    const char *second, int64_t *ret_second, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, sql, NO_PARAMS, &rows, err))
        return false;
    while (rows_next(&rows)) {
        *ret_first = rows_int(&rows, first);
        if (second != NULL)
            *ret_second = rows_int(&rows, second);
    }
    return rows_finish(&rows, err);
}

/* An empty database and one of the old system's are taken; any other with tables of these names
 * is somebody else's and stays as it is. */
static bool recognise(Db *db, Error *err)
{
    int64_t tables = 0;
    int64_t columns = 0;
    int64_t other_roles = 0;

    if (!ask_two(db, &count_old_columns, "tables", &tables, "columns", &columns, err))
        return false;
    if (tables == 0)
        return true;
    if (tables != OLD_TABLES || columns != OLD_COLUMNS)
        return error_set(err, ERROR_UNAVAILABLE,
                         "This database has tables that are neither Fasti's nor the old system's; "
                         "give Fasti an empty one.");
    if (!ask_two(db, &count_other_roles, "n", &other_roles, NULL, NULL, err))
        return false;
    if (other_roles > 0)
        return error_set(err, ERROR_UNAVAILABLE,
                         "The roles of this database are not 1 Owner, 2 Editor and 3 Viewer; its "
                         "grants cannot be taken over.");
    return true;
}

/* -- Events ----------------------------------------------------------------------------------- */

enum { PAGE = 200 };

/* The author of the present state: of an event that never changed its owner, of another whoever
 * its changelog names last (nobody, when that account is gone). */
MIGRATION_SQL(
    select_events_to_adopt,
    "SELECT e.id, e.uid, e.title, e.description, e.location, e.start_time, e.end_time, e.timezone,"
    " e.all_day, e.status, e.is_recurring, e.recurrence_pattern, e.recurrence_overrides,"
    " e.owner_id, e.created_at, e.updated_at, e.updated_by, e.newest,"
    " a.id AS author_id, a.username AS author_name"
    " FROM (SELECT o.*,"
    "  (SELECT max(v.version_number) FROM event_versions v WHERE v.event_id = o.id) AS newest,"
    "  (SELECT c.user_id FROM changelog c WHERE c.event_id = o.id ORDER BY c.id DESC LIMIT 1)"
    "  AS changed_by FROM events o WHERE o.id > $1 ORDER BY o.id LIMIT $2) e"
    " LEFT JOIN users a ON a.id = CASE WHEN e.newest IS NULL THEN e.owner_id ELSE e.changed_by END"
    " ORDER BY e.id");

MIGRATION_SQL(adopt_event,
              "UPDATE events SET is_recurring = $2, recurrence_pattern = $3, series_end = $4,"
              " version_number = $5 WHERE id = $1");

MIGRATION_SQL(insert_adopted_version,
              "INSERT INTO event_versions (event_id, version_number, data, changed_by_user_id,"
              " changed_by_name, timestamp, change_type, comment, origin)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'fasti')");

typedef struct Adopted {
    Members given;
    int64_t id;
    const char *uid;
    const char *title;
    const char *description;
    const char *location;
    Instant start_time;
    Instant end_time;
    const char *timezone;
    bool all_day;
    const char *status;
    bool is_recurring;
    const Recurrence *recurrence_pattern;
    const char *recurrence_overrides;
    int64_t owner_id;
    int64_t version_number;
    Instant created_at;
    Instant updated_at;
    int64_t updated_by;
    int64_t series_of;
    int64_t newest;
    int64_t author_id;
    const char *author_name;
    Instant series_end;
} Adopted;

/* The document of a version, in this order; and who wrote it. */
static const Field adopted_fields[] = {
    INTEGER(Adopted, id, .flags = SNAPSHOT),
    TEXT(Adopted, uid, .flags = SNAPSHOT),
    TEXT(Adopted, title, .flags = SNAPSHOT),
    TEXT(Adopted, description, .flags = SNAPSHOT),
    TEXT(Adopted, location, .flags = SNAPSHOT),
    INSTANT(Adopted, start_time, .flags = SNAPSHOT),
    INSTANT(Adopted, end_time, .flags = SNAPSHOT),
    TEXT(Adopted, timezone, .flags = SNAPSHOT),
    BOOLEAN(Adopted, all_day, .flags = SNAPSHOT),
    TEXT(Adopted, status, .flags = SNAPSHOT),
    BOOLEAN(Adopted, is_recurring, .flags = SNAPSHOT),
    RECURRENCE(Adopted, recurrence_pattern, .flags = SNAPSHOT),
    JSON(Adopted, recurrence_overrides, .flags = SNAPSHOT),
    INTEGER(Adopted, owner_id, .flags = SNAPSHOT),
    INTEGER(Adopted, version_number, .flags = SNAPSHOT),
    INSTANT(Adopted, created_at, .flags = SNAPSHOT),
    INSTANT(Adopted, updated_at, .flags = SNAPSHOT),
    INTEGER(Adopted, updated_by, .flags = SNAPSHOT),
    INTEGER(Adopted, series_of, .flags = SNAPSHOT),
    INTEGER(Adopted, newest, .flags = NULLABLE),
    INTEGER(Adopted, author_id, .flags = NULLABLE),
    TEXT(Adopted, author_name, .flags = NULLABLE),
};

static const Schema adopted_schema = SCHEMA(Adopted, adopted_fields, .doc = "An event.");

/* Dates that are not in order are of no pattern that could be written. */
static void keep_ascending(Arena *arena, Recurrence *pattern)
{
    Instant *rdates = ARENA_ARRAY(arena, Instant, pattern->rdate_count);
    size_t kept = 0;

    for (size_t i = 0; i < pattern->rdate_count; i++) {
        if (kept == 0 || rdates[kept - 1] < pattern->rdates[i])
            rdates[kept++] = pattern->rdates[i];
    }
    pattern->rdates = rdates;
    pattern->rdate_count = kept;
}

/* The end of the last occurrence; INSTANT_NULL: there is none, or nobody can tell. */
static Instant find_end(const Adopted *event, const Recurrence *pattern, const RRule *rule,
                        RRuleIterator *it)
{
    Instant last = INSTANT_NULL; /* earlier than all */

    if ((rule->count == 0 && rule->until_form == UNTIL_NONE) ||
        rrule_iterator_last(it, &last) == RRULE_TOO_COMPLEX)
        return INSTANT_NULL;
    if (pattern->rdate_count > 0 && last < pattern->rdates[pattern->rdate_count - 1])
        last = pattern->rdates[pattern->rdate_count - 1];
    return last + (event->end_time - event->start_time);
}

/* Puts the rule into its canonical form. False: an event cannot repeat like this. */
static bool settle_rule(Arena *arena, Adopted *event)
{
    const Timezone *zone = timezone_find("UTC"); /* the old system had no other */
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    RRuleIterator it;
    RRule rule;
    RRuleFault fault;
    Instant first;

    *pattern = *event->recurrence_pattern;
    if (!rrule_parse(pattern->rrule, &rule, &fault))
        return false;
    rrule_settle_until(&rule, zone, false);
    if (!rrule_check_start(&rule, event->start_time, false, &fault))
        return false;
    pattern->rrule = rrule_format(arena, &rule);
    keep_ascending(arena, pattern);
    rrule_iterator_init(&it, &rule, event->start_time, zone);
    RRuleResult result = rrule_iterator_next(&it, &first);
    if (result == RRULE_TOO_COMPLEX || (result == RRULE_ENDED && pattern->rdate_count == 0))
        return false;
    event->recurrence_pattern = pattern;
    event->series_end = find_end(event, pattern, &rule, &it);
    return true;
}

/* What the old system let through (an end before its start) is no error: it was so, and stays so.
 */
static void settle(Arena *arena, Adopted *event)
{
    static const int64_t longest_us = 10 * 366 * DAY_US;
    const Recurrence *pattern = event->recurrence_pattern;
    int64_t duration_us = event->end_time - event->start_time;
    bool is_possible = duration_us > 0 && duration_us <= longest_us;

    event->is_recurring = pattern != NULL;
    event->series_end = event->end_time;
    if (pattern == NULL || (is_possible && pattern->rrule == NULL))
        return;
    if (!is_possible || !settle_rule(arena, event))
        event->series_end = INSTANT_NULL;
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
        if (!rows_read(&rows, &adopted_schema, arena, one, err))
            return false;
        one->version_number = one->newest != INTEGER_NULL ? one->newest + 1 : 1;
    }
    return rows_finish(&rows, err);
}

static const char *document_of(Arena *arena, const Adopted *event)
{
    Writer w = writer_start(arena);

    schema_encode(&adopted_schema, &w, event, SNAPSHOT);
    return writer_text(&w);
}

static bool adopt(Db *db, Arena *arena, const Adopted *event, Error *err)
{
    return db_execute(db, &adopt_event,
                      PARAMS(INT(event->id), BOOL(event->is_recurring),
                             mapping_value(&adopted_schema, "recurrence_pattern", event, arena),
                             TIME(event->series_end), INT(event->version_number)),
                      NULL, err) &&
           db_execute(db, &insert_adopted_version,
                      PARAMS(INT(event->id), INT(event->version_number),
                             JSONB(document_of(arena, event)), INT(event->author_id),
                             TXT(event->author_name), TIME(event->updated_at),
                             TXT(event->newest != INTEGER_NULL ? "update" : "create"),
                             TXT("The state in which the old system left the event.")),
                      NULL, err);
}

static bool adopt_events(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Adopted *page = ARENA_ARRAY(&arena, Adopted, PAGE);
        if (!read_page(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            settle(&arena, &page[i]);
            if (!adopt(db, &arena, &page[i], err))
                return false;
            after = page[i].id;
        }
    }
    return true;
}

static const MigrationStep steps[] = {
    { .run = recognise },
    { .sqlite = migration_1_sqlite, .postgres = migration_1_postgres },
    { .run = adopt_events },
};

const Migration migration_1 = MIGRATION(steps);
