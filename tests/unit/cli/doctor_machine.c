/* Directories, secrets and time zones as they may be. */
#include "visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fasti-machine-XXXXXX";

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void must_say(void (*check)(Checkup *), Config config, FindingKind kind, const char *part)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Checkup checkup;

    visit(&checkup, &arena, &config);
    check(&checkup);
    must_find(&checkup, kind, part);
}

static void a_data_directory_is_for_its_user_alone(void **state)
{
    const Config config = { .data_dir = "data", .database_url = "postgresql://host/name" };
    const Config file = { .data_dir = "file" };

    (void)state;
    must_say(check_data_directory, config, FINDING_OK, "not there yet");
    must_say(check_disk, config, FINDING_SKIPPED, "");
    assert_int_equal(mkdir("data", 0700), 0);
    must_say(check_data_directory, config, FINDING_OK, "for its user alone");
    assert_int_equal(chmod("data", 0750), 0);
    must_say(check_data_directory, config, FINDING_WARNING, "may look into data");
    assert_int_equal(chmod("data", 0702), 0);
    must_say(check_data_directory, config, FINDING_PROBLEM, "put files into data");
    rmdir("data");
    put("file", "", 0600);
    must_say(check_data_directory, file, FINDING_PROBLEM, "not a directory");
    unlink("file");
}

static void a_secret_is_looked_at_and_not_made(void **state)
{
    const Config in_file = { .data_dir = "." };
    const Config in_key = { .data_dir = ".", .secret_key = "5b8a1f63c0d94e27a1f0b36d98c2e741" };
    const Config weak = { .data_dir = ".", .secret_key = "abcabcabcabcabcabcabcabcabcabcabcabc" };

    (void)state;
    must_say(check_secret, in_file, FINDING_OK, "not there yet");
    assert_int_not_equal(access("secret", F_OK), 0);
    put("secret", "5b8a1f63c0d94e27a1f0b36d98c2e7415b8a1f63c0d94e27a1f0b36d98c2e7a5\n", 0600);
    must_say(check_secret, in_file, FINDING_OK, "./secret");
    assert_int_equal(chmod("secret", 0640), 0);
    must_say(check_secret, in_file, FINDING_PROBLEM, "secret");
    unlink("secret");
    must_say(check_secret, in_key, FINDING_OK, "SECRET_KEY");
    must_say(check_secret, weak, FINDING_PROBLEM, "SECRET_KEY");
}

static void must_say_of_zones(int64_t year, FindingKind kind, const char *part)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Checkup checkup;

    visit(&checkup, &arena, NULL);
    check_tzdata_in(&checkup, folder, year);
    must_find(&checkup, kind, part);
}

static void zones_have_a_release_that_is_not_old(void **state)
{
    (void)state;
    must_say_of_zones(2026, FINDING_PROBLEM, "only UTC is known");
    assert_int_equal(mkdir("Europe", 0700), 0);
    put("Europe/Zurich", "", 0600);
    must_say_of_zones(2026, FINDING_WARNING, "does not say of which release");
    put("tzdata.zi", "# redo posix_only\n", 0600);
    must_say_of_zones(2026, FINDING_WARNING, "does not say of which release");
    put("tzdata.zi", "# version 2025b\n# and more\n", 0600);
    must_say_of_zones(2025, FINDING_OK, "release 2025b.");
    must_say_of_zones(2026, FINDING_OK, "release 2025b.");
    must_say_of_zones(2027, FINDING_WARNING, "those of 2025b");
    unlink("Europe/Zurich");
    rmdir("Europe");
    unlink("tzdata.zi");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_directory_is_for_its_user_alone),
        cmocka_unit_test(a_secret_is_looked_at_and_not_made),
        cmocka_unit_test(zones_have_a_release_that_is_not_old),
    };

    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
