/* A backup holds all of one moment, and making it leaves nothing else behind. */
#include "backup/backup.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "stock.h"

SQL(count_sessions, "SELECT count(*) AS n FROM sessions");

static void it_holds_everything_but_sessions(void **state)
{
    Bench *bench = stock_start(state);
    const char *before = stock_contents(bench, bench->reader);
    const char *path = stock_path(bench, "a.backup");
    BackupReport AUTO(backup_report_finish) report = { 0 };

    assert_true(stock_backup(bench, path)); /* beside a writer and a reader */
    bench_run(bench->db, "UPDATE events SET title = 'later'; DELETE FROM blocks;"
                         "DELETE FROM changelog");
    stock_leave(bench);
    bench_must(bench, NULL, backup_verify(path, NULL, &report, &bench->err));
    assert_int_equal(report.events, 2);
    assert_int_equal(report.users, 2);
    assert_true(report.was_read);
    assert_true(report.head.made_at > 0 && report.head.made_at <= clock_now_us());
    bench_must(bench, NULL, stock_restore(bench, path, true));
    bench_reconnect(bench);
    assert_string_equal(stock_contents(bench, bench->reader), before);
    assert_int_equal(bench_number(bench->reader, &count_sessions), 0);
}

static void a_sealed_one_needs_its_passphrase(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");
    BackupReport AUTO(backup_report_finish) made = { 0 };
    BackupReport AUTO(backup_report_finish) read = { 0 };
    const BackupOrder order = {
        .url = bench->url, .path = path, .program = "test", .passphrase = "a long passphrase"
    };

    bench_must(bench, NULL, backup_make(&order, &made, &bench->err));
    assert_non_null(made.head.salt);
    assert_false(stock_restore(bench, path, true));
    assert_non_null(strstr(bench->err.detail, "sealed"));
    error_clear(&bench->err);
    bench_must(bench, NULL, backup_verify(path, NULL, &read, &bench->err));
    assert_false(read.was_read);
    backup_report_finish(&read);
    bench_must(bench, NULL, backup_verify(path, order.passphrase, &read, &bench->err));
    assert_int_equal(read.rows, made.rows);
}

static void one_that_is_called_off_leaves_nothing(void **state)
{
    Bench *bench = stock_start(state);
    const char *path = stock_path(bench, "a.backup");
    atomic_bool is_called_off = true;
    BackupReport AUTO(backup_report_finish) report = { 0 };
    const BackupOrder order = {
        .url = bench->url, .path = path, .program = "test", .is_called_off = &is_called_off
    };

    assert_false(backup_make(&order, &report, &bench->err));
    assert_int_equal(bench->err.code, ERROR_UNAVAILABLE);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(stock_path(bench, "a.backup.partial"), F_OK), 0);
}

static void another_schema_is_not_backed_up(void **state)
{
    Bench *bench = stock_start(state);

    bench_run(bench->db, "DELETE FROM schema_version WHERE version > 9");
    assert_false(stock_backup(bench, stock_path(bench, "a.backup")));
    assert_non_null(strstr(bench->err.detail, "fasti migrate"));
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    Bench *bench = stock_start(state);

    assert_false(stock_backup(bench, "/no/such/folder/a.backup"));
    assert_non_null(strstr(bench->err.detail, "/no/such/folder/a.backup"));
}

static void the_copy_is_one_and_goes_away(void **state)
{
    Bench *bench = stock_start(state);
    const char *copy = stock_path(bench, "fasti.db.copy");
    Db *still = NULL;
    Db *second = NULL;

    bench_must(bench, NULL, db_open_still(bench->url, &still, &bench->err));
    assert_int_equal(access(copy, F_OK), 0);
    assert_false(db_open_still(bench->url, &second, &bench->err));
    assert_int_equal(bench->err.code, ERROR_RETRY);
    error_clear(&bench->err);
    const char *before = stock_contents(bench, still);
    bench_run(bench->db, "UPDATE events SET title = 'later'");
    assert_string_equal(stock_contents(bench, still), before); /* one moment */
    db_close(&still);
    assert_int_not_equal(access(copy, F_OK), 0);
    assert_int_not_equal(access(stock_path(bench, "fasti.db.copy-wal"), F_OK), 0);
    assert_int_not_equal(access(stock_path(bench, "fasti.db.copy-shm"), F_OK), 0);
    bench_must(bench, NULL, db_open_still(bench->url, &still, &bench->err));
    assert_string_not_equal(stock_contents(bench, still), before);
    db_close(&still);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(it_holds_everything_but_sessions),      ON_BOTH(a_sealed_one_needs_its_passphrase),
        ON_BOTH(one_that_is_called_off_leaves_nothing), ON_BOTH(another_schema_is_not_backed_up),
        ON_BOTH(a_folder_that_is_not_there_is_named),   ON_SQLITE(the_copy_is_one_and_goes_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
