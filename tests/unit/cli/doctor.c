/* What the command makes of findings. */
#include "cli/doctor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "visit.h"

static char folder[] = "/tmp/fasti-doctor-XXXXXX";

/* With these settings and none else; what is printed goes to a file. */
static int run(const char *argument, const char *data_dir, char *ret_text, size_t size)
{
    Arena AUTO(arena_finish) arena = { 0 };
    char *argv[] = { arena_strdup(&arena, argument), NULL };
    Call call = { .command = command_find("doctor"), .arena = &arena, .argc = 1, .argv = argv };
    int file = open("said", O_CREAT | O_TRUNC | O_RDWR, 0600);

    clearenv();
    setenv("FASTI_DATA_DIR", data_dir, 1);
    fflush(NULL);
    int kept = dup(STDOUT_FILENO);
    dup2(file, STDOUT_FILENO);
    int code = call.command->run(&call);
    fflush(NULL);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ssize_t length = pread(file, ret_text, size - 1, 0);
    ret_text[length > 0 ? length : 0] = '\0';
    close(file);
    return code;
}

static void findings_have_an_exit_code_and_say_what_to_do(void **state)
{
    static char text[65536];

    (void)state;
    assert_int_equal(run("--json", "none", text, sizeof(text)), EXIT_FINDINGS);
    assert_non_null(strstr(text, "\"sound\":false"));
    assert_non_null(strstr(text, "\"check\":\"database file\",\"verdict\":\"problem\""));
    assert_non_null(strstr(text, "{\"check\":\"schema\",\"verdict\":\"skipped\","
                                 "\"says\":\"The database cannot be reached.\",\"advice\":null}"));
    assert_non_null(strstr(text, "\"FASTI_DATA_DIR\":{\"value\":\"none\",\"source\":"
                                 "\"environment\"}"));
}

static void settings_that_cannot_be_read_are_a_finding(void **state)
{
    static char text[65536];

    (void)state;
    assert_int_equal(run("--threads=x", "none", text, sizeof(text)), EXIT_FINDINGS);
    assert_non_null(strstr(text, "problem  settings: FASTI_THREADS must be a whole number"));
    assert_non_null(strstr(text, "skipped  secret: The settings cannot be read."));
    assert_non_null(strstr(text, "\nproblems: 1, warnings: 0\n"));
}

static void it_takes_nothing_else(void **state)
{
    char text[16];

    (void)state;
    assert_int_equal(run("--all", "none", text, sizeof(text)), EXIT_BAD_USAGE);
}

static void each_finding_counts_for_its_check_alone(void **state)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Checkup checkup;

    (void)state;
    visit(&checkup, &arena, NULL);
    assert_false(checkup_has_found(&checkup));
    checkup_warn(&checkup, "Do it.", "%d of them", 3);
    assert_true(checkup_has_found(&checkup));
    must_find(&checkup, FINDING_WARNING, "3 of them");
    checkup.present_check = "next";
    assert_false(checkup_has_found(&checkup));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_have_an_exit_code_and_say_what_to_do),
        cmocka_unit_test(settings_that_cannot_be_read_are_a_finding),
        cmocka_unit_test(it_takes_nothing_else),
        cmocka_unit_test(each_finding_counts_for_its_check_alone),
    };

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink("said");
    rmdir(folder);
    return failed;
}
