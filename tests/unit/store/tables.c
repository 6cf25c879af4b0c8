/* Every table of the schema is in a backup, or is named as left out. */
#include "store/tables.h"

#include <string.h>

#include "bench.h"

SQL_DIALECTS(select_tables,
             .sqlite = "SELECT name FROM sqlite_master WHERE type = 'table'"
                       " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
             .postgres = "SELECT tablename AS name FROM pg_tables"
                         " WHERE schemaname = current_schema()");
SQL_DIALECTS(count_key,
             .sqlite = "SELECT count(*) AS n FROM pragma_table_info($1)"
                       " WHERE pk > 0 AND name IN ($2, $3)",
             .postgres = "SELECT count(*) AS n FROM pg_index i JOIN pg_attribute a"
                         " ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
                         " WHERE i.indrelid = to_regclass($1) AND i.indisprimary"
                         " AND a.attname::text IN ($2, $3)");
SQL_DIALECTS(count_keys, .sqlite = "SELECT count(*) AS n FROM pragma_table_info($1) WHERE pk > 0",
             .postgres = "SELECT CAST(indnatts AS BIGINT) AS n FROM pg_index"
                         " WHERE indrelid = to_regclass($1) AND indisprimary");
/* All that indexes and references say, in one text. */
SQL_DIALECTS(select_schema,
             .sqlite = "SELECT coalesce(group_concat(sql, ';'), '') AS text FROM"
                       " (SELECT sql FROM sqlite_master WHERE type = 'index' ORDER BY name)",
             .postgres = "SELECT (SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM"
                         " pg_indexes WHERE schemaname = current_schema()) || (SELECT"
                         " string_agg(conname || pg_get_constraintdef(oid), ';' ORDER BY conname,"
                         " conrelid) FROM pg_constraint"
                         " WHERE connamespace = current_schema()::regnamespace) AS text");
SQL(count_users, "SELECT count(*) AS n FROM users");

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    return bench;
}

static int64_t number(Bench *bench, const Sql *sql, Params params)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->db, db_query(bench->db, sql, params, &rows, &bench->err));
    assert_true(rows_next(&rows));
    return rows_int(&rows, "n");
}

static void every_table_is_carried_or_named_as_left_out(void **state)
{
    Bench *bench = start(state);
    Rows AUTO(rows_close) rows = { 0 };
    size_t found = 0;

    bench_must(bench, bench->db,
               db_query(bench->db, &select_tables, NO_PARAMS, &rows, &bench->err));
    for (; rows_next(&rows); found++) {
        const char *name = rows_text(&rows, "name", &bench->arena);
        if (tables_find(name) == NULL)
            fail_msg("%s is a table that a backup neither carries nor leaves out: store/tables.c",
                     name);
    }
    assert_int_equal(found, table_count);
}

static void a_table_is_read_by_its_primary_key(void **state)
{
    Bench *bench = start(state);

    for (size_t i = 0; i < table_count; i++) {
        const Table *table = &tables[i];
        int64_t keys = table->key[1] != NULL ? 2 : 1;
        assert_int_equal(number(bench, &count_keys, PARAMS(TXT(table->name))), keys);
        assert_int_equal(number(bench, &count_key,
                                PARAMS(TXT(table->name), TXT(table->key[0]), TXT(table->key[1]))),
                         keys);
    }
}

static const char *schema_of(Bench *bench)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, &select_schema, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    return rows_text(&rows, "text", &bench->arena);
}

static void what_is_set_aside_is_put_back(void **state)
{
    Bench *bench = start(state);
    const char *before = schema_of(bench);
    List aside = { 0 };

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(bench, bench->db, tables_set_aside(bench->db, &bench->arena, &aside, &bench->err));
    assert_in_range(aside.count, 15, 100);
    assert_string_not_equal(schema_of(bench), before);
    bench_must(bench, bench->db, tables_put_back(bench->db, &aside, &bench->err));
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    assert_string_equal(schema_of(bench), before);
}

static void what_refers_to_nothing_cannot_be_put_back(void **state)
{
    static const char *const orphan[] = {
        [DB_SQLITE] = "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (8, 9, 0)",
        [DB_POSTGRES] = "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (8, 9, now())",
    };
    Bench *bench = start(state);
    List aside = { 0 };

    db_close(&bench->reader); /* SQLite's journal is for one alone */
    bench_must(bench, bench->db, tables_start_filling(bench->db, &bench->err));
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    bench_must(bench, bench->db, tables_set_aside(bench->db, &bench->arena, &aside, &bench->err));
    bench_run(bench->db, orphan[db_kind(bench->db)]);
    assert_false(tables_put_back(bench->db, &aside, &bench->err));
    assert_int_equal(bench->err.code, ERROR_REFERENCED);
    db_rollback(bench->db);
    error_clear(&bench->err);
    bench_must(bench, bench->db, tables_end_filling(bench->db, &bench->err));
}

static bool count_row(void *context, const Value *row, Error *err)
{
    int64_t *count = context;

    (void)err;
    assert_int_equal(row[0].integer, ++*count); /* by id */
    return *count < 1000;
}

static void all_rows_are_read_in_order_and_ids_are_not_given_twice(void **state)
{
    static const char *const fill[] = {
        [DB_SQLITE] =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
            " INSERT INTO users (username, email, hashed_password, created_at, updated_at)"
            " SELECT 'u' || i, 'e' || i, 'x', 0, 0 FROM n;"
            "DELETE FROM users WHERE id > 192",
        [DB_POSTGRES] = "INSERT INTO users (username, email, hashed_password)"
                        " SELECT 'u' || i, 'e' || i, 'x' FROM generate_series(1, 200) i;"
                        "DELETE FROM users WHERE id > 192",
    };
    const Table *users = tables_find("users");
    Bench *bench = start(state);
    Columns columns = { 0 };
    int64_t count = 0;
    int64_t last = 0;
    bool is_used = true;

    bench_must(bench, bench->db,
               tables_hold_anything(bench->db, &bench->arena, &is_used, &bench->err));
    assert_false(is_used);
    bench_run(bench->db, fill[db_kind(bench->db)]);
    bench_must(bench, bench->db,
               tables_columns(bench->db, &bench->arena, "users", &columns, &bench->err));
    bench_must(bench, bench->db,
               tables_read(bench->db, &bench->arena, users, &columns,
                           (RowTaker){ count_row, &count }, &bench->err));
    assert_int_equal(count, 192); /* three pages, the last one full */
    bench_must(bench, bench->db, tables_last_id(bench->db, users, &last, &bench->err));
    assert_int_equal(last, 200);
    bench_must(bench, bench->db, tables_set_last_id(bench->db, users, 5000, &bench->err));
    bench_must(bench, bench->db, tables_last_id(bench->db, users, &last, &bench->err));
    assert_int_equal(last, 5000);
    bench_must(bench, bench->db,
               tables_hold_anything(bench->db, &bench->arena, &is_used, &bench->err));
    assert_true(is_used);
    assert_int_equal(bench_number(bench->db, &count_users), 192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_table_is_carried_or_named_as_left_out),
        ON_BOTH(a_table_is_read_by_its_primary_key),
        ON_BOTH(what_is_set_aside_is_put_back),
        ON_BOTH(what_refers_to_nothing_cannot_be_put_back),
        ON_BOTH(all_rows_are_read_in_order_and_ids_are_not_given_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
