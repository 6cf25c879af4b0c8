/* How the databases go about every statement of the stores: whatever grows is looked up in an
 * index, and what a list shows first is not sorted. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 64 };

/* What may be read as a whole, and why. */
static const char *const scanned[] = {
    /* All accounts that match: for administrators, who see all of them. */
    "count_users",
    /* Who is just leaving, what is just being removed: nearly always nobody and nothing. */
    "next_departure",
    "next_removal",
    /* Who is to be forgotten, and the tries of an hour. */
    "next_erasure",
    "count_erasures",
    "count_erasures_of",
    "count_erased",
    "delete_erased",
    "erase_tries",
    "erase_from_departures",
    /* Asked when an administrator leaves; an index of administrators alone. */
    "lock_admins",
    "count_admins",
    /* At start. */
    "any_user",
    "highest_cost",
    /* All lines of the trail that match: for administrators. */
    "count_audit",
    /* The catalogue, and tables of a few rows: at start. */
    "count_version_tables",
    "select_schema_version",
    /* A handful of rows. */
    "select_roles",
    "insert_permission",
    /* The numbers of a page's events, which were given to it. */
    "select_some",
    "look_at_some",
    /* SQLite's own table of the highest ids: a row a table. */
    "next_ids",
    "next_permission_ids",
    "insert_entry",
    /* The first one of an index that has these rows alone. */
    "next_unfinished",
    /* `fasti doctor` looks at everything. */
    "select_damage",
    "select_zone_uses", /* and `fasti zones` */
    "select_names",
    "select_zones",
    "select_settings",
    "select_waiting",
    "select_moments",
    "find_orphans",
    "find_strange_grants",
    "find_strange_roles",
    "find_strange_counts",
    "find_strange_usage",
    "find_strange_lines",
    "find_strange_versions",
    "select_last_id",
    "forget_last_id",
    /* The catalogue, and all of a database that was just filled: backups. */
    "select_columns",
    "select_aside",
    "count_lost",
};

/* Of what may be long, a page: it must come out of the index in order. */
static const char *const ordered[] = {
    "list_all_by_start_time",
    "list_all_by_start_time_descending",
    "list_all_reaching_by_start_time",
    "list_all_reaching_by_start_time_descending",
    "list_some_by_start_time",
    "list_some_by_start_time_descending",
    "list_some_reaching_by_start_time",
    "list_some_reaching_by_start_time_descending",
    "list_singles",
    "list_series",
    "list_occupying",
    "select_audit",
    "select_zone_changes",
};

#define IS_IN(list, name) is_in(list, sizeof(list) / sizeof((list)[0]), name)

static bool is_in(const char *const list[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], name) == 0)
            return true;
    }
    return false;
}

typedef struct Plans {
    Bench *bench;
    int statements;
    int ordered;
    int faults;
} Plans;

static void fault(Plans *plans, const Sql *sql, const char *line)
{
    print_error("%s: %s\n", sql->name, line);
    plans->faults++;
}

/* -- SQLite ----------------------------------------------------------------------------------- */

/* Is `name` a subquery whose rows the plan has put aside? */
static bool is_put_aside(Arena *arena, const char *plan, const char *name)
{
    return strstr(plan, arena_printf(arena, "MATERIALIZE %s\n", name)) != NULL ||
           strstr(plan, arena_printf(arena, "CO-ROUTINE %s\n", name)) != NULL;
}

static void check_on_sqlite(const Sql *sql, void *context)
{
    static const char scan[] = "SCAN ";
    static const char given[] = "SCAN json_each "; /* a list that is a parameter: no table */
    Plans *plans = context;
    Bench *bench = plans->bench;
    Rows AUTO(rows_close) rows = { 0 };
    Value nulls[MOST_PARAMETERS];
    Sql *explain =
        ARENA_NEW(&bench->arena, Sql); /* each its own: a statement is known by address */
    const char *plan = "\n";

    if (!sql_is_for(sql, DB_SQLITE))
        return;
    *explain = (Sql){
        .text = arena_printf(&bench->arena, "EXPLAIN QUERY PLAN %s",
                             sql_text(sql, DB_SQLITE, &bench->arena)),
        .name = sql->name,
    };
    for (size_t i = 0; i < MOST_PARAMETERS; i++)
        nulls[i] = INT(INT64_MIN);
    bench_must(
        bench, bench->db,
        db_query(bench->db, explain, (Params){ nulls, MOST_PARAMETERS }, &rows, &bench->err));
    while (rows_next(&rows)) {
        const char *step = rows_text(&rows, "detail", &bench->arena);
        bool is_scan = strncmp(step, scan, strlen(scan)) == 0 &&
                       strcmp(step, "SCAN CONSTANT ROW") != 0 &&
                       strncmp(step, given, strlen(given)) != 0 &&
                       !is_put_aside(&bench->arena, plan, step + strlen(scan));
        if (is_scan && !IS_IN(scanned, sql->name))
            fault(plans, sql, step);
        if (IS_IN(ordered, sql->name) && strstr(step, "TEMP B-TREE") != NULL)
            fault(plans, sql, step);
        plan = arena_printf(&bench->arena, "%s%s\n", plan, step);
    }
    plans->statements++;
    plans->ordered += IS_IN(ordered, sql->name);
}

/* -- PostgreSQL ------------------------------------------------------------------------------- */

/* Two hundred people with 50 events each: PostgreSQL plans by the number of rows. */
static void fill(Bench *bench)
{
    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, 0, &bench->err));
    bench_run(bench->db,
              "INSERT INTO users (username, email, hashed_password)"
              " SELECT 'u' || n, 'u' || n, 'x' FROM generate_series(1, 200) n;"
              "INSERT INTO events (title, start_time, end_time, series_start, series_end, owner_id,"
              " uid, version_number)"
              " SELECT 'e', at, at, at, at, n % 200 + 1, n, 1"
              " FROM (SELECT n, to_timestamp(n * 3600) AS at FROM generate_series(1, 10000) n) x;"
              "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, start_time,"
              " extent_class, hidden)"
              " SELECT id, owner_id, 1, 1, start_time, id % 7, id % 100 = 0 FROM events;"
              "INSERT INTO event_versions (event_id, version_number, data, timestamp, change_type)"
              " SELECT id, 1, '{}', start_time, 'create' FROM events;"
              "INSERT INTO changelog (event_id, version_number, timestamp, changes, change_type)"
              " SELECT id, 1, start_time, '{}', 'create' FROM events;"
              "INSERT INTO changelog (event_id, version_number, timestamp, changes, change_type)"
              " SELECT id, 1, start_time, '{}', 'zone_update' FROM events WHERE id % 5 = 0;"
              "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at,"
              " last_used_at, expires_at) SELECT owner_id, 'x', 1, start_time, start_time,"
              " start_time, start_time FROM events;"
              "ANALYZE");
}

/* The server takes a parameter's type from where it is used, but gives up at "$1 IS NULL": there a
 * text stands in for it. */
static const char *without_null_tests(Arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);

    for (char *at = strchr(copy, '$'); at != NULL; at = strchr(at + 1, '$')) {
        size_t digits = strspn(at + 1, "0123456789");
        if (strncmp(at + 1 + digits, " IS N", 5) == 0) {
            memset(at, ' ', 1 + digits);
            at[0] = at[1] = '\'';
        }
    }
    return copy;
}

/* A column of all rows, a line each. */
static const char *ask_text(Bench *bench, const char *text, const char *column)
{
    Rows AUTO(rows_close) rows = { 0 };
    Sql *sql = ARENA_NEW(&bench->arena, Sql);
    const char *all = "";

    *sql = (Sql){ .text = text, .name = "question" };
    bench_must(bench, bench->db, db_query(bench->db, sql, NO_PARAMS, &rows, &bench->err));
    while (rows_next(&rows))
        all = arena_printf(&bench->arena, "%s%s%s", all, *all == '\0' ? "" : "\n",
                           rows_text(&rows, column, &bench->arena));
    return all;
}

/* "unknown, text, …": a type for each $n, given only where the text does not mention it. */
static const char *first_types(Arena *arena, const char *text)
{
    const char *types = "";
    bool is_mentioned[MOST_PARAMETERS] = { false };
    long highest = 0;

    for (const char *at = strchr(text, '$'); at != NULL; at = strchr(at + 1, '$')) {
        long number = strtol(at + 1, NULL, 10);
        assert_in_range(number, 1, MOST_PARAMETERS - 1);
        is_mentioned[number] = true;
        highest = number > highest ? number : highest;
    }
    for (long i = 1; i <= highest; i++)
        types = arena_printf(arena, "%s%s%s", types, i > 1 ? ", " : "",
                             is_mentioned[i] ? "unknown" : "text");
    return types;
}

static const char *in_brackets(Arena *arena, const char *text)
{
    return *text == '\0' ? "" : arena_printf(arena, "(%s)", text);
}

/* The generic plan, as the program's own sessions make it. */
static const char *postgres_plan(Bench *bench, const Sql *sql)
{
    Arena *arena = &bench->arena;
    const char *text = sql_text(sql, DB_POSTGRES, arena);
    const char *plain = without_null_tests(arena, text);
    const char *types = in_brackets(arena, first_types(arena, plain));

    bench_run(bench->db, arena_printf(arena, "PREPARE untyped %s AS %s", types, plain));
    types = ask_text(bench,
                     "SELECT array_to_string(parameter_types, ', ') AS found"
                     " FROM pg_prepared_statements WHERE name = 'untyped'",
                     "found");
    const char *nulls =
        ask_text(bench,
                 "SELECT substr(repeat(', NULL', cardinality(parameter_types)), 3) AS nulls"
                 " FROM pg_prepared_statements WHERE name = 'untyped'",
                 "nulls");
    bench_run(bench->db,
              arena_printf(arena, "PREPARE typed %s AS %s", in_brackets(arena, types), text));
    const char *plan =
        ask_text(bench, arena_printf(arena, "EXPLAIN EXECUTE typed %s", in_brackets(arena, nulls)),
                 "QUERY PLAN");
    bench_run(bench->db, "DEALLOCATE ALL");
    return plan;
}

static void check_on_postgres(const Sql *sql, void *context)
{
    Plans *plans = context;
    Bench *bench = plans->bench;

    if (!sql_is_for(sql, DB_POSTGRES))
        return;
    char *plan = arena_strdup(&bench->arena, postgres_plan(bench, sql));
    char *rest = plan;

    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        bool is_index = strstr(line, "Index Scan") != NULL || strstr(line, "Index Only") != NULL;
        bool is_scan = strstr(line, "Seq Scan") != NULL ||
                       (is_index && (rest == NULL || strstr(rest, "Index Cond") == NULL));
        if (is_scan && !IS_IN(scanned, sql->name))
            fault(plans, sql, line);
        if (IS_IN(ordered, sql->name) && strstr(line, "Sort ") != NULL &&
            strstr(line, "Sort Key") == NULL)
            fault(plans, sql, line);
    }
    plans->statements++;
    plans->ordered += IS_IN(ordered, sql->name);
}

static void every_statement_goes_along_an_index(void **state)
{
    Bench *bench = bench_of(state);
    Plans plans = { .bench = bench };
    bool is_sqlite = db_kind(bench->db) == DB_SQLITE;

    bench_migrate(bench);
    if (!is_sqlite)
        fill(bench);
    sql_each(is_sqlite ? check_on_sqlite : check_on_postgres, &plans);
    assert_int_equal(plans.faults, 0);
    assert_true(plans.statements > 50);
    assert_int_equal(plans.ordered, sizeof(ordered) / sizeof(ordered[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_statement_goes_along_an_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
