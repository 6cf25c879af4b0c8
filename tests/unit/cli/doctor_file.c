/* The file of SQLite as it may be found. */
#include "visit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/migrating.h"

static void must_say(Bench *bench, void (*check)(Checkup *), FindingKind kind, const char *part)
{
    const Config config = { .database_url = bench->url };
    Checkup checkup;

    visit(&checkup, &bench->arena, &config);
    check(&checkup);
    must_find(&checkup, kind, part);
    assert_int_equal(checkup.has_damaged_file, check == check_file && kind == FINDING_PROBLEM &&
                                                   strstr(part, "Others") == NULL);
}

/* A database that nobody has open. */
static const char *make(void **state)
{
    Bench *bench = bench_of(state);

    migrate(bench, 0);
    db_close(&bench->reader);
    db_close(&bench->db);
    return db_url_file(bench->url);
}

static void overwrite(const char *path, off_t at, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY);

    assert_int_equal(pwrite(fd, bytes, length, at), (ssize_t)length);
    close(fd);
}

static void a_sound_file_is_no_finding(void **state)
{
    Bench *bench = bench_of(state);
    const char *path = make(state);

    must_say(bench, check_file, FINDING_OK, "for its user alone");
    assert_int_equal(chmod(path, 0640), 0);
    must_say(bench, check_file, FINDING_PROBLEM, "Others may read or write");
}

static void a_file_that_is_damaged_is_said_and_not_opened(void **state)
{
    Bench *bench = bench_of(state);
    const char *path = make(state);

    overwrite(path, 18, "\1", 1);
    must_say(bench, check_file, FINDING_PROBLEM, "is not WAL");
    overwrite(path, 18, "\2", 1);
    must_say(bench, check_file, FINDING_OK, "bytes");
    assert_int_equal(truncate(path, 8192), 0);
    must_say(bench, check_file, FINDING_PROBLEM, "its end was cut off");
    overwrite(path, 0, "no", 2);
    must_say(bench, check_file, FINDING_PROBLEM, "is no database of SQLite");
    unlink(path);
    must_say(bench, check_file, FINDING_PROBLEM, "cannot be found");
    assert_int_equal(symlink("elsewhere", path), 0);
    must_say(bench, check_file, FINDING_PROBLEM, "is not a plain file");
}

static void a_lock_without_a_socket_and_the_reverse_are_said(void **state)
{
    Bench *bench = bench_of(state);
    const char *path = make(state);
    const char *socket_path = arena_printf(&bench->arena, "%s.sock", path);

    must_say(bench, check_server, FINDING_OK, "No server");
    int fd = open(arena_printf(&bench->arena, "%s.lock", path), O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    must_say(bench, check_server, FINDING_WARNING, "hears no commands");
    close(fd);
    must_say(bench, check_server, FINDING_OK, "No server");
    close(open(socket_path, O_CREAT | O_WRONLY, 0600));
    must_say(bench, check_server, FINDING_PROBLEM, "is no socket");
    unlink(socket_path);
}

static void postgres_has_no_file(void **state)
{
    Bench *bench = bench_of(state);

    must_say(bench, check_file, FINDING_OK, "PostgreSQL");
    must_say(bench, check_server, FINDING_OK, "PostgreSQL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_sound_file_is_no_finding),
        ON_SQLITE(a_file_that_is_damaged_is_said_and_not_opened),
        ON_SQLITE(a_lock_without_a_socket_and_the_reverse_are_said),
        ON_POSTGRES(postgres_has_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
