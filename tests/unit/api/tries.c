/* How often somebody may try to sign in, and whom others keep out by trying: nobody who has signed
 * in from there before. */
#include "api/tries.h"

#include <stdio.h>

#include "auth/password.h"
#include "stage.h"
#include "store/users.h"

#define RIGHT "four plain words, 1"
#define WRONG "four other words, 2"

SQL(count_of_strangers, "SELECT coalesce(max(count), 0) AS n FROM login_attempts"
                        " WHERE key = 'all id:1'");
SQL(count_failures, "SELECT count(*) AS n FROM audit WHERE action = 'user.sign_in_failed'");
SQL(count_locks, "SELECT count(*) AS n FROM audit WHERE action = 'user.locked'");
SQL(count_sign_ins, "SELECT count(*) AS n FROM audit WHERE action = 'user.sign_in'"
                    " AND user_id = 1 AND user_name = 'amira' AND subject = 'user 1'"
                    " AND address = '192.0.2.1'");

static Stage *set_stage(void **state)
{
    Stage *stage = stage_set(state);
    Bench *bench = stage->bench;
    char hash[PASSWORD_HASH_BYTES];
    User user = {
        .username = "amira",
        .email = "amira@example.org",
        .hashed_password = hash,
        .is_active = true,
        .created_at = stage_now,
        .updated_at = stage_now,
    };

    stage->config.rate_limit = true;
    assert_true(password_hash(RIGHT, (int)stage->config.bcrypt_cost, hash, &bench->err));
    bench_must(bench, bench->db, users_insert(bench->db, &user, "amira", user.email, &bench->err));
    assert_int_equal(user.id, 1);
    return stage;
}

static int sign_in(Stage *stage, const char *address, const char *name, const char *password)
{
    const char *body = arena_printf(&stage->bench->arena,
                                    "{\"username\":\"%s\",\"password\":\"%s\"}", name, password);

    snprintf(stage->peer.address, sizeof(stage->peer.address), "%s", address);
    return stage_ask(stage, NULL, "POST", "/api/auth/login", body).status;
}

static void fail_often(Stage *stage, const char *address, int times)
{
    for (int i = 0; i < times; i++)
        assert_int_equal(sign_in(stage, address, "amira", WRONG), 401);
}

/* As many as it takes from as many networks as it takes. */
static void besiege(Stage *stage)
{
    for (int i = 0; i <= TRIES_OF_STRANGERS / TRIES_HERE; i++)
        fail_often(stage, arena_printf(&stage->bench->arena, "198.51.100.%d", i), TRIES_HERE);
    assert_true(bench_number(stage->bench->db, &count_of_strangers) > TRIES_OF_STRANGERS);
}

static void who_tries_too_often_is_refused_with_the_right_password_too(void **state)
{
    Stage *stage = set_stage(state);

    fail_often(stage, "198.51.100.1", TRIES_HERE);
    assert_int_equal(sign_in(stage, "198.51.100.1", "amira", RIGHT), 401);
    assert_int_equal(sign_in(stage, "198.51.100.2", "amira", RIGHT), 200);
}

static void strangers_do_not_lock_the_owner_out_where_he_was_before(void **state)
{
    Stage *stage = set_stage(state);

    assert_int_equal(sign_in(stage, "192.0.2.1", "amira", RIGHT), 200);
    besiege(stage);
    fail_often(stage, "192.0.2.1",
               TRIES_HERE); /* his own mistakes, more than strangers have left */
    assert_int_equal(sign_in(stage, "192.0.2.1", "AMIRA@example.org", RIGHT), 200);
    for (int i = 0; i < TRIES_WHERE_KNOWN; i++)
        assert_int_equal(sign_in(stage, "192.0.2.1", "amira", WRONG), 401);
    assert_int_equal(sign_in(stage, "192.0.2.1", "amira", RIGHT), 401);
}

/* And where he was never before, he is let in if he does not fail himself. */
static void no_siege_is_a_lock(void **state)
{
    Stage *stage = set_stage(state);

    besiege(stage);
    assert_int_equal(sign_in(stage, "203.0.113.1", "amira", WRONG), 401);
    assert_int_equal(sign_in(stage, "203.0.113.1", "amira", RIGHT), 200);
    fail_often(stage, "203.0.113.2", TRIES_IN_A_SIEGE);
    assert_int_equal(sign_in(stage, "203.0.113.2", "amira", RIGHT), 401);
}

static void what_is_locked_here_counts_nowhere_else(void **state)
{
    Stage *stage = set_stage(state);

    fail_often(stage, "198.51.100.1", 5 * TRIES_HERE);
    assert_int_equal(bench_number(stage->bench->db, &count_of_strangers), TRIES_HERE);
}

static void the_right_password_does_not_count(void **state)
{
    Stage *stage = set_stage(state);

    for (int i = 0; i < TRIES_OF_STRANGERS + 10; i++) {
        const char *address = arena_printf(&stage->bench->arena, "192.0.2.%d", i);
        assert_int_equal(sign_in(stage, address, "amira", RIGHT), 200);
    }
    assert_int_equal(bench_number(stage->bench->db, &count_of_strangers), 0);
}

static void a_64_counts_as_one(void **state)
{
    Stage *stage = set_stage(state);

    for (int i = 0; i < TRIES_HERE; i++)
        fail_often(stage, arena_printf(&stage->bench->arena, "2001:db8:0:1::%d", i), 1);
    assert_int_equal(sign_in(stage, "2001:db8:0:1::ffff", "amira", RIGHT), 401);
    assert_int_equal(sign_in(stage, "2001:db8:0:2::1", "amira", RIGHT), 200);
}

/* -- Who is signed in ------------------------------------------------------------------------- */

#define CHANGE(current_)                                                                           \
    "{\"current_password\":\"" current_ "\",\"new_password\":\"four new words, 3\"}"

static TokenClaims open_session(Stage *stage)
{
    Reply reply = stage_ask(stage, NULL, "POST", "/api/auth/login",
                            "{\"username\":\"amira\",\"password\":\"" RIGHT "\"}");

    assert_int_equal(reply.status, 200);
    return (TokenClaims){
        .user_id = 1,
        .session_id = 1,
        .issued_at_s = stage_now / SECOND_US,
        .expires_at_s = stage_now / SECOND_US + 60,
    };
}

static void who_is_signed_in_has_a_counter_of_his_own(void **state)
{
    Stage *stage = set_stage(state);
    TokenClaims amira = open_session(stage);

    besiege(stage);
    stage_expect(stage, &amira, "POST", "/api/auth/password", CHANGE(WRONG), 401, "not right");
    stage_expect(stage, &amira, "POST", "/api/auth/password", CHANGE(RIGHT), 204, "");
}

static void a_session_guesses_so_often_and_no_more(void **state)
{
    Stage *stage = set_stage(state);
    TokenClaims amira = open_session(stage);

    for (int i = 0; i < TRIES_HERE; i++)
        stage_expect(stage, &amira, "POST", "/api/auth/password", CHANGE(WRONG), 401, "not right");
    stage_expect(stage, &amira, "POST", "/api/auth/password", CHANGE(RIGHT), 401, "not right");
}

/* -- The audit trail -------------------------------------------------------------------------- */

static void the_trail_keeps_who_came_in_and_who_failed_but_not_without_end(void **state)
{
    Stage *stage = set_stage(state);
    Db *db = stage->bench->db;

    assert_int_equal(sign_in(stage, "192.0.2.1", "amira", RIGHT), 200);
    assert_int_equal(bench_number(db, &count_sign_ins), 1);
    assert_int_equal(sign_in(stage, "198.51.100.1", "nobody-here", WRONG), 401);
    assert_int_equal(bench_number(db, &count_failures), 1);
    fail_often(stage, "198.51.100.1", 3 * TRIES_HERE);
    assert_int_equal(bench_number(db, &count_failures), 1 + TRIES_HERE);
    assert_int_equal(bench_number(db, &count_locks), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(who_tries_too_often_is_refused_with_the_right_password_too),
        ON_BOTH(strangers_do_not_lock_the_owner_out_where_he_was_before),
        ON_BOTH(no_siege_is_a_lock),
        ON_BOTH(what_is_locked_here_counts_nowhere_else),
        ON_BOTH(the_right_password_does_not_count),
        ON_BOTH(a_64_counts_as_one),
        ON_BOTH(who_is_signed_in_has_a_counter_of_his_own),
        ON_BOTH(a_session_guesses_so_often_and_no_more),
        ON_BOTH(the_trail_keeps_who_came_in_and_who_failed_but_not_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
