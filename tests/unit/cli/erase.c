/* `fasti erase` says what it will do, does it to nobody by a slip, and says what it cannot reach.
 */
#include "cli/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/bench.h"
#include "base/log.h"

static const char *const scripts[] = {
    [DB_SQLITE] = "INSERT INTO users (username, email, hashed_password, created_at, updated_at,"
                  " username_key, email_key) VALUES"
                  " ('amira', 'a@x.org', 'x', 1, 2, 'amira', 'a@x.org'),"
                  " ('Bela', 'b@x.org', 'x', 1, 2, 'bela', 'b@x.org');",
    [DB_POSTGRES] = "INSERT INTO users (username, email, hashed_password, username_key, email_key)"
                    " VALUES ('amira', 'a@x.org', 'x', 'amira', 'a@x.org'),"
                    " ('Bela', 'b@x.org', 'x', 'bela', 'b@x.org');",
};

static char folder[] = "/tmp/fasti-erase-XXXXXX"; /* the data directory, with nothing in it */

static void start(Bench *bench)
{

    log_set_level(LOG_OFF);
    bench_migrate(bench);
    db_close(&bench->reader);
    db_close(&bench->db);
    bench_must(bench, NULL, db_open(bench->url, DB_WRITE, &bench->db, &bench->err));
    bench_run(bench->db, scripts[db_kind(bench->db)]);
    db_close(&bench->db); /* the file is the command's */
}

/* A stream of the process, of a file of its own for a while. */
typedef struct Aside {
    int fd;
    int kept;
} Aside;

static Aside put_aside(int fd, const char *content)
{
    char path[] = "/tmp/fasti-erase-XXXXXX";
    int file = mkstemp(path);
    Aside aside = { .fd = fd, .kept = dup(fd) };

    assert_true(file >= 0 && aside.kept >= 0);
    (void)unlink(path);
    assert_int_equal(pwrite(file, content, strlen(content), 0), strlen(content));
    assert_int_equal(dup2(file, fd), fd);
    close(file);
    return aside;
}

static const char *take_back(Bench *bench, Aside aside)
{
    enum { LONGEST_TEXT = 4096 };
    char *text = arena_alloc(&bench->arena, LONGEST_TEXT);

    fflush(NULL);
    ssize_t length = pread(aside.fd, text, LONGEST_TEXT - 1, 0);
    assert_true(length >= 0);
    text[length] = '\0';
    assert_int_equal(dup2(aside.kept, aside.fd), aside.fd);
    close(aside.kept);
    return text;
}

/* Runs it with these words behind; what it says must have `part` in it. */
static void must_end(Bench *bench, int code, const char *part, const char *typed, char **argv)
{
    const Config config = { .database_url = bench->url, .data_dir = folder };
    Call call = {
        .command = command_find("erase"), .config = &config, .arena = &bench->arena, .argv = argv
    };

    while (argv[call.argc] != NULL)
        call.argc++;
    fflush(NULL);
    Aside in = put_aside(STDIN_FILENO, typed);
    Aside out = put_aside(STDOUT_FILENO, "");
    Aside said = put_aside(STDERR_FILENO, "");
    clearerr(stdin);
    int ended = run_erase(&call);
    const char *text =
        arena_printf(&bench->arena, "%s%s", take_back(bench, said), take_back(bench, out));
    take_back(bench, in);
    if (ended != code || strstr(text, part) == NULL)
        fail_msg("%d, and no \"%s\" in: %s", ended, part, text);
}

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })

static void who_must_be_said_and_meant(void **state)
{
    Bench *bench = bench_of(state);

    start(bench);
    must_end(bench, EXIT_BAD_USAGE, "Say whom", "", WORDS("--yes"));
    must_end(bench, EXIT_BAD_USAGE, "too many", "", WORDS("amira"));
    must_end(bench, EXIT_BAD_USAGE, "not both", "",
             WORDS("--user", "amira", "--with-events", "--to", "Bela"));
    must_end(bench, EXIT_FAILED, "There is no user nobody.", "",
             WORDS("--user", "nobody", "--yes"));
    must_end(bench, EXIT_FAILED, "That is not Bela: nothing was done.", "amira\n",
             WORDS("--user", "bela"));
    must_end(bench, EXIT_FAILED, "That is not Bela: nothing was done.", "",
             WORDS("--user", "bela"));
    must_end(bench, EXIT_FAILED, "Bela cannot inherit from themselves.", "",
             WORDS("--user", "bela", "--to", "b@x.org", "--yes"));
}

static void it_says_what_it_did_and_what_it_cannot_reach(void **state)
{
    Bench *bench = bench_of(state);

    start(bench);
    must_end(bench, EXIT_OK, "Nothing in the database names bela any more.", "Bela\n",
             WORDS("--user", "bela"));
    must_end(bench, EXIT_FAILED, "There is no user bela.", "", WORDS("--user", "bela", "--yes"));
    must_end(bench, EXIT_OK, "after `fasti restore`, erase it again", "",
             WORDS("--user", "amira", "--yes"));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(who_must_be_said_and_meant),
        ON_BOTH(it_says_what_it_did_and_what_it_cannot_reach),
    };

    setvbuf(stdin, NULL, _IONBF, 0); /* each call has another one */
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
