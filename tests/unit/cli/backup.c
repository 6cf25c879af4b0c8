/* What `fasti backup` and `fasti restore` take, and with which codes they end. */
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/bench.h"

typedef struct Stand {
    Bench *bench;
    Config config;
} Stand;

static Stand *start(void **state)
{
    Bench *bench = bench_of(state);
    Stand *stand = ARENA_NEW(&bench->arena, Stand);

    bench_migrate(bench);
    db_close(&bench->reader);
    db_close(&bench->db);
    stand->bench = bench;
    if (bench->folder[0] == '\0')
        assert_non_null(mkdtemp(strcpy(bench->folder, "/tmp/fasti-backup-XXXXXX")));
    stand->config = (Config){ .database_url = bench->url, .data_dir = bench->folder };
    return stand;
}

/* The words of a command line, by blanks; `@` is the test's folder. */
static int run(Stand *stand, const char *line)
{
    Arena *arena = &stand->bench->arena;
    Call call = { .config = &stand->config, .arena = arena };

    call.argv = ARENA_ARRAY(arena, char *, 8);
    for (const char *at = line; *at != '\0'; at += strspn(at, " ")) {
        char *word = arena_strndup(arena, at, strcspn(at, " "));
        at += strlen(word);
        call.argv[call.argc++] =
            word[0] == '@' ? arena_printf(arena, "%s%s", stand->bench->folder, word + 1) : word;
    }
    call.command = command_find(call.argv[0]);
    assert_non_null(call.command);
    call.argv++;
    call.argc--;
    return call.command->run(&call);
}

static void a_backup_is_made_verified_and_restored(void **state)
{
    Stand *stand = start(state);

    assert_int_equal(run(stand, "backup @/a"), EXIT_OK);
    assert_int_equal(run(stand, "backup verify @/a"), EXIT_OK);
    assert_int_equal(run(stand, "restore @/a"), EXIT_OK); /* nobody has an account */
    assert_int_equal(run(stand, "restore @/a --replace"), EXIT_OK);
    stand->config.backup_passphrase = "a long passphrase";
    assert_int_equal(run(stand, "backup @/b"), EXIT_OK);
    assert_int_equal(run(stand, "restore @/b"), EXIT_OK);
    stand->config.backup_passphrase = NULL;
    assert_int_equal(run(stand, "backup verify @/b"), EXIT_OK);
    assert_int_equal(run(stand, "restore @/b"), EXIT_FAILED);
}

static void what_cannot_be_done_has_its_code(void **state)
{
    Stand *stand = start(state);

    assert_int_equal(run(stand, "backup"), EXIT_BAD_USAGE);
    assert_int_equal(run(stand, "backup @/a @/b"), EXIT_BAD_USAGE);
    assert_int_equal(run(stand, "backup verify @/a @/b"), EXIT_BAD_USAGE);
    assert_int_equal(run(stand, "restore"), EXIT_BAD_USAGE);
    assert_int_equal(run(stand, "restore @/a --force"), EXIT_BAD_USAGE);
    assert_int_equal(run(stand, "backup verify @/none"), EXIT_FAILED);
    assert_int_equal(run(stand, "restore @/none"), EXIT_FAILED);
    stand->config.database_url = "sqlite:////no/such/fasti.db";
    assert_int_equal(run(stand, "backup @/a"), EXIT_NO_DATABASE);
    stand->config.data_dir = "/no/such/folder";
    assert_int_equal(run(stand, "restore @/a"), EXIT_BAD_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_backup_is_made_verified_and_restored),
        ON_SQLITE(what_cannot_be_done_has_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
