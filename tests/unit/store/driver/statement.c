/* Statements, before any database sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "store/driver/statement.h"
#include "json/schema.h"

typedef struct Thing {
    Members given;
    int64_t id;
    const char *title;
} Thing;

static const Field fields[] = {
    INTEGER(Thing, id, .flags = WRITTEN_ONCE),
    TEXT(Thing, title, .flags = REQUIRED),
};
static const Schema schema = SCHEMA(Thing, fields, .doc = "x");

SQL(for_both, "SELECT id FROM thing");
SQL(of_a_table, "SELECT {columns} FROM thing", .table = &schema);
SQL_DIALECTS(one_for_each, .sqlite = "SELECT 1", .postgres = "SELECT 1::bigint");
SQL_DIALECTS(for_one_alone, .postgres = "SELECT pg_backend_pid()");
SQL(for_all_but_one, "SELECT 2", .sqlite = "SELECT 3");

static void must_be(const Sql *sql, DbKind kind, const char *expected)
{
    Arena AUTO(arena_finish) arena = { 0 };

    assert_true(sql_is_for(sql, kind));
    assert_string_equal(sql_text(sql, kind, &arena), expected);
}

static void a_database_gets_its_own_text_or_the_common_one(void **state)
{
    (void)state;
    must_be(&for_both, DB_SQLITE, "SELECT id FROM thing");
    must_be(&for_both, DB_POSTGRES, "SELECT id FROM thing");
    must_be(&one_for_each, DB_SQLITE, "SELECT 1");
    must_be(&one_for_each, DB_POSTGRES, "SELECT 1::bigint");
    must_be(&for_all_but_one, DB_SQLITE, "SELECT 3");
    must_be(&for_all_but_one, DB_POSTGRES, "SELECT 2");
}

static void a_statement_may_be_one_database_s_alone(void **state)
{
    (void)state;
    must_be(&for_one_alone, DB_POSTGRES, "SELECT pg_backend_pid()");
    assert_false(sql_is_for(&for_one_alone, DB_SQLITE));
}

static void the_columns_of_its_table_are_spelled_out(void **state)
{
    (void)state;
    must_be(&of_a_table, DB_SQLITE, "SELECT id, title FROM thing");
}

static void count_if_ours(const Sql *sql, void *context)
{
    if (sql == &for_both || sql == &of_a_table || sql == &one_for_each || sql == &for_one_alone ||
        sql == &for_all_but_one)
        ++*(int *)context;
}

static void every_statement_of_the_program_is_listed_once(void **state)
{
    int found = 0;

    (void)state;
    sql_each(count_if_ours, &found);
    assert_int_equal(found, 5);
}

static void a_statement_has_the_name_of_its_constant(void **state)
{
    (void)state;
    assert_string_equal(for_both.name, "for_both");
    assert_string_equal(one_for_each.name, "one_for_each");
}

static void the_values_that_stand_for_nothing_bind_null(void **state)
{
    const Params params = PARAMS(INT(INT64_MIN), TXT(NULL), INT(0), TXT(""), BOOL(false));

    (void)state;
    assert_int_equal(params.count, 5);
    assert_true(params.values[0].is_null);
    assert_true(params.values[1].is_null);
    assert_false(params.values[2].is_null);
    assert_false(params.values[3].is_null);
    assert_false(params.values[4].is_null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_gets_its_own_text_or_the_common_one),
        cmocka_unit_test(a_statement_may_be_one_database_s_alone),
        cmocka_unit_test(the_columns_of_its_table_are_spelled_out),
        cmocka_unit_test(every_statement_of_the_program_is_listed_once),
        cmocka_unit_test(a_statement_has_the_name_of_its_constant),
        cmocka_unit_test(the_values_that_stand_for_nothing_bind_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
