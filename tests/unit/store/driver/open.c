/* Opening a database: which URLs are taken, and what a refusal shows. */
#include "../bench.h"

#include <string.h>

static void urls_of_other_kinds_are_refused(void **state)
{
    (void)state;
    assert_null(db_url_scheme_error("sqlite:///fasti.db"));
    assert_null(db_url_scheme_error("sqlite:////var/lib/fasti.db"));
    assert_null(db_url_scheme_error("postgresql://u:p@h/d"));
    assert_null(db_url_scheme_error("postgres://u:p@h/d"));
    assert_null(db_url_scheme_error("postgresql+psycopg2://u:p@h/d"));
    assert_non_null(db_url_scheme_error("sqlite:///"));
    assert_non_null(db_url_scheme_error("sqlite:///:memory:"));
    assert_non_null(db_url_scheme_error("sqlite://fasti.db"));
    assert_non_null(db_url_scheme_error("mysql://u:p@h/d"));
    assert_non_null(db_url_scheme_error("postgresql+psycopg2:/x"));
    assert_non_null(db_url_scheme_error("postgresqlx://h/d"));
    assert_non_null(db_url_scheme_error(""));
}

static void a_wrong_url_does_not_show_its_password(void **state)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { 0 };

    (void)state;
    assert_false(db_open("postgresql://u:secret%zz@[nowhere/d", DB_READ, &db, &err));
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_null(strstr(err.detail, "secret"));
    assert_null(db);
}

static void the_connection_answers_a_ping(void **state)
{
    Bench *bench = bench_of(state);

    assert_true(db_ping(bench->db, &bench->err));
    assert_true(db_ping(bench->reader, &bench->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_of_other_kinds_are_refused),
        cmocka_unit_test(a_wrong_url_does_not_show_its_password),
        ON_BOTH(the_connection_answers_a_ping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
