/* A database of the old system becomes one of version 1, and a new one comes out the same. */
#include "../migrating.h"

#include <stdlib.h>
#include <string.h>

static int64_t number(Bench *bench, const char *text)
{
    return bench_number(bench->db, query(bench, text));
}

static void the_old_systems_data_stay_as_they_are(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "CREATE TABLE before_users AS TABLE users;"
                         "CREATE TABLE before_events AS TABLE events;"
                         "CREATE TABLE before_versions AS TABLE event_versions;"
                         "CREATE TABLE before_changelog AS TABLE changelog;"
                         "CREATE TABLE before_grants AS TABLE event_permissions");
    migrate(bench, 0);
    must_count(bench, 0,
               "(SELECT * FROM before_users EXCEPT SELECT id, username, email,"
               " hashed_password, created_at, updated_at FROM users) AS x");
    must_count(bench, 0,
               "(SELECT id, title, description, start_time, end_time, location, owner_id,"
               " created_at, updated_at FROM before_events EXCEPT SELECT id, title,"
               " description, start_time, end_time, location, owner_id, created_at,"
               " updated_at FROM events) AS x");
    must_count(bench, 0,
               "(SELECT * FROM before_versions EXCEPT SELECT id, event_id, version_number,"
               " data, changed_by_user_id, timestamp FROM event_versions"
               " WHERE origin = 'old') AS x");
    must_count(bench, 0,
               "(SELECT * FROM before_changelog EXCEPT SELECT id, event_id, version_id,"
               " user_id, timestamp, changes FROM changelog) AS x");
    must_count(bench, 0,
               "(SELECT * FROM before_grants EXCEPT SELECT id, event_id, user_id,"
               " role_id FROM event_permissions) AS x");
    must_count(bench, 12,
               "users WHERE username_key = lower(username) AND email_key = lower(email)"
               " AND is_active AND NOT is_admin");
    must_count(bench, 0,
               "changelog WHERE change_type <> 'update' OR user_name IS NULL"
               " OR version_number IS NULL");
}

static void every_event_of_the_old_system_gets_its_owner_and_its_newest_version(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);
    must_count(bench, 0,
               "pg_sequences WHERE schemaname = current_schema()"
               " AND data_type <> 'bigint'::regtype");
    must_count(bench, 232, "events");
    must_count(bench, 232, "events WHERE uid ~ '^[0-9a-f-]{36}$'");
    must_count(bench, 232,
               "event_permissions p JOIN events e ON e.id = p.event_id"
               " WHERE p.user_id = e.owner_id AND p.role_id = 1");
    must_count(bench, 318, "event_versions WHERE origin = 'old'");
    must_count(bench, 232,
               "event_versions v JOIN events e ON e.id = v.event_id"
               " WHERE v.version_number = e.version_number AND v.origin = 'fasti'"
               " AND v.timestamp = e.updated_at"
               " AND v.data ->> 'title' = e.title AND v.data ->> 'uid' = e.uid"
               " AND (v.data ->> 'start_time')::timestamptz = e.start_time"
               " AND v.data ->> 'end_time' ~ 'Z$'"
               " AND (v.data ->> 'updated_at')::timestamptz = e.updated_at"
               " AND (v.data ->> 'version_number')::bigint = e.version_number"
               " AND v.data ->> 'status' = 'confirmed'"
               " AND v.data -> 'all_day' = 'false'");
    must_count(bench, 0,
               "event_versions v JOIN events e ON e.id = v.event_id"
               " WHERE v.version_number > e.version_number");
    must_count(bench, 0,
               "event_versions v JOIN events e ON e.id = v.event_id"
               " WHERE v.version_number = e.version_number AND (v.version_number = 1)"
               " <> (v.change_type = 'create')");
}

static void the_old_systems_patterns_become_rules_where_they_can_be_read(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);
    must_count(bench, 31, "events WHERE recurrence_pattern ->> 'rrule' = 'FREQ=DAILY;COUNT=5'");
    must_count(bench, 31,
               "events WHERE recurrence_pattern ->> 'rrule'"
               " = 'FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10'");
    must_count(bench, 22, "events WHERE recurrence_pattern ->> 'rrule' = 'FREQ=YEARLY'");
    must_count(bench, 22,
               "events WHERE recurrence_pattern ->> 'rrule' = 'FREQ=YEARLY'"
               " AND series_end IS NULL");
    must_count(bench, 25, "events WHERE recurrence_pattern ->> 'rrule' LIKE 'FREQ=MONTHLY%'");
    must_count(bench, 15,
               "events WHERE recurrence_pattern ->> 'rrule'"
               " LIKE 'FREQ=WEEKLY;INTERVAL=2;UNTIL=2026%'");
    must_count(bench, 27, "events WHERE recurrence_pattern::text LIKE '%unless it rains%'");
    must_count(bench, 151, "events WHERE is_recurring AND recurrence_pattern IS NOT NULL");
    must_count(bench, 232 - 151,
               "events WHERE NOT is_recurring AND recurrence_pattern IS NULL"
               " AND series_end = end_time");
}

#define COLUMNS                                                                                    \
    "SELECT table_name, column_name, ordinal_position, data_type, is_nullable,"                    \
    " regexp_replace(column_default, 'store_test_[0-9a-f]+\\.', '') AS fallback,"                  \
    " character_maximum_length AS length FROM information_schema.columns WHERE table_schema"

static void a_new_and_an_old_database_come_out_the_same(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    migrate(bench, 0);

    void *other_state = NULL;
    bench_open_postgres(&other_state);
    Bench *other = other_state;
    migrate(other, 0);
    const char *here = arena_printf(&bench->arena,
                                    COLUMNS " = '%s' AND table_name <>"
                                            " 'token_blacklist'",
                                    bench->schema);
    const char *there = arena_printf(&bench->arena, COLUMNS " = '%s'", other->schema);
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", here, there));
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", there, here));

    /* Indexes and constraints, by name, table and definition without the schema. */
    static const char indexes[] =
        "SELECT tablename, indexname, replace(indexdef, '%s.', '')"
        " FROM pg_indexes WHERE schemaname = '%s' AND tablename <> 'token_blacklist'";
    here = arena_printf(&bench->arena, indexes, bench->schema, bench->schema);
    there = arena_printf(&bench->arena, indexes, other->schema, other->schema);
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", here, there));
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", there, here));
    static const char constraints[] =
        "SELECT replace(conrelid::regclass::text, '%s.', ''), conname,"
        " replace(pg_get_constraintdef(oid), '%s.', '')"
        " FROM pg_constraint WHERE connamespace = '%s'::regnamespace";
    here = arena_printf(&bench->arena, constraints, bench->schema, bench->schema, bench->schema);
    there = arena_printf(&bench->arena, constraints, other->schema, other->schema, other->schema);
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", here, there));
    must_count(bench, 0, arena_printf(&bench->arena, "((%s) EXCEPT (%s)) AS x", there, here));
    bench_close(&other_state);
}

/* Patterns in all the forms that clients sent, and times that no client may send any more. */
static void add_odd_events(Bench *bench)
{
    static const char *const patterns[] = {
        "\"FREQ=DAILY;COUNT=3\"",
        "\"rrule:freq=weekly;byday=we,mo;interval=1\"",
        "{\"rrule\": \"FREQ=WEEKLY;UNTIL=20200101\"}",
        "{\"rrule\": \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"}",
        "{\"rrule\": \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\","
        " \"rdates\": [\"2026-05-05T05:05:05Z\"]}",
        "{\"rrule\": \"FREQ=DAILY;UNTIL=20270304\", \"rdates\": [\"2031-05-05T05:05:05+02:00\","
        " \"2020-05-05T05:05:05.5Z\", \"2020-05-05T05:05:05.5Z\"]}",
        "{\"freq\": \"weekly\", \"by_day\": [\"Monday\", \"WE\"], \"count\": 4, \"wkst\": \"SU\"}",
        "{\"type\": \"daily\", \"interval\": 2, \"end_date\": \"2026-12-31T10:00:00Z\"}",
        "{\"frequency\": \"monthly\", \"days_of_month\": [1, -1], \"bysetpos\": [1]}",
        "{\"frequency\": \"monthly\", \"unknown\": 1}",
        "{\"rrule\": null, \"rdates\": [], \"text\": null, \"original\": {\"b\": 1, \"a\": [2]}}",
        "{\"rrule\": \"FREQ=DAILY;COUNT=2\", \"rdates\": [], \"text\": \"any\"}",
        "{\"rrule\": \"freq=daily;count=2\", \"rdates\": [], \"text\": \"any\"}",
        "{\"rrule\": \"FREQ=DAILY;COUNT=2\", \"rdates\": [\"2026-05-05T05:05:05Z\","
        " \"2026-04-05T05:05:05Z\", \"2026-06-05T05:05:05Z\"], \"text\": \"any\"}",
        "[\"x\", {}]",
        "5",
        "\"\"",
        "{}",
    };
    enum { TIMES = 3, FIRST = 1000 };

    for (int i = 0; i < (int)(sizeof(patterns) / sizeof(patterns[0])); i++)
        bench_run(bench->db,
                  arena_printf(&bench->arena,
                               "INSERT INTO events (id, title, start_time, end_time, owner_id,"
                               " is_recurring, recurrence_pattern, created_at, updated_at)"
                               " SELECT %d + n, 'odd', '2026-03-02T09:00:00Z',"
                               " timestamptz '2026-03-02T09:00:00Z' + (ARRAY[interval '1 hour',"
                               " interval '11 years', interval '-1 hour'])[n + 1], 1, n = 0, '%s',"
                               " '2026-01-01T00:00:00.25Z', '2026-01-02T00:00:00Z'"
                               " FROM generate_series(0, %d) n",
                               FIRST + i * TIMES, patterns[i], TIMES - 1));
}

/* Two installations that come from the same database have the same history, whichever version of
 * Fasti took it over. So what is written is known to the last byte, but for uids, which are drawn,
 * and series_of, which some versions did not know. Never change these numbers. */
static void what_adopting_writes_never_changes(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    add_odd_events(bench);
    migrate_to(bench, 1);
    must_give(bench, "b2735a7b8ec3f452d1e74f0e57d4a8e6",
              "SELECT md5(string_agg((data - 'uid' - 'series_of')::text || change_type || comment"
              " || coalesce(changed_by_user_id || ' ' || changed_by_name, '-')"
              " || (extract(epoch FROM timestamp) * 1000000)::bigint, ' ' ORDER BY event_id))"
              " AS given FROM event_versions WHERE origin = 'fasti'");
    must_give(bench, "6cd331fd0dd5b9b75157b8d877838a56",
              "SELECT md5(string_agg(id || ' ' || is_recurring || version_number"
              " || coalesce(recurrence_pattern::text, '-')"
              " || coalesce((extract(epoch FROM series_end) * 1000000)::bigint::text, '-'), ' '"
              " ORDER BY id)) AS given FROM events");
}

/* Input has learned them since; what an installation becomes must not depend on the release. */
static void spellings_that_were_not_read_at_first_are_kept_as_they_are(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db,
              "UPDATE events SET recurrence_pattern = CASE id"
              " WHEN 1 THEN '{\"freq\": \"daily\", \"until\": \"2027-01-01 00:00:00+00:00\"}'"
              " WHEN 2 THEN '{\"freq\": \"daily\", \"until\": \"2027-01-01T00:00:00+0000\"}'"
              " WHEN 3 THEN '{\"rrule\": \"FREQ=DAILY\", \"rdates\": [\"2027-01-01T00:00Z\"]}'"
              " WHEN 4 THEN '{\"freq\": \"weekly\", \"byday\": \"MO,WE\"}'"
              " WHEN 5 THEN '{\"freq\": \"weekly\", \"days\": [\"MO\"]}'"
              " WHEN 6 THEN '{\"freq\": \"weekly\", \"byday\": [\"Mon\"]}'"
              " WHEN 7 THEN '{}'"
              " ELSE '{\"freq\": \"daily\", \"until\": \"2027-01-01T00:00:00+00:00\"}' END::jsonb"
              " WHERE id <= 8");
    migrate(bench, 0);
    must_count(bench, 7,
               "events WHERE id <= 7 AND recurrence_pattern ->> 'rrule' IS NULL"
               " AND recurrence_pattern -> 'original' IS NOT NULL");
    must_count(bench, 1, "events WHERE id = 8 AND recurrence_pattern ->> 'rrule' IS NOT NULL");
}

static void odd_rows_of_the_old_system_are_taken_as_they_are(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(
        bench->db,
        "DROP TABLE token_blacklist;"
        "DROP INDEX idx_changelog_event_id, idx_events_start_time, idx_users_email;"
        "ALTER TABLE events RENAME CONSTRAINT events_owner_id_fkey TO another_name;"
        "ALTER SEQUENCE users_id_seq RENAME TO a_sequence; SELECT setval('a_sequence', 1);"
        "ALTER TABLE event_permissions DROP CONSTRAINT event_permissions_event_id_user_id_key;"
        "INSERT INTO event_permissions (event_id, user_id, role_id) VALUES (3, 1, 3), (3, 1, 2);"
        "INSERT INTO users (id, username, email, hashed_password) VALUES"
        " (101, 'AMIRA', 'AMIRA@example.org', 'x'), (102, 'Zo\xc3\x8b', 'zoe@example.org', 'x');"
        "UPDATE events SET end_time = start_time - interval '1 hour' WHERE id IN (1, 2);"
        "UPDATE events SET is_recurring = true WHERE id = 5;"
        "UPDATE event_versions SET version_number = 40 WHERE id = 1;"
        "DELETE FROM changelog WHERE event_id = 2");
    migrate(bench, 0);
    must_count(bench, 1, "users WHERE id = 101 AND username_key IS NULL AND email_key IS NULL");
    must_count(bench, 1, "users WHERE id = 1 AND username_key = 'amira'");
    must_count(bench, 1, "users WHERE id = 102 AND username_key = 'zo\xc3\x8b'");
    must_count(bench, 1, "event_permissions WHERE event_id = 3 AND user_id = 1 AND role_id = 1");
    must_count(bench, 1, "event_permissions WHERE event_id = 3 AND user_id = 1");
    must_count(bench, 1, "events WHERE id = 2 AND version_number = 41 AND end_time < start_time");
    must_count(bench, 1,
               "event_versions WHERE event_id = 2 AND version_number = 41"
               " AND changed_by_user_id IS NULL");
    must_count(bench, 1, "events WHERE id = 5 AND NOT is_recurring");
    assert_true(number(bench, "INSERT INTO users (username, email, hashed_password)"
                              " VALUES ('new', 'new', 'x') RETURNING id AS n") > 102);
    must_count(bench, 1,
               "pg_constraint WHERE conrelid = 'events'::regclass AND contype = 'f'"
               " AND conkey = ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid ="
               " 'events'::regclass AND attname = 'owner_id')] AND confdeltype = 'r'");
}

static void a_database_of_another_program_is_left_alone(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE TABLE users (id serial PRIMARY KEY, name text)");
    must_not_migrate(bench, "neither Fasti's nor the old system's: there is users, but not roles");
    must_count(bench, 0, "pg_tables WHERE schemaname = current_schema() AND tablename <> 'users'");
}

static void another_programs_file_is_left_alone(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE TABLE customers (id INTEGER PRIMARY KEY);"
                         "CREATE VIEW bills AS SELECT id FROM customers");
    must_not_migrate(bench, "another program's: its tables (bills, customers)");
    must_count(bench, 2, "sqlite_master");
}

static void columns_that_differ_are_named(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "ALTER TABLE events ALTER COLUMN start_time TYPE timestamp;"
                         "ALTER TABLE changelog RENAME COLUMN changes TO diff;"
                         "ALTER TABLE users ALTER COLUMN email TYPE bigint USING id");
    must_not_migrate(bench, "events.start_time is timestamp without time zone instead of "
                            "timestamp with time zone");
    must_not_migrate(bench, "changelog.changes is missing");
    must_not_migrate(bench, "users.email is bigint instead of character varying");
}

/* What Base.metadata.create_all() of the old models makes: roles without a description, columns
 * without a default of the database, its own names of indexes, JSON as the models spelled it. */
static void a_database_of_the_old_models_is_taken_like_that_of_their_readme(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db,
              "DROP TABLE token_blacklist; ALTER TABLE roles DROP COLUMN description;"
              "ALTER TABLE events ALTER COLUMN created_at DROP DEFAULT,"
              " ALTER COLUMN is_recurring DROP DEFAULT, ALTER COLUMN is_recurring DROP NOT NULL,"
              " ALTER COLUMN recurrence_pattern TYPE json;"
              "ALTER TABLE event_versions ALTER COLUMN data TYPE json;"
              "ALTER TABLE changelog ALTER COLUMN changes TYPE json;"
              "CREATE INDEX ix_events_id ON events (id);"
              "CREATE UNIQUE INDEX ix_users_email ON users (email)");
    migrate(bench, 0);
    must_count(bench, 3, "roles WHERE meaning = id");
    must_count(bench, 232,
               "event_permissions p JOIN events e ON e.id = p.event_id"
               " WHERE p.user_id = e.owner_id AND p.role_id = 1 AND p.meaning = 1");
    must_count(bench, 151, "events WHERE is_recurring AND jsonb_typeof(recurrence_pattern) <> ''");
    must_count(bench, 318, "event_versions WHERE origin = 'old' AND data ? 'title'");
}

static void roles_are_known_by_their_names_in_any_case_and_keep_their_ids(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "ALTER TABLE event_permissions DROP CONSTRAINT"
                         " event_permissions_role_id_fkey;"
                         "UPDATE roles SET id = id + 10, name = upper(name);"
                         "UPDATE roles SET name = 'editor', id = 1 WHERE id = 12;"
                         "UPDATE event_permissions SET role_id ="
                         " CASE role_id WHEN 2 THEN 1 ELSE role_id + 10 END");
    migrate(bench, 0);
    must_give(bench, "1 editor 2, 11 OWNER 1, 13 VIEWER 3",
              "SELECT string_agg(id || ' ' || name || ' ' || meaning, ', ' ORDER BY id) AS given"
              " FROM roles");
    must_count(bench, 232,
               "event_permissions p JOIN events e ON e.id = p.event_id"
               " WHERE p.user_id = e.owner_id AND p.role_id = 11 AND p.meaning = 1");
    must_count(bench, 0, "event_permissions WHERE role_id NOT IN (1, 11, 13)");
    must_count(bench, 0,
               "event_permissions p JOIN roles r ON r.id = p.role_id"
               " WHERE p.meaning <> r.meaning");
}

static void the_strongest_of_several_grants_is_that_of_the_strongest_meaning(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(
        bench->db,
        "UPDATE roles SET name = 'x' WHERE id = 1; UPDATE roles SET name = 'Owner'"
        " WHERE id = 3; UPDATE roles SET name = 'Viewer' WHERE id = 1;"
        "ALTER TABLE event_permissions DROP CONSTRAINT event_permissions_event_id_user_id_key;"
        "DELETE FROM event_permissions WHERE event_id = 3;"
        "INSERT INTO event_permissions (event_id, user_id, role_id)"
        " SELECT 3, u.id, r.id FROM users u CROSS JOIN roles r WHERE u.id IN (4, 5)");
    migrate(bench, 0);
    must_count(bench, 2,
               "event_permissions WHERE event_id = 3 AND user_id IN (4, 5) AND role_id = 3"
               " AND meaning = 1");
}

static void a_role_that_no_row_means_is_added_beside_the_others(void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "DELETE FROM event_permissions; DELETE FROM roles;"
                         "INSERT INTO roles (id, name) VALUES (1, 'viewer')");
    migrate(bench, 0);
    must_give(bench, "1 viewer 3, 2 Editor 2, 4 Owner 1",
              "SELECT string_agg(id || ' ' || name || ' ' || meaning, ', ' ORDER BY id) AS given"
              " FROM roles");
    assert_true(
        number(bench, "INSERT INTO roles (name, meaning) VALUES ('x', 3) RETURNING id AS n") > 4);
}

static void roles_of_other_names_are_refused_by_name_until_somebody_says_what_they_mean(
    void **state)
{
    Bench *bench = bench_of(state);

    load_old_system(bench);
    bench_run(bench->db, "INSERT INTO roles (id, name) VALUES (4, 'Commenter'), (7, 'Guest');"
                         "UPDATE event_permissions SET role_id = 4 WHERE role_id = 3");
    must_not_migrate(bench, "Commenter (id 4), Guest (id 7)");
    must_not_migrate(bench, "--role \"Commenter=viewer\"");
    bench_must(bench, bench->db,
               migrations_say_roles(bench->db, "{\"commenter\":\"viewer\"}", &bench->err));
    must_not_migrate(bench, "Guest (id 7)");
    must_count(bench, 0,
               "pg_tables WHERE tablename = 'schema_version'"
               " AND schemaname = current_schema()");
    bench_must(bench, bench->db,
               migrations_say_roles(bench->db, "{\"COMMENTER\":\"viewer\",\"Guest\":\"Editor\"}",
                                    &bench->err));
    migrate_to(bench, migrations_newest());
    must_count(bench, 1, "roles WHERE id = 4 AND name = 'Commenter' AND meaning = 3");
    must_count(bench, 1, "roles WHERE id = 7 AND name = 'Guest' AND meaning = 2");
    must_count(bench, 0, "event_permissions WHERE role_id = 3");
    assert_true(number(bench, "SELECT count(*) AS n FROM event_permissions WHERE role_id = 4"
                              " AND meaning = 3") > 0);
}

static void must_refuse_as_mover(Bench *bench, const char *part)
{
    Error err = { .code = ERROR_NONE };
    int from;
    int to;

    bench_run(bench->db, "SET ROLE fasti_mover");
    assert_false(migrations_apply(bench->db, &all_migrations, &from, &to, &err));
    bench_run(bench->db, "RESET ROLE");
    if (strstr(err.detail, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, err.detail);
}

static void who_may_not_is_told_what_and_whose(void **state)
{
    Bench *bench = bench_of(state);

    bench_run(bench->db, "CREATE ROLE fasti_nobody; CREATE ROLE fasti_mover");
    bench_run(bench->db, arena_printf(&bench->arena, "GRANT USAGE ON SCHEMA %s TO fasti_mover",
                                      bench->schema));
    must_refuse_as_mover(bench, "Permission denied for schema");
    must_refuse_as_mover(bench, "createdb -O fasti_mover");
    load_old_system(bench);
    bench_run(bench->db, "ALTER TABLE changelog OWNER TO fasti_nobody");
    must_refuse_as_mover(bench, "changelog (fasti_nobody)");
    must_refuse_as_mover(bench, "OWNER TO fasti_mover");
    bench_run(bench->db, "CREATE TABLE schema_version (version integer)");
    must_refuse_as_mover(bench, "permission denied for table schema_version");
    bench_run(bench->db, "DROP OWNED BY fasti_nobody, fasti_mover;"
                         "DROP ROLE fasti_nobody, fasti_mover");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(the_old_systems_data_stay_as_they_are),
        ON_POSTGRES(every_event_of_the_old_system_gets_its_owner_and_its_newest_version),
        ON_POSTGRES(the_old_systems_patterns_become_rules_where_they_can_be_read),
        ON_POSTGRES(a_new_and_an_old_database_come_out_the_same),
        ON_POSTGRES(what_adopting_writes_never_changes),
        ON_POSTGRES(spellings_that_were_not_read_at_first_are_kept_as_they_are),
        ON_POSTGRES(odd_rows_of_the_old_system_are_taken_as_they_are),
        ON_POSTGRES(a_database_of_another_program_is_left_alone),
        ON_SQLITE(another_programs_file_is_left_alone),
        ON_POSTGRES(columns_that_differ_are_named),
        ON_POSTGRES(a_database_of_the_old_models_is_taken_like_that_of_their_readme),
        ON_POSTGRES(roles_are_known_by_their_names_in_any_case_and_keep_their_ids),
        ON_POSTGRES(the_strongest_of_several_grants_is_that_of_the_strongest_meaning),
        ON_POSTGRES(a_role_that_no_row_means_is_added_beside_the_others),
        ON_POSTGRES(roles_of_other_names_are_refused_by_name_until_somebody_says_what_they_mean),
        ON_POSTGRES(who_may_not_is_told_what_and_whose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
