/* A table's columns in texts of SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "store/driver/columns.h"

typedef struct Thing {
    Members given;
    int64_t id;
    const char *title;
    int64_t my_role;
    const char *subtitle;
    int64_t secret;
} Thing;

static const Field fields[] = {
    INTEGER(Thing, id, .flags = WRITTEN_ONCE),
    TEXT(Thing, title, .flags = REQUIRED | FOLLOWS_ZONE),
    INTEGER(Thing, my_role, .flags = DERIVED),
    TEXT(Thing, subtitle, .flags = REQUIRED),
};
static const Field unseen[] = { INTEGER(Thing, secret, .flags = NULLABLE | FOLLOWS_ZONE) };

static const Schema schema = SCHEMA(Thing, fields, UNSEEN(unseen), .doc = "x");

static void must_become(const char *text, const char *expected)
{
    Arena AUTO(arena_finish) arena = { 0 };

    assert_string_equal(columns_expand(&schema, text, &arena), expected);
}

static void all_columns_stand_in_their_order_without_what_is_derived(void **state)
{
    (void)state;
    must_become("SELECT {columns} FROM t", "SELECT id, title, subtitle, secret FROM t");
    must_become("SELECT {t.columns}, 1 AS n FROM t",
                "SELECT t.id, t.title, t.subtitle, t.secret, 1 AS n FROM t");
}

static void those_that_are_named_are_left_out(void **state)
{
    (void)state;
    must_become("{t.columns but id}", "t.title, t.subtitle, t.secret");
    must_become("{t.columns but title, secret}", "t.id, t.subtitle");
}

static void a_column_has_one_number_in_every_statement(void **state)
{
    (void)state;
    must_become("INSERT INTO t ({columns}) VALUES ({values})",
                "INSERT INTO t (id, title, subtitle, secret) VALUES ($1, $2, $3, $4)");
    must_become(
        "UPDATE t SET {changes} WHERE id = {$id} AND secret = {$secret}",
        "UPDATE t SET title = $2, subtitle = $3, secret = $4 WHERE id = $1 AND secret = $4");
}

static void what_follows_a_zone_is_taken_from_a_row_of_the_same_names(void **state)
{
    (void)state;
    must_become("UPDATE t SET {moves from n} FROM n",
                "UPDATE t SET title = n.title, secret = n.secret FROM n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_columns_stand_in_their_order_without_what_is_derived),
        cmocka_unit_test(those_that_are_named_are_left_out),
        cmocka_unit_test(a_column_has_one_number_in_every_statement),
        cmocka_unit_test(what_follows_a_zone_is_taken_from_a_row_of_the_same_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
