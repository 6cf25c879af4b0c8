/* Rows into structs and members into parameters, for every way a member can be stored. */
#include "../bench.h"

#include <string.h>

#include "calendar/overrides.h"
#include "rrule/recurrence.h"
#include "store/driver/mapping.h"
#include "json/reader.h"

typedef struct Thing {
    Members given;
    int64_t id;
    const char *name;
    bool is_ready;
    int64_t colour; /* CHOICE */
    const char *extra;
    List numbers;
    int64_t elsewhere;
} Thing;

static const char *const colours[] = { "red", "green", "blue", NULL };

static const Field number_field = ELEMENT(int64_t, integer_type, .min = 0);

static const Field thing_fields[] = {
    INTEGER(Thing, id, .flags = NULLABLE, .doc = "x"),
    TEXT(Thing, name, .flags = NULLABLE, .doc = "x"),
    BOOLEAN(Thing, is_ready, .doc = "x"),
    CHOICE(Thing, colour, .flags = NULLABLE, .choices = colours, .doc = "x"),
    JSON(Thing, extra, .flags = NULLABLE, .doc = "x"),
    ARRAY(Thing, numbers, .flags = NULLABLE, .element = &number_field, .doc = "x"),
    INTEGER(Thing, elsewhere, .doc = "no column of this name"),
};

static const Schema thing_schema = SCHEMA(Thing, thing_fields, .doc = "x");

typedef struct Everything {
    Members given;
    int64_t integer;
    const char *text;
    bool boolean;
    int64_t choice;
    const char *json;
    Thing *object;
    List array;
    Instant instant;
    const Recurrence *recurrence;
    const char *overrides;
} Everything;

static const Field everything_fields[] = {
    INTEGER(Everything, integer, .doc = "x"),
    TEXT(Everything, text, .doc = "x"),
    BOOLEAN(Everything, boolean, .doc = "x"),
    CHOICE(Everything, choice, .choices = colours, .doc = "x"),
    JSON(Everything, json, .doc = "x"),
    OBJECT(Everything, object, Thing, .schema = &thing_schema, .doc = "x"),
    ARRAY(Everything, array, .element = &number_field, .doc = "x"),
    INSTANT(Everything, instant, .doc = "x"),
    RECURRENCE(Everything, recurrence, .doc = "x"),
    OVERRIDES(Everything, overrides, .doc = "x"),
};

static const Schema everything_schema = SCHEMA(Everything, everything_fields, .doc = "x");

SQL(select_elsewhere, "SELECT 1 AS elsewhere");

SQL_DIALECTS(select_given,
             .sqlite = "SELECT $1 AS id, $2 AS name, $3 AS is_ready, $4 AS colour, $5 AS extra,"
                       " $6 AS numbers",
             .postgres = "SELECT $1::bigint AS id, $2::text AS name, $3::boolean AS is_ready,"
                         " $4::text AS colour, $5::jsonb AS extra, $6::jsonb AS numbers");
SQL_DIALECTS(select_number, .sqlite = "SELECT 2 AS colour",
             .postgres = "SELECT 2::bigint AS colour");
SQL(select_odd_name, "SELECT 'purple' AS colour");

SQL(select_other_order, "SELECT 'green' AS colour, 1 AS more, 5 AS id");

#define BIND(member) mapping_value(&thing_schema, #member, thing, &bench->arena)

static void read_back(Bench *bench, const Thing *thing, Thing *ret_thing)
{
    Rows AUTO(rows_close) rows = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, &select_given,
                        PARAMS(BIND(id), BIND(name), BIND(is_ready), BIND(colour), BIND(extra),
                               BIND(numbers)),
                        &rows, &bench->err));
    assert_true(rows_next(&rows));
    bench_must(bench, NULL, rows_read(&rows, &thing_schema, &bench->arena, ret_thing, &bench->err));
}

static void every_member_comes_back_as_it_was_bound(void **state)
{
    Bench *bench = bench_of(state);
    int64_t numbers[] = { 1, 2, 3 };
    const Thing thing = { .id = 7,
                          .name = "Zo\xc3\xab",
                          .is_ready = true,
                          .colour = 1,
                          .extra = "{\"a\":[1,2]}",
                          .numbers = { .items = numbers, .count = 3 } };
    Thing back = { .elsewhere = 99 };

    read_back(bench, &thing, &back);
    assert_int_equal(back.id, 7);
    assert_string_equal(back.name, "Zo\xc3\xab");
    assert_true(back.is_ready);
    assert_int_equal(back.colour, 1);
    assert_string_equal(back.extra, "{\"a\":[1,2]}"); /* canonical, though jsonb has its own form */
    assert_int_equal(back.numbers.count, 3);
    assert_int_equal(((const int64_t *)back.numbers.items)[2], 3);
    assert_true(back.elsewhere == INTEGER_NULL); /* nothing is invented */
}

static void nulls_get_the_null_of_their_kind(void **state)
{
    Bench *bench = bench_of(state);
    Thing thing = { 0 };
    Thing back = {
        .id = 1, .name = "x", .colour = 1, .extra = "1", .numbers = { .items = &back, .count = 1 }
    };

    schema_set_nulls(&thing_schema, &thing);
    read_back(bench, &thing, &back);
    assert_true(back.id == INTEGER_NULL);
    assert_null(back.name);
    assert_true(back.colour == INTEGER_NULL);
    assert_null(back.extra);
    assert_null(back.numbers.items);
}

/* Of every type: what is not asked for is not known, and is not what was there before either. */
static void what_has_no_column_is_null(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    Everything back;

    memset(&back, 0x55, sizeof(back));
    bench_must(bench, bench->db,
               db_query(bench->db, &select_elsewhere, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    bench_must(bench, NULL,
               rows_read(&rows, &everything_schema, &bench->arena, &back, &bench->err));
    assert_true(back.integer == INTEGER_NULL);
    assert_null(back.text);
    assert_false(back.boolean);
    assert_true(back.choice == INTEGER_NULL);
    assert_null(back.json);
    assert_null(back.object);
    assert_null(back.array.items);
    assert_true(back.instant == INSTANT_NULL);
    assert_null(back.recurrence);
    assert_null(back.overrides);
}

static void a_choice_may_also_come_as_its_number(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    Thing back = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, &select_number, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_true(rows_read(&rows, &thing_schema, &bench->arena, &back, &bench->err));
    assert_int_equal(back.colour, 2);
}

static void a_choice_that_nobody_knows_is_an_error(void **state)
{
    Bench *bench = bench_of(state);
    Rows AUTO(rows_close) rows = { 0 };
    Thing back = { 0 };

    bench_must(bench, bench->db,
               db_query(bench->db, &select_odd_name, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    assert_false(rows_read(&rows, &thing_schema, &bench->arena, &back, &bench->err));
    assert_int_equal(bench->err.code, ERROR_INTERNAL);
}

/* The connection remembers where the columns of a table are, for each statement. */
static void each_statement_has_its_columns_in_its_own_places(void **state)
{
    Bench *bench = bench_of(state);
    Thing thing = { 0 };

    schema_set_nulls(&thing_schema, &thing);
    thing.id = 7;
    for (int i = 0; i < 2; i++) {
        Rows AUTO(rows_close) rows = { 0 };
        Thing back = { .name = "from before" };
        read_back(bench, &thing, &back);
        assert_int_equal(back.id, 7);
        bench_must(bench, bench->db,
                   db_query(bench->db, &select_other_order, NO_PARAMS, &rows, &bench->err));
        assert_true(rows_next(&rows));
        bench_must(bench, NULL, rows_read(&rows, &thing_schema, &bench->arena, &back, &bench->err));
        assert_int_equal(back.id, 5);
        assert_int_equal(back.colour, 1);
        assert_null(back.name);
    }
}

/* -- Whole rows by their table ---------------------------------------------------------------- */

typedef struct Row {
    Members given;
    int64_t id;
    const char *first;
    const char *second;
    bool is_ready;
    int64_t colour;
    int64_t derived;
    List numbers;
    Instant at;
    Instant unseen_at;
} Row;

static const Field row_fields[] = {
    INTEGER(Row, id, .flags = WRITTEN_ONCE),       TEXT(Row, first, .flags = NULLABLE),
    TEXT(Row, second, .flags = WRITTEN_ONCE),      BOOLEAN(Row, is_ready, .flags = REQUIRED),
    CHOICE(Row, colour, .choices = colours),       INTEGER(Row, derived, .flags = DERIVED),
    ARRAY(Row, numbers, .element = &number_field), INSTANT(Row, at, .flags = REQUIRED),
};
static const Field row_unseen[] = { INSTANT(Row, unseen_at, .flags = NULLABLE) };

static const Schema row_schema = SCHEMA(Row, row_fields, UNSEEN(row_unseen), .doc = "x");

static const Sql make_table = {
    .name = "make_table",
    .sqlite = "CREATE TABLE things (unseen_at INTEGER, at INTEGER, numbers TEXT, colour TEXT,"
              " is_ready INTEGER, second TEXT, first TEXT, id INTEGER)",
    .postgres = "CREATE TABLE things (unseen_at TIMESTAMPTZ, at TIMESTAMPTZ, numbers JSONB,"
                " colour TEXT, is_ready BOOLEAN, second TEXT, first TEXT, id BIGINT)",
};
static const Sql insert_row = { .name = "insert_row",
                                .text = "INSERT INTO things ({columns}) VALUES ({values})",
                                .table = &row_schema };
static const Sql update_row = { .name = "update_row",
                                .text = "UPDATE things SET {changes} WHERE id = {$id}",
                                .table = &row_schema };
static const Sql select_row = { .name = "select_row",
                                .text = "SELECT {t.columns} FROM things t WHERE id = 7",
                                .table = &row_schema };

static void write_row(Bench *bench, const Sql *sql, const Row *row)
{
    bench_must(bench, bench->db,
               db_execute(bench->db, sql, mapping_params(&row_schema, row, &bench->arena), NULL,
                          &bench->err));
}

static Row stored_row(Bench *bench)
{
    Rows AUTO(rows_close) rows = { 0 };
    Row row = { 0 };

    bench_must(bench, bench->db, db_query(bench->db, &select_row, NO_PARAMS, &rows, &bench->err));
    assert_true(rows_next(&rows));
    bench_must(bench, NULL, rows_read(&rows, &row_schema, &bench->arena, &row, &bench->err));
    return row;
}

static void every_member_is_written_to_its_own_column(void **state)
{
    Bench *bench = bench_of(state);
    int64_t numbers[] = { 4, 5 };
    Row row = { .id = 7,
                .first = "one",
                .second = "two",
                .is_ready = true,
                .colour = 2,
                .derived = 9,
                .numbers = { .items = numbers, .count = 2 },
                .at = SECOND_US,
                .unseen_at = 2 * SECOND_US };

    bench_must(bench, bench->db, db_execute(bench->db, &make_table, NO_PARAMS, NULL, &bench->err));
    write_row(bench, &insert_row, &row);
    Row back = stored_row(bench);
    assert_string_equal(back.first, "one");
    assert_string_equal(back.second, "two");
    assert_true(back.is_ready);
    assert_int_equal(back.colour, 2);
    assert_int_equal(((const int64_t *)back.numbers.items)[1], 5);
    assert_int_equal(back.at, SECOND_US);
    assert_int_equal(back.unseen_at, 2 * SECOND_US);

    row.first = NULL;
    row.second = "not again";
    row.at = 3 * SECOND_US;
    row.unseen_at = INSTANT_NULL;
    write_row(bench, &update_row, &row);
    back = stored_row(bench);
    assert_null(back.first);
    assert_string_equal(back.second, "two");
    assert_int_equal(back.at, 3 * SECOND_US);
    assert_true(back.unseen_at == INSTANT_NULL);
}

static void no_client_sees_the_unseen(void **state)
{
    Bench *bench = bench_of(state);
    Row row = { .id = 7, .unseen_at = SECOND_US };
    Writer w = writer_start(&bench->arena);
    json_t *value AUTO(json_release) = json_pack("{s:i}", "unseen_at", 1);

    schema_encode(&row_schema, &w, &row, 0);
    assert_null(strstr(writer_text(&w), "unseen"));
    w = writer_start(&bench->arena);
    schema_describe(&row_schema, &w, true);
    assert_null(strstr(writer_text(&w), "unseen"));
    assert_false(
        schema_decode(&row_schema, DECODE_PATCH, value, &bench->arena, NULL, &row, &bench->err));
    assert_int_equal(row.unseen_at, SECOND_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_member_comes_back_as_it_was_bound),
        ON_BOTH(nulls_get_the_null_of_their_kind),
        ON_BOTH(what_has_no_column_is_null),
        ON_BOTH(a_choice_may_also_come_as_its_number),
        ON_BOTH(a_choice_that_nobody_knows_is_an_error),
        ON_BOTH(every_member_is_written_to_its_own_column),
        ON_SQLITE(no_client_sees_the_unseen),
        ON_BOTH(each_statement_has_its_columns_in_its_own_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
