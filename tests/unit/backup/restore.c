/* A database becomes what the file holds, all at once, or stays what it was. */
#include "backup/backup.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/record.h"
#include "stock.h"
#include "store/migrations.h"

SQL_DIALECTS(next_session,
             .sqlite = "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at,"
                       " last_used_at, expires_at) VALUES (1, 'n', 0, 1, 1, 1, 2) RETURNING id",
             .postgres = "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at,"
                         " last_used_at, expires_at) VALUES (1, 'n', 0, now(), now(), now(), now())"
                         " RETURNING id");
SQL_DIALECTS(next_user,
             .sqlite = "INSERT INTO users (username, email, hashed_password, created_at,"
                       " updated_at) VALUES ('new', 'new', 'x', 1, 1) RETURNING id",
             .postgres = "INSERT INTO users (username, email, hashed_password)"
                         " VALUES ('new', 'new', 'x') RETURNING id");

static void what_is_there_is_not_thrown_away_unasked(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");

    assert_true(stock_backup(bench, path));
    bench_run(bench->db, "UPDATE events SET title = 'later'");
    const char *before = stock_contents(bench, bench->reader);
    stock_leave(bench);
    assert_false(stock_restore(bench, path, false));
    assert_int_equal(bench->err.code, ERROR_CONFLICT);
    assert_non_null(strstr(bench->err.detail, "--replace"));
    bench_reconnect(bench);
    assert_string_equal(stock_contents(bench, bench->reader), before);
}

static void ids_go_on_where_they_were_and_sessions_far_above(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");
    int64_t id = 0;

    assert_true(stock_backup(bench, path));
    stock_leave(bench);
    bench_must(bench, NULL, stock_restore(bench, path, true));
    bench_reconnect(bench);
    bench_must(bench, bench->db, db_insert(bench->db, &next_user, NO_PARAMS, &id, &bench->err));
    assert_int_equal(id, 4); /* the third was deleted before the backup */
    bench_must(bench, bench->db, db_insert(bench->db, &next_session, NO_PARAMS, &id, &bench->err));
    assert_true(id > 1000000000);
}

/* Flips one byte at `at` of the file. */
static void damage(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");

    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int byte = getc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_not_equal(putc(byte ^ 4, file), EOF);
    assert_int_equal(fclose(file), 0);
}

/* Of a whole database; block_file.c shows it of every byte of a small file, also of a sealed one.
 */
static void a_flipped_bit_anywhere_is_noticed(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");
    BackupReport report = { 0 };
    struct stat status;

    assert_true(stock_backup(bench, path));
    assert_int_equal(stat(path, &status), 0);
    assert_true(backup_verify(path, NULL, &report, &bench->err));
    backup_report_finish(&report);
    for (long at = 0; at < status.st_size; at++) {
        damage(path, at);
        assert_false(backup_verify(path, NULL, &report, &bench->err));
        assert_int_equal(bench->err.code, ERROR_INVALID);
        backup_report_finish(&report);
        damage(path, at);
    }
    assert_true(backup_verify(path, NULL, &report, &bench->err));
    backup_report_finish(&report);
}

static void a_damaged_file_changes_nothing(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");
    const char *before = stock_contents(bench, bench->reader);

    for (long at = 120; at < 1200; at += 90) {
        assert_true(stock_backup(bench, path));
        damage(path, at);
        stock_leave(bench);
        assert_false(stock_restore(bench, path, true));
        bench_reconnect(bench);
        assert_string_equal(stock_contents(bench, bench->reader), before);
    }
}

/* -- Files that are whole and yet no backup of ours ------------------------------------------- */

static const Column id_and_name[] = { { "id", VALUE_INT }, { "name", VALUE_TEXT } };
static const Column of_role[] = {
    { "id", VALUE_INT },
    { "name", VALUE_TEXT },
    { "description", VALUE_TEXT },
    { "meaning", VALUE_INT },
};
static const Column of_block[] = {
    { "user_id", VALUE_INT }, { "blocked_id", VALUE_INT }, { "created_at", VALUE_TIME },
    { "ended", VALUE_BOOL },  { "place", VALUE_INT },
};

/* One table with one row. */
static void forge(const char *path, int64_t schema, const char *table, Columns columns,
                  const Value *row)
{
    BlockWriter AUTO(block_writer_close) writer = { .fd = -1 };
    BackupHead head = { .schema = schema, .program = "1", .database = "sqlite" };
    Error err = { .code = ERROR_NONE };

    assert_true(block_writer_open(&writer, path, &head, NULL, &err));
    record_add_table(&writer.raw, table, 0, &columns);
    if (row != NULL)
        record_add_row(&writer.raw, &columns, row);
    assert_true(block_writer_end(&writer, &err));
}

static void what_does_not_fit_is_refused_and_changes_nothing(void **state)
{
    Bench *bench = stock_start(state);
    const char *before = stock_contents(bench, bench->reader);
    const char *path = stock_path(bench, "a.backup");
    int64_t newest = migrations_newest();
    const Columns two = { id_and_name, 2 }, role = { of_role, 4 }, block = { of_block, 5 };
    const struct {
        int64_t schema;
        const char *table;
        Columns columns;
        const Value *row;
        const char *words;
    } rows[] = {
        { newest + 1, "roles", role, NULL, "newer" },
        { newest, "somebody", two, NULL, "does not know" },
        { newest, "users\"; DROP TABLE users; --", two, NULL, "does not know" },
        { newest, "roles", two, NULL, "other columns" },
        { newest, "schema_version", two, NULL, "other columns" },
        { newest, "roles", role, (const Value[]){ TXT("one"), TXT("Owner"), TXT(NULL), INT(1) },
          "cannot have" },
        { newest, "roles", role, (const Value[]){ INT(1), TXT("Owner"), TXT(NULL), INT(9) },
          "as it was" },
        { newest, "blocks", block,
          (const Value[]){ INT(8), INT(9), TIME(0), BOOL(false), INT(INTEGER_NULL) },
          "as it was|refer" },
    };

    stock_leave(bench);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        forge(path, rows[i].schema, rows[i].table, rows[i].columns, rows[i].row);
        assert_false(stock_restore(bench, path, true));
        const char *bar = strchr(rows[i].words, '|');
        const char *one = arena_strndup(&bench->arena, rows[i].words, strcspn(rows[i].words, "|"));
        if (strstr(bench->err.detail, one) == NULL &&
            (bar == NULL || strstr(bench->err.detail, bar + 1) == NULL))
            fail_msg("%s: %s", rows[i].table, bench->err.detail);
    }
    bench_reconnect(bench);
    assert_string_equal(stock_contents(bench, bench->reader), before);
}

static void an_older_one_is_brought_up_to_date(void **state)
{
    Bench *bench = bench_of(state);
    const char *path = stock_path(bench, "a.backup");
    int version = 0;

    forge(path, 9, "roles", (Columns){ of_role, 4 },
          (const Value[]){ INT(1), TXT("Owner"), TXT(NULL), INT(1) });
    stock_leave(bench);
    bench_must(bench, NULL, stock_restore(bench, path, false));
    bench_reconnect(bench);
    bench_must(bench, bench->db, migrations_version(bench->db, &version, &bench->err));
    assert_int_equal(version, migrations_newest());
}

static void who_writes_to_the_file_keeps_a_restore_out(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");

    assert_true(stock_backup(bench, path));
    assert_false(stock_restore(bench, path, true));
    assert_int_equal(bench->err.code, ERROR_RETRY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_there_is_not_thrown_away_unasked),
        ON_BOTH(ids_go_on_where_they_were_and_sessions_far_above),
        ON_BOTH(a_flipped_bit_anywhere_is_noticed),
        ON_BOTH(a_damaged_file_changes_nothing),
        ON_BOTH(what_does_not_fit_is_refused_and_changes_nothing),
        ON_BOTH(an_older_one_is_brought_up_to_date),
        ON_SQLITE(who_writes_to_the_file_keeps_a_restore_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
