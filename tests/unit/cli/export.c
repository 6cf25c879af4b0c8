/* What `fasti export` prints is one JSON document, and whose it is must be said. */
#include "cli/command.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/bench.h"

static const char *const scripts[] = {
    [DB_SQLITE] = "INSERT INTO users (username, email, hashed_password, created_at, updated_at,"
                  " username_key, email_key) VALUES ('amira', 'a@x.org', 'HASH', 1, 2, 'amira',"
                  " 'a@x.org');",
    [DB_POSTGRES] = "INSERT INTO users (username, email, hashed_password, username_key, email_key)"
                    " VALUES ('amira', 'a@x.org', 'HASH', 'amira', 'a@x.org');",
};

/* Runs it with these words behind, and what it prints goes into a file of the bench's. */
static int run(Bench *bench, int argc, char **argv, const char **ret_text)
{
    const Config config = { .database_url = bench->url };
    Call call = { .command = command_find("export"),
                  .config = &config,
                  .arena = &bench->arena,
                  .argc = argc,
                  .argv = argv };
    char path[] = "/tmp/fasti-export-XXXXXX";
    int file = mkstemp(path);
    int kept = dup(STDOUT_FILENO);
    char *text = arena_alloc(&bench->arena, 65536);

    assert_true(file >= 0 && kept >= 0);
    assert_int_equal(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
    int code = run_export(&call);
    fflush(stdout);
    assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
    assert_true(pread(file, text, 65535, 0) >= 0);
    close(kept);
    close(file);
    (void)unlink(path);
    *ret_text = text;
    return code;
}

static void a_person_gets_one_document(void **state)
{
    static const char *const parts[] = { "events", "shared_with", "blocks", "sessions", "audit" };
    Bench *bench = bench_of(state);
    const char *text = NULL;

    bench_migrate(bench);
    bench_run(bench->db, scripts[db_kind(bench->db)]);
    assert_int_equal(run(bench, 2, (char *[]){ "--user", "amira", NULL }, &text), EXIT_OK);
    assert_null(strstr(text, "HASH"));
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(document, "account"), "username")),
        "amira");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        assert_true(json_is_array(json_object_get(document, parts[i])));
    json_decref(document);
    assert_int_equal(run(bench, 2, (char *[]){ "--user", "nobody", NULL }, &text), EXIT_FAILED);
    assert_string_equal(text, "");
    assert_int_equal(run(bench, 0, (char *[]){ NULL }, &text), EXIT_BAD_USAGE);
    assert_int_equal(run(bench, 1, (char *[]){ "amira", NULL }, &text), EXIT_BAD_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = { ON_BOTH(a_person_gets_one_document) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
