/* How it works: every step goes through the functions that the API uses, with a past moment as its
 * time, so that what it leaves is what three weeks of use would have left. */

#include "cli/demo.h"

#include <stdlib.h>
#include <string.h>

#include "auth/accounts.h"
#include "auth/password.h"
#include "base/clock.h"
#include "permit/user.h"
#include "store/edits.h"
#include "store/events.h"
#include "json/reader.h"

static const char password[] = "look around freely";

enum Person { AMIRA, BELA, CHEN, PEOPLE };
static const char *const names[PEOPLE] = { "amira", "bela", "chen" };

/* Keys of the events, so that steps can speak of them. */
enum Plan { STAND_UP, RETREAT, REVIEW, DENTIST, PARTY, PLANS };

/* A day of a step is counted from today; an event's days from the Monday of this week. */
typedef struct DemoStep {
    int day;
    enum Person by;
    enum Plan plan;
    enum { CREATES, CHANGES, TAKES_BACK, SHARES, DELETES } does;
    const char *json; /* CREATES, CHANGES: as a client sends it; $n is the n-th day at that place */
    enum Person with; /* SHARES */
    Role role;
    const char *comment;
} DemoStep;

static const DemoStep steps[] = {
    { -21, AMIRA, STAND_UP, CREATES,
      .json = "{\"title\":\"Stand-up\",\"start_time\":\"$-21T08:00:00Z\",\"end_time\":\"$-21T08:15:"
              "00Z\","
              "\"timezone\":\"Europe/Zurich\",\"recurrence_pattern\":{\"rrule\":"
              "\"FREQ=WEEKLY;BYDAY=MO,WE,FR\"}}" },
    { -21, AMIRA, STAND_UP, SHARES, .with = BELA, .role = ROLE_EDITOR },
    { -21, AMIRA, STAND_UP, SHARES, .with = CHEN, .role = ROLE_VIEWER },
    { -18, BELA, STAND_UP, CHANGES, .json = "{\"location\":\"Room 4\"}",
      .comment = "Room 2 is too small" },
    { -15, BELA, STAND_UP, CHANGES,
      .json =
          "{\"title\":\"Daily\",\"start_time\":\"$-21T07:00:00Z\",\"end_time\":\"$-21T07:30:00Z\"}",
      .comment = "Earlier and longer" },
    { -14, AMIRA, STAND_UP, TAKES_BACK, .comment = "Nobody is awake at eight" },
    { -12, AMIRA, RETREAT, CREATES,
      .json = "{\"title\":\"Team retreat\",\"location\":\"Lugano\",\"all_day\":true,"
              "\"start_time\":\"$21T00:00:00Z\",\"end_time\":\"$23T00:00:00Z\",\"status\":"
              "\"tentative\"}" },
    { -12, AMIRA, RETREAT, SHARES, .with = CHEN, .role = ROLE_EDITOR },
    { -10, CHEN, RETREAT, CHANGES,
      .json = "{\"description\":\"Train 9:05 from Zurich, dinner at the lake.\"}" },
    { -8, CHEN, RETREAT, CHANGES, .json = "{\"status\":\"confirmed\",\"location\":\"Locarno\"}",
      .comment = "Lugano was full" },
    { -9, BELA, REVIEW, CREATES,
      .json = "{\"title\":\"Monthly review\",\"start_time\":\"$4T13:00:00Z\","
              "\"end_time\":\"$4T14:30:00Z\",\"timezone\":\"Europe/Zurich\",\"recurrence_pattern\":"
              "{\"rrule\":\"FREQ=MONTHLY;BYDAY=-1FR;COUNT=12\"}}" },
    { -9, BELA, REVIEW, SHARES, .with = AMIRA, .role = ROLE_VIEWER },
    { -5, CHEN, DENTIST, CREATES,
      .json =
          "{\"title\":\"Dentist\",\"start_time\":\"$2T15:00:00Z\",\"end_time\":\"$2T16:00:00Z\","
          "\"timezone\":\"Europe/Zurich\"}" },
    { -4, AMIRA, PARTY, CREATES,
      .json = "{\"title\":\"Summer party\",\"start_time\":\"$5T16:00:00Z\","
              "\"end_time\":\"$5T21:00:00Z\"}" },
    { -3, AMIRA, PARTY, SHARES, .with = BELA, .role = ROLE_VIEWER },
    { -1, AMIRA, PARTY, DELETES, .comment = "Rain" },
};

typedef struct Demo {
    Db *db;
    Arena *arena;
    Instant now;
    Instant monday;
    User users[PEOPLE];
    int64_t event_ids[PLANS];
} Demo;

/* -- Text to event ---------------------------------------------------------------------------- */

/* `$-21` becomes the date 21 days before this week's Monday. */
static const char *fill_in_days(const Demo *demo, const char *json)
{
    Buffer out = buffer_start(demo->arena);

    for (; *json != '\0'; json++) {
        if (*json != '$') {
            buffer_add_char(&out, *json);
            continue;
        }
        char text[INSTANT_TEXT];
        char *end = NULL;
        instant_format(demo->monday + strtol(json + 1, &end, 10) * DAY_US, text);
        buffer_add_bytes(&out, text, strlen("2025-03-01"));
        json = end - 1;
    }
    return out.data;
}

static const Location here = { .name = "demo" };

static bool decode_event(const Demo *demo, const DemoStep *step, Event *ret_event, Error *err)
{
    const char *json = fill_in_days(demo, step->json);
    DecodeMode mode = step->does == CREATES ? DECODE_CREATE : DECODE_PATCH;
    json_t AUTO(json_release) *root = NULL;

    *ret_event = (Event){ .given = 0 };
    return json_read(json, strlen(json), &root, err) &&
           schema_decode(&event_schema, mode, root, demo->arena, &here, ret_event, err);
}

/* -- Steps ------------------------------------------------------------------------------------ */

static bool create(Demo *demo, const DemoStep *step, const Author *author, Error *err)
{
    const Decoder decoder = { .arena = demo->arena, .location = &here, .err = err };
    Event event;

    if (!decode_event(demo, step, &event, err) || !event_check(&decoder, &event) ||
        !events_take_ids(events_ask_ids(demo->db, demo->arena, 1), &event, 1, err) ||
        !edits_create_event(demo->db, demo->arena, author, &event, err))
        return false;
    demo->event_ids[step->plan] = event.id;
    return true;
}

static bool change(const Demo *demo, const DemoStep *step, const Author *author,
                   const Event *before, Error *err)
{
    const Decoder decoder = { .arena = demo->arena, .location = &here, .err = err };
    Event patch;
    Event after;

    return decode_event(demo, step, &patch, err) &&
           edits_apply_patch(demo->db, &decoder, author, before, &patch, &after) &&
           edits_update_event(demo->db, demo->arena, author, CHANGE_UPDATE, before, &after, NULL,
                              err);
}

/* Back to the state before the last change. */
static bool take_back(const Demo *demo, const Author *author, const Event *before, Error *err)
{
    Arena *arena = demo->arena;
    const Decoder decoder = { .arena = arena, .location = &here, .err = err };
    Version *version = NULL;
    Event after;
    Ask *asked = history_ask_version(demo->db, arena, before->id, author->by->user_id,
                                     before->version_number - 1);

    return history_take_version(asked, arena, &version, err) &&
           edits_read_version(&decoder, before, version, &after) &&
           edits_update_event(demo->db, arena, author, CHANGE_ROLLBACK, before, &after, NULL, err);
}

static bool share(const Demo *demo, const DemoStep *step, const Author *author, const Event *event,
                  Error *err)
{
    Grant grant = { .user = &demo->users[step->with], .after = step->role };

    return edits_find_grant_ids(demo->db, demo->arena, &grant, err) &&
           edits_grant(demo->db, demo->arena, author, event, &grant, err);
}

static bool run_step(Demo *demo, const DemoStep *step, Error *err)
{
    Arena *arena = demo->arena;
    const User *user = &demo->users[step->by];
    const Identity by = { .user_id = user->id, .username = user->username, .email = user->email };
    const Author author = {
        .by = &by,
        .at = demo->now + step->day * DAY_US + (step - steps) * 7 * 60 * SECOND_US,
        .comment = step->comment,
    };
    Event *before = NULL;
    Event after;

    if (step->does == CREATES)
        return create(demo, step, &author, err);
    if (!events_find(demo->db, arena, demo->event_ids[step->plan], user->id, true, &before, err))
        return false;
    switch (step->does) {
    case CREATES:
        break;
    case CHANGES:
        return change(demo, step, &author, before, err);
    case TAKES_BACK:
        return take_back(demo, &author, before, err);
    case SHARES:
        return share(demo, step, &author, before, err);
    case DELETES:
        return edits_delete_event(demo->db, arena, &author, before, &after, err);
    }
    return false;
}

static bool add_people(Demo *demo, const char *hash, Error *err)
{
    const Author author = { .at = demo->now - 22 * DAY_US };

    for (int i = 0; i < PEOPLE; i++) {
        demo->users[i] = (User){
            .username = names[i],
            .email = arena_printf(demo->arena, "%s@example.org", names[i]),
            .hashed_password = hash,
            .is_admin = i == AMIRA,
            .is_active = true,
            .timezone = "Europe/Zurich",
        };
        if (!accounts_create(demo->db, demo->arena, &author, &demo->users[i], err))
            return false;
    }
    return true;
}

/* Some hundred statements: a server is held up as by a small batch. */
static bool fill(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    Demo demo = { .db = db, .arena = arena, .now = clock_now_us() };
    int64_t today = demo.now / DAY_US;
    int64_t count = 0;

    demo.monday = (today - (today + 3) % 7) * DAY_US; /* 1970-01-01 was a Thursday */
    if (!users_count(db, NULL, &count, err))
        return false;
    if (count > 0)
        return error_set(err, ERROR_CONFLICT,
                         "There are accounts in this database already: the demo is for an empty "
                         "one.");
    if (!add_people(&demo, ((const DemoInput *)input)->password_hash, err))
        return false;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!run_step(&demo, &steps[i], err))
            return false;
    }
    buffer_printf(out,
                  "Three people share a calendar now: amira (administrator), bela and chen.\n"
                  "Each one's password: %s\n"
                  "Sign in at /docs of the server, which `fasti serve` starts.\n",
                  password);
    return true;
}

static const Field input_fields[] = {
    TEXT(DemoInput, password_hash, .flags = REQUIRED, .min = PASSWORD_HASH_BYTES - 1,
         .max = PASSWORD_HASH_BYTES - 1),
};
static const Schema input_schema = SCHEMA(DemoInput, input_fields, .doc = "The demo.");

const Errand demo_fill = ERRAND("/commands/demo", fill, &input_schema);

int run_demo(Call *call)
{
    char hash[PASSWORD_HASH_BYTES];
    const DemoInput input = { .password_hash = hash };
    Error err = { .code = ERROR_NONE };

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (!password_hash(password, (int)call->config->bcrypt_cost, hash, &err))
        return call_fail(&err);
    return errand_run(call, &demo_fill, &input);
}
