/* Migration 1: all tables. On PostgreSQL a database of the old FastAPI system is recognised and
 * adopted: roles get their meaning, patterns that clients had sent in many forms become rules, each
 * series learns its end, and each event gets a newest version that is its present state. The old
 * versions stay as they are: they were taken before each update and after each rollback, so in
 * their order they are true states.
 *
 * Which databases it takes has grown since it was released: those that the old models made by
 * themselves, and roles of other names and numbers. What was refused was left as it was, so no
 * database has gone through an older form of that; and what was taken comes out the same as ever,
 * but for roles.meaning, which migration 6 adds to all that do not have it. */

#include "rrule/iterator.h"
#include "rrule/recurrence.h"
#include "store/driver/mapping.h"
#include "store/migrations/migration.h"

/* -- Which database is this? ------------------------------------------------------------------ */

/* SQLite: a file is ours alone, so whatever is in it is somebody else's. */
MIGRATION_SQL(
    select_foreign,
    "SELECT group_concat(name, ', ') AS found FROM (SELECT name FROM sqlite_master"
    " WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name)");

/* PostgreSQL: tables of other programs are no matter, unless they have our names. */
#define OLD_TABLES                                                                                 \
    " FROM (VALUES ('users'), ('roles'), ('events'), ('event_permissions'), ('event_versions'),"   \
    " ('changelog')) AS old (name) LEFT JOIN pg_class c ON c.relname = old.name"                   \
    " AND c.relkind IN ('r', 'p') AND c.relnamespace ="                                            \
    " (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"

MIGRATION_SQL(
    select_old_tables,
    "SELECT string_agg(old.name, ', ') FILTER (WHERE c.oid IS NOT NULL) AS found,"
    " string_agg(old.name, ', ') FILTER (WHERE c.oid IS NULL) AS missing,"
    " string_agg(old.name || ' (' || pg_get_userbyid(c.relowner) || ')', ', ')"
    " FILTER (WHERE NOT pg_has_role(c.relowner, 'USAGE')) AS foreign_tables,"
    " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,"
    " CAST(current_user AS text) AS me, coalesce(CAST(current_schema() AS text), 'public')"
    " AS place" OLD_TABLES);

/* What is not as the old system made it, by its README or by its models. */
MIGRATION_SQL(
    select_odd_columns,
    "SELECT string_agg(old.name || '.' || wanted.name || CASE WHEN a.attname IS NULL"
    " THEN ' is missing' ELSE ' is ' || format_type(a.atttypid, NULL) || ' instead of '"
    " || wanted.types[1] END, ', ') AS found" OLD_TABLES
    " JOIN (VALUES ('users', '{id}', '{integer,bigint}'), ('roles', '{id}', '{integer,bigint}'),"
    " ('users', '{username,email,hashed_password}', '{character varying,text}'),"
    " ('users', '{created_at,updated_at}', '{timestamp with time zone}'),"
    " ('roles', '{name}', '{character varying,text}'),"
    " ('events', '{id,owner_id}', '{integer,bigint}'),"
    " ('events', '{title,description,location}', '{character varying,text}'),"
    " ('events', '{start_time,end_time,created_at,updated_at}', '{timestamp with time zone}'),"
    " ('events', '{is_recurring}', '{boolean}'),"
    " ('events', '{recurrence_pattern}', '{jsonb,json}'),"
    " ('event_permissions', '{id,event_id,user_id,role_id}', '{integer,bigint}'),"
    " ('event_versions', '{id,event_id,version_number,changed_by_user_id}', '{integer,bigint}'),"
    " ('event_versions', '{data}', '{jsonb,json}'),"
    " ('event_versions', '{timestamp}', '{timestamp with time zone}'),"
    " ('changelog', '{id,event_id,version_id,user_id}', '{integer,bigint}'),"
    " ('changelog', '{changes}', '{jsonb,json}'),"
    " ('changelog', '{timestamp}', '{timestamp with time zone}')) AS all_wanted (relation, names,"
    " types) ON all_wanted.relation = old.name"
    " CROSS JOIN LATERAL (SELECT unnest(CAST(all_wanted.names AS text[])) AS name,"
    " CAST(all_wanted.types AS text[]) AS types) AS wanted"
    " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = wanted.name"
    " AND NOT a.attisdropped WHERE a.attname IS NULL"
    " OR format_type(a.atttypid, NULL) <> ALL (wanted.types)");

/* PostgreSQL knows times that are no moments; nobody can say when such an event is. */
MIGRATION_SQL(
    select_endless,
    "SELECT string_agg(place, ', ' ORDER BY place) AS found FROM (SELECT 'events.id ' || id AS "
    "place FROM events"
    " WHERE NOT (isfinite(start_time) AND isfinite(end_time) AND isfinite(created_at)"
    " AND isfinite(updated_at)) UNION ALL SELECT 'event_versions.id ' || id FROM event_versions"
    " WHERE NOT isfinite(\"timestamp\") UNION ALL SELECT 'changelog.id ' || id FROM changelog"
    " WHERE NOT isfinite(\"timestamp\") UNION ALL SELECT 'users.id ' || id FROM users"
    " WHERE NOT (isfinite(created_at) AND isfinite(updated_at)) LIMIT 10) AS endless");

/* Each installation made its own roles. A name says what it means, in any case; of others
 * `fasti.roles` does, a setting of the session: {"Commenter": "viewer"} (store/migrations.h). */
MIGRATION_SQL(
    name_roles,
    "UPDATE roles SET meaning = CASE lower(trim(coalesce((SELECT said.value FROM"
    " jsonb_each_text(CAST(coalesce(nullif(current_setting('fasti.roles', true), ''),"
    " '{}') AS jsonb)) AS said WHERE lower(said.key) = lower(roles.name) LIMIT 1), name)))"
    " WHEN 'owner' THEN 1 WHEN 'editor' THEN 2 WHEN 'viewer' THEN 3 END");

MIGRATION_SQL(select_nameless_roles,
              "SELECT string_agg(coalesce(name, 'without a name') || ' (id ' || id || ')', ', '"
              " ORDER BY id) AS found, min(name) AS missing FROM roles WHERE meaning IS NULL");

typedef struct Found {
    const char *found;
    const char *missing;
    const char *foreign_tables;
    const char *me;
    const char *place;
    bool may_create;
} Found;

/* The one row of it; a column that the statement does not have is NULL. */
static bool look(Db *db, Arena *arena, const Sql *sql, Found *ret_found, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_found = (Found){ .found = NULL };
    if (!db_query(db, sql, NO_PARAMS, &rows, err))
        return false;
    while (rows_next(&rows)) {
        ret_found->found = rows_text(&rows, "found", arena);
        if (rows_has(&rows, "missing"))
            ret_found->missing = rows_text(&rows, "missing", arena);
        if (!rows_has(&rows, "me"))
            continue;
        ret_found->foreign_tables = rows_text(&rows, "foreign_tables", arena);
        ret_found->me = rows_text(&rows, "me", arena);
        ret_found->place = rows_text(&rows, "place", arena);
        ret_found->may_create = rows_bool(&rows, "may_create");
    }
    return rows_finish(&rows, err);
}

static bool refuse_rights(const Found *tables, Error *err)
{
    if (tables->foreign_tables != NULL)
        return error_set(err, ERROR_UNAVAILABLE,
                         "These tables belong to somebody else: %s. Give them to %s, as whom this "
                         "program signs in: ALTER TABLE … OWNER TO %s.",
                         tables->foreign_tables, tables->me, tables->me);
    return error_set(err, ERROR_UNAVAILABLE,
                     "Permission denied for schema %s: %s may make no tables in this database. "
                     "Make it with `createdb -O %s`, or give it away: ALTER DATABASE … OWNER TO "
                     "%s.",
                     tables->place, tables->me, tables->me, tables->me);
}

static bool refuse_tables(const Found *tables, const Found *columns, Error *err)
{
    if (tables->missing != NULL)
        return error_set(err, ERROR_UNAVAILABLE,
                         "This database has tables that are neither Fasti's nor the old system's: "
                         "there is %s, but not %s. Give Fasti an empty database.",
                         tables->found, tables->missing);
    return error_set(err, ERROR_UNAVAILABLE,
                     "This database has tables that are neither Fasti's nor the old system's: %s.",
                     columns->found);
}

static bool settle_roles(Db *db, Arena *arena, Error *err)
{
    Found roles;

    if (!db_execute_script(db,
                           "ALTER TABLE roles ADD COLUMN IF NOT EXISTS description VARCHAR(255),"
                           " ADD COLUMN IF NOT EXISTS meaning SMALLINT",
                           err) ||
        !db_execute(db, &name_roles, NO_PARAMS, NULL, err) ||
        !look(db, arena, &select_nameless_roles, &roles, err))
        return false;
    if (roles.found == NULL)
        return true;
    return error_set(err, ERROR_UNAVAILABLE,
                     "Nobody can know what these roles of the table `roles` mean: %s. Say which of "
                     "owner, editor and viewer each is: `fasti migrate --role \"%s=viewer\"`, "
                     "once for each.",
                     roles.found, roles.missing != NULL ? roles.missing : "");
}

static bool check_times(Db *db, Arena *arena, Error *err)
{
    Found endless;

    if (!look(db, arena, &select_endless, &endless, err))
        return false;
    return endless.found == NULL ||
           error_set(err, ERROR_UNAVAILABLE,
                     "These rows have a time that is infinity, which is no moment: %s. Give them "
                     "real ones, then try again.",
                     endless.found);
}

/* An empty database and one of the old system's are taken; any other with tables of these names
 * is somebody else's and stays as it is. */
static bool recognise(Db *db, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Found tables;
    Found columns;

    if (db_kind(db) == DB_SQLITE) {
        return look(db, &arena, &select_foreign, &tables, err) &&
               (tables.found == NULL ||
                error_set(err, ERROR_UNAVAILABLE,
                          "This file is another program's: its tables (%s) are not Fasti's. Give "
                          "Fasti a file of its own.",
                          tables.found));
    }
    if (!look(db, &arena, &select_old_tables, &tables, err))
        return false;
    if (tables.foreign_tables != NULL || !tables.may_create)
        return refuse_rights(&tables, err);
    if (tables.found == NULL)
        return true;
    if (!look(db, &arena, &select_odd_columns, &columns, err))
        return false;
    if (tables.missing != NULL || columns.found != NULL)
        return refuse_tables(&tables, &columns, err);
    return check_times(db, &arena, err) && settle_roles(db, &arena, err);
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
    rrule_convert_until(&rule, zone, false);
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

static bool refuse_row(int64_t id, const Error *problem, Error *err)
{
    const Fault *fault = problem->faults;

    if (fault == NULL) {
        *err = *problem;
        return false;
    }
    return error_set(err, ERROR_UNAVAILABLE,
                     "The row events.id %lld cannot be taken over, for its %s: %s Put it right, "
                     "then try again.",
                     (long long)id, fault->location, fault->message);
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
        Error problem = { .code = ERROR_NONE };
        if (!rows_read(&rows, &adopted_schema, arena, one, &problem))
            return refuse_row(rows_int(&rows, "id"), &problem, err);
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
