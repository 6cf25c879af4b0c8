#include "store/soundness.h"

#include "base/vector.h"
#include "store/migrations.h"

/* -- Lists of texts --------------------------------------------------------------------------- */

/* An index of PostgreSQL is invalid when it was being made (CONCURRENTLY) and that failed. */
SQL_DIALECTS(select_damage,
             .sqlite = "SELECT quick_check AS what FROM pragma_quick_check"
                       " WHERE quick_check <> 'ok'",
             .postgres = "SELECT 'the index ' || c.relname || ' is not valid' AS what"
                         " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                         " WHERE NOT i.indisvalid");

SQL_DIALECTS(select_names, .sqlite = "SELECT name AS what FROM sqlite_master",
             .postgres = "SELECT tablename AS what FROM pg_tables"
                         " WHERE schemaname = current_schema()"
                         " UNION ALL SELECT indexname FROM pg_indexes"
                         " WHERE schemaname = current_schema()");

SQL(select_zones, "SELECT timezone AS what FROM events"
                  " UNION SELECT timezone FROM users WHERE timezone IS NOT NULL");

SQL_DIALECTS(select_settings,
             .sqlite = "SELECT 'version=' || sqlite_version() AS what"
                       " UNION ALL SELECT 'journal_mode=' || journal_mode FROM pragma_journal_mode"
                       " UNION ALL SELECT 'synchronous=' || synchronous FROM pragma_synchronous",
             .postgres = "SELECT name || '=' || setting AS what FROM pg_settings WHERE name IN"
                         " ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes',"
                         " 'max_connections', 'superuser_reserved_connections',"
                         " 'server_encoding', 'zero_damaged_pages')"
                         " UNION ALL SELECT 'TimeZone=' || reset_val FROM pg_settings"
                         " WHERE name = 'TimeZone'"
                         " UNION ALL SELECT 'in_recovery=' || pg_is_in_recovery()");

/* The lock of migrations (migrations.c), which every start takes for a moment, and transactions
 * that somebody has left open. */
SQL_DIALECTS(select_waiting, .sqlite = "SELECT name AS what FROM sqlite_master WHERE false",
             .postgres =
                 "SELECT 'process ' || l.pid || ' holds the lock of migrations' AS what"
                 " FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                 " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted"
                 " AND l.objsubid = 2 AND l.classid = " MIGRATIONS_LOCK_CLASS
                 " AND l.objid::bigint = (" MIGRATIONS_LOCK_NUMBER "::bigint & 4294967295)"
                 " UNION ALL SELECT 'process ' || pid || ' (' || application_name || ') has had a"
                 " transaction open and done nothing for more than ten minutes'"
                 " FROM pg_stat_activity WHERE datname = current_database()"
                 " AND state LIKE 'idle in transaction%'"
                 " AND state_change < now() - interval '10 minutes'");

static const Sql *const questions[] = {
    [SOUNDNESS_DAMAGE] = &select_damage,   [SOUNDNESS_NAMES] = &select_names,
    [SOUNDNESS_ZONES] = &select_zones,     [SOUNDNESS_SETTINGS] = &select_settings,
    [SOUNDNESS_WAITING] = &select_waiting,
};

bool soundness_ask(Db *db, Arena *arena, SoundnessQuestion question, List *ret_texts, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    const char **texts = NULL;
    size_t capacity = 0;
    size_t count = 0;

    if (!db_query(db, questions[question], NO_PARAMS, &rows, err))
        return false;
    while (rows_next(&rows)) {
        texts = vector_room(arena, texts, count, &capacity, sizeof(*texts));
        texts[count++] = rows_text(&rows, "what", arena);
    }
    *ret_texts = (List){ .items = texts, .count = count };
    return rows_finish(&rows, err);
}

/* -- Rules ------------------------------------------------------------------------------------ */

/* Each gives the ids of what breaks it. */

/* calendar/extent.h, said once more. */
#define STRANGE_GRANTS(day)                                                                        \
    "SELECT p.event_id AS id FROM event_permissions p JOIN events e ON e.id = p.event_id"          \
    " WHERE p.start_time <> e.start_time"                                                          \
    " OR p.hidden <> (e.deleted_at IS NOT NULL OR p.refused)"                                      \
    " OR p.extent_class <> CASE WHEN e.series_start < e.start_time THEN 6"                         \
    " WHEN e.series_end IS NULL THEN 5"                                                            \
    " WHEN e.series_end - e.start_time <= " day " THEN 0"                                          \
    " WHEN e.series_end - e.start_time <= 8 * " day " THEN 1"                                      \
    " WHEN e.series_end - e.start_time <= 64 * " day " THEN 2"                                     \
    " WHEN e.series_end - e.start_time <= 512 * " day " THEN 3"                                    \
    " WHEN e.series_end - e.start_time <= 4096 * " day " THEN 4 ELSE 5 END"

SQL_DIALECTS(find_strange_grants, .sqlite = STRANGE_GRANTS("86400000000"),
             .postgres = STRANGE_GRANTS("interval '1 day'"));

SQL(find_strange_roles,
    "SELECT p.event_id AS id FROM event_permissions p LEFT JOIN roles r ON r.id = p.role_id"
    " WHERE r.id IS NULL OR r.meaning <> p.meaning");

SQL(find_strange_counts,
    "SELECT u.id FROM users u"
    " LEFT JOIN (SELECT user_id, sum(events) AS n FROM event_counts GROUP BY user_id) c"
    "  ON c.user_id = u.id"
    " LEFT JOIN (SELECT p.user_id, count(*) AS n FROM event_permissions p"
    "   JOIN events e ON e.id = p.event_id WHERE e.deleted_at IS NULL AND NOT p.refused"
    "   GROUP BY p.user_id) x ON x.user_id = u.id"
    " WHERE coalesce(c.n, 0) <> coalesce(x.n, 0)"
    " AND u.id NOT IN (SELECT user_id FROM departures)");

SQL(find_strange_usage,
    "SELECT u.id FROM users u"
    " LEFT JOIN (SELECT user_id, sum(owned_events) AS events, sum(owned_bytes) AS bytes,"
    "   sum(history_bytes) AS history, sum(given_roles) AS roles FROM event_counts"
    "   GROUP BY user_id) c ON c.user_id = u.id"
    " LEFT JOIN (SELECT owner_id, count(*) AS events, sum(document_bytes) AS bytes FROM events"
    "   WHERE deleted_at IS NULL AND id NOT IN (SELECT event_id FROM removals)"
    "   GROUP BY owner_id) e ON e.owner_id = u.id"
    " LEFT JOIN (SELECT user_id, sum(bytes) AS history FROM"
    "   (SELECT user_id, bytes FROM changelog UNION ALL SELECT user_id, bytes FROM audit) h"
    "   GROUP BY user_id) l"
    "  ON l.user_id = u.id"
    " LEFT JOIN (SELECT granted_by, count(*) AS roles FROM event_permissions"
    "   WHERE granted_by <> user_id GROUP BY granted_by) g ON g.granted_by = u.id"
    " WHERE coalesce(c.events, 0) <> coalesce(e.events, 0)"
    " OR coalesce(c.bytes, 0) <> coalesce(e.bytes, 0)"
    " OR coalesce(c.history, 0) <> coalesce(l.history, 0)"
    " OR coalesce(c.roles, 0) <> coalesce(g.roles, 0)");

/* No references of the database: a line of the changelog names its version twice. */
SQL(find_strange_lines,
    "SELECT c.event_id AS id FROM changelog c LEFT JOIN event_versions v ON v.id = c.version_id"
    " WHERE c.version_id IS NOT NULL AND (v.id IS NULL OR v.event_id <> c.event_id"
    "  OR v.version_number <> c.version_number)"
    " AND c.event_id NOT IN (SELECT event_id FROM removals)");

SQL(find_strange_versions,
    "SELECT e.id FROM events e LEFT JOIN event_versions v ON v.event_id = e.id"
    " WHERE e.id NOT IN (SELECT event_id FROM removals) GROUP BY e.id, e.version_number"
    " HAVING e.version_number <> coalesce(max(v.version_number), 0)");

/* What the database refuses, unless somebody told it not to look. */
SQL(find_orphans,
    "SELECT owner_id AS id FROM events WHERE owner_id NOT IN (SELECT id FROM users)"
    " UNION ALL SELECT user_id FROM event_permissions WHERE user_id NOT IN (SELECT id FROM users)"
    " UNION ALL SELECT user_id FROM event_counts WHERE user_id NOT IN (SELECT id FROM users)"
    " UNION ALL SELECT user_id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)"
    " UNION ALL SELECT event_id FROM event_permissions"
    "  WHERE event_id NOT IN (SELECT id FROM events)"
    " UNION ALL SELECT event_id FROM event_versions WHERE event_id NOT IN (SELECT id FROM events)"
    " UNION ALL SELECT event_id FROM changelog WHERE event_id NOT IN (SELECT id FROM events)");

static const struct {
    const Sql *sql;
    const char *says; /* after their number, before one of the ids */
} rules[] = {
    { &find_orphans, "rows belong to an event or a person that is not there:" },
    { &find_strange_grants, "roles do not say what their events say: of event" },
    { &find_strange_roles, "roles mean something else than their names: of event" },
    { &find_strange_counts, "people have more or fewer events than was counted:" },
    { &find_strange_usage, "people take more or less than was counted:" },
    { &find_strange_lines, "lines of the changelog name no version of theirs: of event" },
    { &find_strange_versions, "events are not what their newest version is:" },
};

const size_t soundness_rule_count = sizeof(rules) / sizeof(rules[0]);

bool soundness_check(Db *db, Arena *arena, size_t rule, const char **ret_broken, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    int64_t example = 0;
    size_t count = 0;

    *ret_broken = NULL;
    if (!db_query(db, rules[rule].sql, NO_PARAMS, &rows, err))
        return false;
    for (; rows_next(&rows); count++)
        example = rows_int(&rows, "id");
    if (count > 0)
        *ret_broken =
            arena_printf(arena, "%zu %s %lld.", count, rules[rule].says, (long long)example);
    return rows_finish(&rows, err);
}

/* -- Clocks ----------------------------------------------------------------------------------- */

#define NEWEST                                                                                     \
    "(SELECT max(at) FROM (SELECT max(timestamp) AS at FROM changelog"                             \
    " UNION ALL SELECT max(timestamp) FROM audit"                                                  \
    " UNION ALL SELECT max(last_used_at) FROM sessions) x) AS newest"
SQL_DIALECTS(select_moments, .sqlite = "SELECT " NEWEST ", NULL AS clock",
             .postgres = "SELECT " NEWEST ", clock_timestamp() AS clock");

bool soundness_moments(Db *db, Instant *ret_newest, Instant *ret_clock, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_newest = *ret_clock = INSTANT_NULL;
    if (!db_query(db, &select_moments, NO_PARAMS, &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_newest = rows_time(&rows, "newest");
        *ret_clock = rows_time(&rows, "clock");
    }
    return rows_finish(&rows, err);
}
