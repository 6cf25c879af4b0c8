/* What the errands of `fasti user` do, and say. */
#include "cli/account_errands.h"

#include "../store/bench.h"
#include "auth/accounts.h"
#include "store/users.h"

static const char hash[] = "$2b$04$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    return bench;
}

/* In a transaction of its own: the sentence, or that of the error. */
static const char *run(Bench *bench, const Errand *errand, const AccountInput *input)
{
    Buffer out = buffer_start(&bench->arena);
    Error error = { .code = ERROR_NONE };

    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    if (!errand->run(bench->db, &bench->arena, input, &out, &error)) {
        db_rollback(bench->db);
        return arena_printf(&bench->arena, "%d: %s", error_status(error.code), error.detail);
    }
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    return out.data;
}

static const char *add(Bench *bench, const char *name, bool is_admin)
{
    const AccountInput input = {
        .name = name,
        .email = arena_printf(&bench->arena, "%s@example.org", name),
        .password_hash = hash,
        .admin = is_admin,
    };

    return run(bench, &user_add, &input);
}

static User *find(Bench *bench, const char *key)
{
    User *user = NULL;

    bench_must(bench, bench->reader,
               users_find_by_login(bench->reader, &bench->arena, key, key, &user, &bench->err));
    return user;
}

static void each_does_its_own_and_says_so(void **state)
{
    static const AccountInput bela = { .name = "Bela", .password_hash = "$2b$04$b" };
    static const AccountInput bela_off = { .name = "bela@EXAMPLE.org", .off = true };
    Bench *bench = start(state);

    assert_string_equal(add(bench, "amira", true), "Made user 1, amira, an administrator.\n");
    assert_string_equal(add(bench, "bela", false), "Made user 2, bela.\n");
    assert_false(find(bench, "bela")->is_admin);
    assert_string_equal(run(bench, &user_admin, &bela), "bela is an administrator.\n");
    assert_true(find(bench, "bela")->is_admin);
    assert_string_equal(run(bench, &user_admin, &bela_off), "bela is no administrator.\n");
    assert_false(find(bench, "bela")->is_admin);
    assert_string_equal(run(bench, &user_disable, &bela),
                        "bela is signed out and cannot sign in.\n");
    assert_false(find(bench, "bela")->is_active);
    assert_string_equal(run(bench, &user_disable, &bela_off), "bela may sign in again.\n");
    assert_true(find(bench, "bela")->is_active);
    assert_string_equal(run(bench, &user_passwd, &bela),
                        "bela has a new password and is signed out everywhere.\n");
    assert_string_equal(find(bench, "bela")->hashed_password, "$2b$04$b");
    assert_string_equal(run(bench, &user_delete, &bela), "bela is deleted.\n");
    assert_null(find(bench, "bela"));
}

static void what_cannot_be_is_refused_with_a_sentence(void **state)
{
    static const AccountInput amira = { .name = "amira", .off = false };
    static const AccountInput amira_off = { .name = "amira", .off = true };
    static const AccountInput nobody = { .name = "nobody" };
    static const AccountInput nonsense = { .name = "no name" };
    Bench *bench = start(state);

    add(bench, "amira", true);
    assert_string_equal(add(bench, "AMIRA", false),
                        "409: This user name or e-mail address is taken.");
    assert_string_equal(run(bench, &user_admin, &amira_off),
                        "409: This is the last administrator: make somebody else one first.");
    assert_string_equal(run(bench, &user_disable, &amira),
                        "409: This is the last administrator: make somebody else one first.");
    assert_string_equal(run(bench, &user_delete, &nobody), "404: There is no user nobody.");
    assert_string_equal(run(bench, &user_passwd, &nonsense), "404: There is no user no name.");
    assert_true(find(bench, "amira")->is_admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_does_its_own_and_says_so),
        ON_BOTH(what_cannot_be_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
