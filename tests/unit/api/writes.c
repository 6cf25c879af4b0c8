#include "writes.h"

#include <string.h>
#include <sys/random.h>

#include "auth/password.h"
#include "auth/refresh.h"
#include "http/idempotency.h"
#include "store/sessions.h"

#define PASSWORD "four plain words, 1"
#define TOKEN    "the token of the link"
#define ATTEMPTS "login_attempts" /* a try stays counted, whatever becomes of it */
#define NEW_EVENT                                                                                  \
    "{\"title\":\"Fair\",\"start_time\":\"2026-04-01T09:00:00Z\","                                 \
    "\"end_time\":\"2026-04-01T10:00:00Z\"}"
#define FREE_EVENT                                                                                 \
    "{\"title\":\"Fair\",\"start_time\":\"2026-04-01T12:00:00Z\","                                 \
    "\"end_time\":\"2026-04-01T13:00:00Z\"}"
#define OCCURRENCE "/api/events/1/occurrences/2026-03-08T09:00:00Z"

/* Event 1 repeats daily, has two versions and is shared with bela (3); event 2 is in the trash;
 * event 3 is there. All are amira's (2), who has the sessions 2 and 5. */
const Write writes[] = {
    { "POST", "/api/events", AMIRA, NEW_EVENT, NULL },
    { "POST", "/api/events", AMIRA_ONCE, NEW_EVENT, NULL },
    { "POST", "/api/events?conflicts=reject", AMIRA, FREE_EVENT, NULL },
    { "POST", "/api/events/batch", AMIRA, "[" NEW_EVENT "," NEW_EVENT "]", NULL },
    { "PATCH", "/api/events/batch", AMIRA,
      "{\"items\":[{\"id\":1,\"title\":\"A\"},{\"id\":3,\"title\":\"B\"}]}", NULL },
    { "DELETE", "/api/events/batch", AMIRA, "{\"ids\":[1,3]}", NULL },
    { "PUT", "/api/events/3", AMIRA, "{\"title\":\"Concert\"}", NULL },
    { "PATCH", "/api/events/3?conflicts=reject", AMIRA, FREE_EVENT, NULL },
    { "PATCH", "/api/events/1", AMIRA, "{\"start_time\":\"2026-03-07T09:30:00Z\"}", NULL },
    { "DELETE", "/api/events/1", AMIRA, NULL, NULL },
    { "DELETE", "/api/events/1", AMIRA_ONCE, NULL, NULL },
    { "POST", "/api/events/2/restore", AMIRA, NULL, NULL },
    { "DELETE", "/api/events/2/purge", AMIRA, NULL, NULL },
    { "PATCH", OCCURRENCE "?scope=this", AMIRA, "{\"title\":\"Late fair\"}", NULL },
    { "PATCH", OCCURRENCE "?scope=following", AMIRA, "{\"title\":\"New fair\"}", NULL },
    { "DELETE", OCCURRENCE "?scope=this", AMIRA, NULL, NULL },
    { "DELETE", OCCURRENCE "?scope=all", AMIRA, NULL, NULL },
    { "POST", "/api/events/1/rollback/1", AMIRA, NULL, NULL },
    { "POST", "/api/events/1/share", AMIRA,
      "{\"users\":[{\"user_id\":4,\"role\":\"Viewer\"},{\"user_id\":1,\"role\":\"Viewer\"}]}",
      ATTEMPTS },
    { "PUT", "/api/events/1/permissions/3", AMIRA, "{\"role\":\"Viewer\"}", NULL },
    { "DELETE", "/api/events/1/permissions/3", AMIRA, NULL, NULL },
    { "POST", "/api/events/1/answer", BELA, "{\"answer\":\"no\"}", NULL },
    { "POST", "/api/events/1/transfer", AMIRA, "{\"user_id\":3}", NULL },
    { "POST", "/api/users/me/blocks", BELA, "{\"user_id\":2}", ATTEMPTS },
    { "DELETE", "/api/users/me/blocks/4", BELA, NULL, NULL },
    { "POST", "/api/users", CHIEF,
      "{\"username\":\"dora\",\"email\":\"dora@example.org\",\"password\":\"" PASSWORD "\"}",
      NULL },
    { "PUT", "/api/users/2", CHIEF, "{\"is_active\":false}", NULL },
    { "PATCH", "/api/users/2", CHIEF, "{\"is_admin\":true,\"password\":\"four other words, 2\"}",
      NULL },
    { "DELETE", "/api/users/2?events=transfer&to=4", CHIEF, NULL, NULL },
    { "PUT", "/api/users/me", AMIRA, "{\"timezone\":\"Europe/Zurich\"}", NULL },
    { "PATCH", "/api/users/me", AMIRA, "{\"username\":\"mira\"}", NULL },
    { "DELETE", "/api/users/me?events=delete", AMIRA, NULL, NULL },
    { "POST", "/api/auth/register", NOBODY,
      "{\"username\":\"dora\",\"email\":\"dora@example.org\",\"password\":\"" PASSWORD "\"}",
      NULL },
    { "POST", "/api/setup", FOUNDER,
      "{\"token\":\"" TOKEN "\",\"username\":\"dora\",\"email\":\"dora@example.org\","
      "\"password\":\"" PASSWORD "\"}",
      NULL },
    { "POST", "/api/auth/login", NOBODY, "{\"username\":\"amira\",\"password\":\"" PASSWORD "\"}",
      ATTEMPTS },
    { "POST", "/api/auth/refresh", NOBODY, "{\"refresh_token\":\"{}\"}", NULL },
    { "POST", "/api/auth/logout", AMIRA, NULL, NULL },
    { "POST", "/api/auth/logout?all=true", AMIRA, NULL, NULL },
    { "DELETE", "/api/auth/sessions", AMIRA, NULL, NULL },
    { "DELETE", "/api/auth/sessions/5", AMIRA, NULL, NULL },
    { "POST", "/api/auth/password", AMIRA,
      "{\"current_password\":\"" PASSWORD "\",\"new_password\":\"four other words, 2\"}",
      ATTEMPTS },
};
const size_t write_count = sizeof(writes) / sizeof(writes[0]);

/* -- Chance ----------------------------------------------------------------------------------- */

/* The linker puts it in the place of getrandom (--wrap). */
ssize_t __wrap_getrandom(void *buffer, size_t length, unsigned flags);
ssize_t __real_getrandom(void *buffer, size_t length, unsigned flags);

static struct {
    bool is_left_to_chance;
    unsigned char next;
} random_state = { .is_left_to_chance = true };

ssize_t __wrap_getrandom(void *buffer, size_t length, unsigned flags)
{
    if (random_state.is_left_to_chance)
        return __real_getrandom(buffer, length, flags);
    bool is_pause = length == sizeof(uint32_t); /* before another try: as short as can be */
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)buffer)[i] = is_pause ? 0 : random_state.next++;
    return (ssize_t)length;
}

/* -- The scene -------------------------------------------------------------------------------- */

static void add_people(WriteScene *scene)
{
    enum { OLD_COST = 5 }; /* so that who signs in gets a new hash */
    Stage *stage = scene->stage;
    Bench *bench = stage->bench;
    char hash[PASSWORD_HASH_BYTES];
    Session second = {
        .nonce = "another",
        .created_at = stage_now,
        .expires_at = INSTANT_END,
        .address = "127.0.0.1",
    };

    scene->claims[CHIEF] = stage_sign_up(stage, "chief", true);
    scene->claims[AMIRA] = stage_sign_up(stage, "amira", false);
    scene->claims[AMIRA_ONCE] = scene->claims[AMIRA];
    scene->claims[BELA] = stage_sign_up(stage, "bela", false);
    stage_sign_up(stage, "chen", false);
    second.user_id = scene->claims[AMIRA].user_id;
    bench_must(bench, bench->db, sessions_insert(bench->db, &second, &bench->err));
    assert_int_equal(second.id, 5);
    assert_true(password_hash(PASSWORD, OLD_COST, hash, &bench->err));
    bench_run(
        bench->db,
        arena_printf(&bench->arena, "UPDATE users SET hashed_password = '%s' WHERE id = 2", hash));
}

static void add_events(WriteScene *scene)
{
    Stage *stage = scene->stage;
    const TokenClaims *amira = &scene->claims[AMIRA];
    static const char daily[] = "{\"title\":\"Market\",\"start_time\":\"2026-03-07T09:00:00Z\","
                                "\"end_time\":\"2026-03-07T10:00:00Z\","
                                "\"recurrence_pattern\":\"FREQ=DAILY\"}";

    stage_expect(stage, amira, "POST", "/api/events", daily, 201, "\"id\":1,");
    stage_expect(stage, amira, "POST", "/api/events", NEW_EVENT, 201, "\"id\":2,");
    stage_expect(stage, amira, "POST", "/api/events", NEW_EVENT, 201, "\"id\":3,");
    stage_expect(stage, amira, "PATCH", "/api/events/1", "{\"location\":\"Hall\"}", 200, "Hall");
    stage_expect(stage, amira, "POST", "/api/events/1/share",
                 "{\"username\":\"bela\",\"role\":\"Editor\"}", 200, "bela");
    stage_expect(stage, &scene->claims[BELA], "POST", "/api/events/1/answer",
                 "{\"answer\":\"yes\"}", 200, "yes");
    stage_expect(stage, &scene->claims[BELA], "POST", "/api/users/me/blocks", "{\"user_id\":4}",
                 200, "chen");
    stage_expect(stage, amira, "DELETE", "/api/events/2", NULL, 200, "deleted_at");
}

WriteScene *writes_set(void **state)
{
    Stage *stage = stage_set(state);
    WriteScene *scene = ARENA_NEW(&stage->bench->arena, WriteScene);
    const TokenKey key = { .secret = stage->app.refresh_key, .secret_length = KEY_BYTES };

    *scene = (WriteScene){ .stage = stage };
    stage->config.rate_limit = true; /* tries are counted */
    stage->app.setup_token = TOKEN;
    stage->app.setup_until = INSTANT_END;
    add_people(scene);
    add_events(scene);
    scene->refresh_token =
        refresh_issue(&key, scene->claims[AMIRA].session_id, 0, "nonce", &stage->bench->arena);
    scene->image = image_take(stage->bench->db, &stage->bench->arena);
    stage_connect(stage);
    return scene;
}

void writes_disconnect(WriteScene *scene)
{
    Bench *bench = scene->stage->bench;

    db_close(&bench->reader);
    db_close(&bench->db);
    if (*bench->folder == '\0')
        return;
    db_close(&scene->observer);
    db_close(&scene->keeper);
}

void writes_finish(WriteScene *scene)
{
    db_close(&scene->observer);
    db_close(&scene->keeper);
    writes_disconnect(scene);
}

static Db *opened(WriteScene *scene, Db **db, DbMode mode)
{
    Bench *bench = scene->stage->bench;

    if (*db == NULL)
        bench_must(bench, NULL, db_open(bench->url, mode, db, &bench->err));
    return *db;
}

static Db *keeper_of(WriteScene *scene)
{
    Bench *bench = scene->stage->bench;
    bool is_there = bench->db != NULL && db_kind(bench->db) == DB_SQLITE;

    return is_there ? bench->db : opened(scene, &scene->keeper, DB_WRITE);
}

/* -- A write ---------------------------------------------------------------------------------- */

static const char *body_of(const WriteScene *scene, const Write *write, Arena *arena)
{
    const char *hole = write->body != NULL ? strstr(write->body, "{}") : NULL;

    if (hole == NULL)
        return write->body;
    return arena_printf(arena, "%.*s%s%s", (int)(hole - write->body), write->body,
                        scene->refresh_token, hole + 2);
}

int writes_ask(WriteScene *scene, const Write *write)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const TokenClaims *claims = write->asker >= AMIRA ? &scene->claims[write->asker] : NULL;

    random_state.is_left_to_chance = false;
    random_state.next = 1;
    Exchange *x = stage_make(scene->stage, claims, write->method, write->target,
                             body_of(scene, write, &arena));
    if (write->asker == AMIRA_ONCE)
        idempotency_take_key(x, "a-key");
    stage_run(scene->stage, x);
    random_state.is_left_to_chance = true;
    int status = x->reply.status;
    exchange_destroy(&x);
    return status;
}

/* A try that is repeated draws random bytes again, for nonces and uids: all become "#". */
enum { RANDOM_CHARACTERS = 32 }; /* of a nonce; a UUID has more */

static void mask_random(char *text)
{
    static const char hex[] = "0123456789abcdef-";
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        size_t length = strspn(at, hex);
        bool is_random = length >= RANDOM_CHARACTERS;
        size_t kept = is_random ? 0 : length + (at[length] != '\0');
        memmove(to, at, kept);
        to += kept;
        if (is_random)
            *to++ = '#';
        at += is_random ? length : kept;
    }
    *to = '\0';
}

const char *writes_text(WriteScene *scene, const Write *write, Arena *arena)
{
    char *text =
        arena_strdup(arena, image_text(&scene->image, opened(scene, &scene->observer, DB_READ),
                                       write->keeps, arena));

    mask_random(text);
    return text;
}

const char *writes_difference(const char *now, const char *expected, Arena *arena)
{
    size_t line = 0;

    for (size_t i = 0; now[i] == expected[i] && now[i] != '\0'; i++)
        line = now[i] == '\n' ? i + 1 : line;
    return arena_printf(arena, "\n  %.*s\ninstead of\n  %.*s\n", (int)strcspn(now + line, "\n"),
                        now + line, (int)strcspn(expected + line, "\n"), expected + line);
}

void writes_restore(WriteScene *scene, const Write *write)
{
    image_restore(&scene->image, keeper_of(scene));
    if (write->asker == FOUNDER)
        bench_run(keeper_of(scene), "UPDATE users SET is_admin = FALSE");
}

void writes_rewind(WriteScene *scene)
{
    image_rewind(&scene->image, keeper_of(scene));
}
