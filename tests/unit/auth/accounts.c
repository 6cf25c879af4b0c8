/* The rules of accounts, below both doors: what the trail says, and who cannot go. */
#include "auth/accounts.h"

#include <pthread.h>
#include <time.h>

#include "../store/bench.h"
#include "store/events.h"
#include "store/sessions.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const Author command_line = { .at = INT64_C(1772366400000000) };
static const Legacy nothing_said = { .heir = NULL };

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    return bench;
}

static void commit(Bench *bench)
{
    bench_must(bench, bench->db, db_commit(bench->db, &bench->err));
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
}

static User make(Bench *bench, const char *name, bool is_admin)
{
    User user = {
        .username = name,
        .email = arena_printf(&bench->arena, "%s@example.org", name),
        .hashed_password = "none",
        .is_admin = is_admin,
        .is_active = true,
    };

    bench_must(bench, bench->db,
               accounts_create(bench->db, &bench->arena, &command_line, &user, &bench->err));
    return user;
}

static User *find(Bench *bench, int64_t id)
{
    User *user = NULL;

    bench_must(bench, bench->db, users_find(bench->db, &bench->arena, id, &user, &bench->err));
    return user;
}

/* "mina user.create user 1; - user.promote user 1": oldest first, - is the command line. */
SQL(select_trail, "SELECT user_name, action, subject FROM audit ORDER BY id");

static void assert_trail(Bench *bench, const char *expected)
{
    Rows AUTO(rows_close) rows = { 0 };
    const char *found = "";

    bench_must(bench, bench->db, db_query(bench->db, &select_trail, NO_PARAMS, &rows, &bench->err));
    while (rows_next(&rows)) {
        const char *who = rows_text(&rows, "user_name", &bench->arena);
        found = arena_printf(&bench->arena, "%s%s%s %s %s", found, *found != '\0' ? "; " : "",
                             who != NULL ? who : "-", rows_text(&rows, "action", &bench->arena),
                             rows_text(&rows, "subject", &bench->arena));
    }
    assert_string_equal(found, expected);
}

static void assert_refused(Bench *bench, bool is_done, ErrorCode code)
{
    assert_false(is_done);
    if (bench->err.code != code)
        fail_msg("%d: %s", bench->err.code, bench->err.detail);
    error_clear(&bench->err);
}

/* -- The trail -------------------------------------------------------------------------------- */

static void making_an_account_is_told_once_for_the_command_line_and_once_for_oneself(void **state)
{
    Bench *bench = start(state);
    User self = {
        .username = "mina",
        .email = "mina@example.org",
        .hashed_password = "none",
        .is_active = true,
    };

    make(bench, "chief", true);
    bench_must(bench, bench->db,
               accounts_register(bench->db, &bench->arena, &command_line, &self, &bench->err));
    assert_true(self.created_at == noon && self.updated_at == noon);
    assert_trail(bench, "- user.create user 1; - user.promote user 1; mina user.create user 2");
}

static void one_update_tells_each_thing_it_does_and_ends_the_sessions(void **state)
{
    Bench *bench = start(state);
    const Identity by = { .user_id = make(bench, "chief", true).id, .username = "chief" };
    const Author author = { .by = &by, .at = noon + 1 };
    User before = make(bench, "mina", false);
    User after = before;
    Session session = { .user_id = before.id, .nonce = "n", .created_at = noon };
    Session *found = NULL;

    session.expires_at = INSTANT_END;
    bench_must(bench, bench->db, sessions_insert(bench->db, &session, &bench->err));
    after.email = "other@example.org";
    after.is_admin = true;
    after.is_active = false;
    bench_must(bench, bench->db,
               accounts_update(bench->db, &bench->arena, &author, &before, &after, &bench->err));
    assert_true(find(bench, before.id)->updated_at == noon + 1);
    bench_must(bench, bench->db,
               sessions_find(bench->db, &bench->arena, session.id, &found, &bench->err));
    assert_true(found->revoked_at == noon + 1);
    assert_trail(bench, "- user.create user 1; - user.promote user 1; - user.create user 2; "
                        "chief user.update user 2; chief user.promote user 2; "
                        "chief user.disable user 2");
}

static void what_changes_nothing_writes_nothing(void **state)
{
    Bench *bench = start(state);
    const Author later = { .at = noon + 1 };
    User chief = make(bench, "chief", true);

    bench_must(bench, bench->db,
               accounts_set_admin(bench->db, &bench->arena, &later, &chief, true, &bench->err));
    bench_must(bench, bench->db,
               accounts_set_active(bench->db, &bench->arena, &later, &chief, true, &bench->err));
    assert_true(find(bench, chief.id)->updated_at == noon);
    assert_trail(bench, "- user.create user 1; - user.promote user 1");
}

static void a_taken_name_is_a_conflict(void **state)
{
    Bench *bench = start(state);
    User same = { .username = "MINA", .email = "m@example.org", .hashed_password = "none" };

    make(bench, "mina", false);
    commit(bench);
    assert_refused(bench,
                   accounts_create(bench->db, &bench->arena, &command_line, &same, &bench->err),
                   ERROR_CONFLICT);
}

/* -- The last administrator ------------------------------------------------------------------- */

static void the_last_administrator_cannot_go(void **state)
{
    Bench *bench = start(state);
    User chief = make(bench, "chief", true);
    User second = make(bench, "second", true);
    Db *db = bench->db;

    bench_must(bench, db,
               accounts_set_active(db, &bench->arena, &command_line, &second, false, &bench->err));
    assert_refused(bench,
                   accounts_set_admin(db, &bench->arena, &command_line, &chief, false, &bench->err),
                   ERROR_CONFLICT);
    assert_refused(
        bench, accounts_set_active(db, &bench->arena, &command_line, &chief, false, &bench->err),
        ERROR_CONFLICT);
    assert_refused(
        bench,
        accounts_delete(db, &bench->arena, &command_line, &chief, &nothing_said, &bench->err),
        ERROR_CONFLICT);
    bench_must(bench, db,
               accounts_delete(db, &bench->arena, &command_line, find(bench, second.id),
                               &nothing_said, &bench->err));
}

typedef struct Demotion {
    const char *url;
    User user;
    bool is_done;
    Error err;
} Demotion;

static void *demote(void *context)
{
    Demotion *demotion = context;
    Db AUTO(db_close) *db = NULL;
    Arena arena = { 0 };
    Error *err = &demotion->err;

    demotion->is_done =
        db_open(demotion->url, DB_WRITE, &db, err) && db_begin(db, err) &&
        accounts_set_admin(db, &arena, &command_line, &demotion->user, false, err) &&
        db_commit(db, err);
    if (db != NULL)
        db_rollback(db);
    arena_finish(&arena);
    return NULL;
}

SQL_DIALECTS(count_who_wait, .sqlite = "SELECT 0 AS n",
             .postgres = "SELECT count(*) AS n FROM pg_stat_activity"
                         " WHERE wait_event_type = 'Lock' AND datname = current_database()");

/* The first one has not committed when the second one begins. */
static void of_two_who_go_at_once_one_stays(void **state)
{
    Bench *bench = start(state);
    User chief = make(bench, "chief", true);
    Demotion other = { .url = bench->url, .user = make(bench, "second", true) };
    pthread_t thread;

    commit(bench);
    bench_must(
        bench, bench->db,
        accounts_set_admin(bench->db, &bench->arena, &command_line, &chief, false, &bench->err));
    bench_must(bench, bench->db, db_flush(bench->db, &bench->err));
    assert_int_equal(pthread_create(&thread, NULL, demote, &other), 0);
    for (int ms = 0; ms < 5000 && bench_number(bench->reader, &count_who_wait) == 0; ms++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    commit(bench);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(other.is_done);
    assert_int_equal(other.err.code, ERROR_CONFLICT);
    assert_true(find(bench, other.user.id)->is_admin);
}

/* What was read before somebody else wrote is not written back. */
static void a_change_writes_its_own_columns_alone(void **state)
{
    Bench *bench = start(state);
    const Author later = { .at = noon + 1 };
    const User stale = make(bench, "mina", false);
    User after = stale;
    Db *db = bench->db;

    bench_must(bench, db, accounts_set_admin(db, &bench->arena, &later, &stale, true, &bench->err));
    bench_must(bench, db,
               accounts_set_active(db, &bench->arena, &later, &stale, false, &bench->err));
    after.timezone = "Europe/Zurich";
    bench_must(bench, db, accounts_update(db, &bench->arena, &later, &stale, &after, &bench->err));
    after = stale;
    after.email = "other@example.org";
    bench_must(bench, db, accounts_update(db, &bench->arena, &later, &stale, &after, &bench->err));
    const User *found = find(bench, stale.id);
    assert_true(found->is_admin && !found->is_active);
    assert_string_equal(found->timezone, "Europe/Zurich");
    assert_string_equal(found->email, "other@example.org");
    assert_string_equal(found->username, "mina");
}

static void who_is_gone_cannot_be_changed(void **state)
{
    Bench *bench = start(state);
    const Author later = { .at = noon + 1 };
    const User gone = make(bench, "mina", false);
    Db *db = bench->db;

    bench_must(bench, db,
               accounts_delete(db, &bench->arena, &later, &gone, &nothing_said, &bench->err));
    assert_refused(bench, accounts_set_active(db, &bench->arena, &later, &gone, false, &bench->err),
                   ERROR_RETRY);
    assert_refused(bench,
                   accounts_delete(db, &bench->arena, &later, &gone, &nothing_said, &bench->err),
                   ERROR_RETRY);
}

/* -- Passwords -------------------------------------------------------------------------------- */

static void a_new_password_ends_all_sessions_but_the_one_that_is_spared(void **state)
{
    Bench *bench = start(state);
    User mina = make(bench, "mina", false);
    Session sessions[2];
    Session *found = NULL;
    NewPassword password = { .hash = "new", .old_hash = "none" };

    for (int i = 0; i < 2; i++) {
        sessions[i] = (Session){ .user_id = mina.id, .nonce = "n", .created_at = noon };
        sessions[i].expires_at = INSTANT_END;
        bench_must(bench, bench->db, sessions_insert(bench->db, &sessions[i], &bench->err));
    }
    password.spared_session = sessions[1].id;
    bench_must(bench, bench->db,
               accounts_set_password(bench->db, &bench->arena, &command_line, mina.id, &password,
                                     &bench->err));
    for (int i = 0; i < 2; i++) {
        bench_must(bench, bench->db,
                   sessions_find(bench->db, &bench->arena, sessions[i].id, &found, &bench->err));
        assert_int_equal(found->revoked_at == INSTANT_NULL, i == 1);
    }
    assert_string_equal(find(bench, mina.id)->hashed_password, "new");
    assert_refused(bench,
                   accounts_set_password(bench->db, &bench->arena, &command_line, mina.id,
                                         &password, &bench->err),
                   ERROR_CONFLICT);
    assert_trail(bench, "- user.create user 1; - user.password user 1");
}

/* -- Events ----------------------------------------------------------------------------------- */

static int64_t create_event(Bench *bench, const User *owner)
{
    const Identity by = { .user_id = owner->id, .username = owner->username };
    const Author author = { .by = &by, .at = noon };
    Event event = {
        .title = "Market day",
        .start_time = noon,
        .end_time = noon + 60 * SECOND_US,
        .timezone = "UTC",
    };
    Db *db = bench->db;

    event.series_start = event.start_time;
    event.series_end = event.end_time;
    bench_must(bench, db,
               events_take_ids(events_ask_ids(db, &bench->arena, 1), &event, 1, &bench->err));
    bench_must(bench, db, edits_create_event(db, &bench->arena, &author, &event, &bench->err));
    return event.id;
}

static Event *find_event(Bench *bench, int64_t id, int64_t reader)
{
    Event *event = NULL;

    bench_must(bench, bench->db,
               events_find(bench->db, &bench->arena, id, reader, false, &event, &bench->err));
    return event;
}

static void share(Bench *bench, const User *owner, int64_t event_id, const User *with)
{
    const Identity by = { .user_id = owner->id, .username = owner->username };
    const Author author = { .by = &by, .at = noon };
    Grant grant = { .user = with, .after = ROLE_VIEWER };

    bench_must(bench, bench->db,
               edits_find_grant_ids(bench->db, &bench->arena, &grant, &bench->err) &&
                   edits_grant(bench->db, &bench->arena, &author,
                               find_event(bench, event_id, owner->id), &grant, &bench->err));
}

static void shared_events_go_only_when_it_is_said(void **state)
{
    static const Legacy all = { .may_delete_shared = true };
    Bench *bench = start(state);
    User leaving = make(bench, "mina", false);
    User other = make(bench, "bela", false);
    int64_t id = create_event(bench, &leaving);
    Db *db = bench->db;

    share(bench, &leaving, id, &other);
    assert_refused(
        bench,
        accounts_delete(db, &bench->arena, &command_line, &leaving, &nothing_said, &bench->err),
        ERROR_CONFLICT);
    bench_must(bench, db,
               accounts_delete(db, &bench->arena, &command_line, &leaving, &all, &bench->err));
    assert_null(find_event(bench, id, other.id));
    assert_null(find(bench, leaving.id));
    assert_trail(bench, "- user.create user 1; - user.create user 2; "
                        "mina event.share event 1; - event.purge event 1; "
                        "- user.delete user 1");
}

/* A version and a grant need a person: for the command line it is who leaves. */
static void the_command_line_can_hand_events_on(void **state)
{
    Bench *bench = start(state);
    User leaving = make(bench, "mina", false);
    User heir = make(bench, "bela", false);
    const Legacy legacy = { .heir = &heir };
    int64_t id = create_event(bench, &leaving);
    Db *db = bench->db;

    bench_must(bench, db,
               accounts_delete(db, &bench->arena, &command_line, &leaving, &legacy, &bench->err));
    assert_int_equal(find_event(bench, id, heir.id)->owner_id, heir.id);
    assert_null(find(bench, leaving.id));
    assert_trail(bench, "- user.create user 1; - user.create user 2; "
                        "mina event.transfer event 1; - user.delete user 1");
}

static void nobody_and_who_is_disabled_are_no_heirs(void **state)
{
    static const Location at = { .name = "to" };
    Bench *bench = start(state);
    User mina = make(bench, "mina", false);
    User *heir = NULL;
    Db *db = bench->db;

    bench_must(bench, db, accounts_find_heir(db, &bench->arena, mina.id, &at, &heir, &bench->err));
    assert_int_equal(heir->id, mina.id);
    bench_must(bench, db,
               accounts_set_active(db, &bench->arena, &command_line, &mina, false, &bench->err));
    assert_refused(bench, accounts_find_heir(db, &bench->arena, mina.id, &at, &heir, &bench->err),
                   ERROR_INVALID);
    assert_refused(bench, accounts_find_heir(db, &bench->arena, 99, &at, &heir, &bench->err),
                   ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(making_an_account_is_told_once_for_the_command_line_and_once_for_oneself),
        ON_BOTH(one_update_tells_each_thing_it_does_and_ends_the_sessions),
        ON_BOTH(what_changes_nothing_writes_nothing),
        ON_BOTH(a_taken_name_is_a_conflict),
        ON_BOTH(the_last_administrator_cannot_go),
        ON_POSTGRES(of_two_who_go_at_once_one_stays),
        ON_BOTH(a_change_writes_its_own_columns_alone),
        ON_BOTH(who_is_gone_cannot_be_changed),
        ON_BOTH(a_new_password_ends_all_sessions_but_the_one_that_is_spared),
        ON_BOTH(shared_events_go_only_when_it_is_said),
        ON_BOTH(the_command_line_can_hand_events_on),
        ON_BOTH(nobody_and_who_is_disabled_are_no_heirs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
