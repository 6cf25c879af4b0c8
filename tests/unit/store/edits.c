/* Edits - a patch on top of an event, and an earlier version brought back. */
#include "store/edits.h"

#include <string.h>

#include "bench.h"
#include "history/diff.h"
#include "store/events.h"
#include "store/permissions.h"
#include "store/users.h"
#include "json/reader.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const Location body = { .name = "body" };

typedef struct Stage {
    Bench *bench;
    Decoder decoder;
    Identity owner;
    Author author;
    int64_t event_id;
} Stage;

static void must(Stage *stage, bool is_done)
{
    bench_must(stage->bench, stage->bench->db, is_done);
}

static Event decode(Stage *stage, DecodeMode mode, const char *json)
{
    json_t AUTO(json_release) *value = NULL;
    Event event = { .given = 0 };
    Error *err = &stage->bench->err;

    must(stage,
         json_read(json, strlen(json), &value, err) &&
             schema_decode(&event_schema, mode, value, &stage->bench->arena, &body, &event, err));
    return event;
}

static User sign_up(Stage *stage, const char *name)
{
    Bench *bench = stage->bench;
    User user = { .username = name, .hashed_password = "none", .is_active = true };

    user.email = arena_printf(&bench->arena, "%s@example.org", name);
    user.created_at = user.updated_at = noon;
    must(stage, users_insert(bench->db, &user, name, user.email, &bench->err));
    return user;
}

static Event *find(Stage *stage)
{
    Bench *bench = stage->bench;
    Event *event = NULL;

    must(stage, events_find(bench->db, &bench->arena, stage->event_id, stage->owner.user_id, true,
                            &event, &bench->err));
    return event;
}

/* Signs amira up, who creates the event. */
static Stage *start(void **state, const char *json)
{
    Bench *bench = bench_of(state);
    Stage *stage = ARENA_NEW(&bench->arena, Stage);

    stage->bench = bench;
    bench_migrate(bench);
    must(stage, db_begin(bench->db, &bench->err));
    stage->owner = (Identity){ .user_id = sign_up(stage, "amira").id, .username = "amira" };
    stage->author = (Author){ .by = &stage->owner, .at = noon };
    stage->decoder = (Decoder){ .arena = &bench->arena, .location = &body, .err = &bench->err };

    Event event = decode(stage, DECODE_CREATE, json);
    must(stage,
         event_check(&stage->decoder, &event) &&
             events_take_ids(events_ask_ids(bench->db, &bench->arena, 1), &event, 1, &bench->err) &&
             edits_create_event(bench->db, &bench->arena, &stage->author, &event, &bench->err));
    stage->event_id = event.id;
    return stage;
}

static bool apply(Stage *stage, const char *json, Event *ret_after)
{
    const Event patch = decode(stage, DECODE_PATCH, json);

    return edits_apply_patch(stage->bench->db, &stage->decoder, &stage->author, find(stage), &patch,
                             ret_after);
}

static void change(Stage *stage, const char *json)
{
    Event after;

    must(stage,
         apply(stage, json, &after) &&
             edits_update_event(stage->bench->db, &stage->bench->arena, &stage->author,
                                CHANGE_UPDATE, find(stage), &after, NULL, &stage->bench->err));
}

static bool roll_back(Stage *stage, int64_t version_number, Event *ret_after)
{
    Bench *bench = stage->bench;
    Version *version = NULL;

    Ask *asked = history_ask_version(bench->db, &bench->arena, stage->event_id,
                                     stage->owner.user_id, version_number);
    must(stage, history_take_version(asked, &bench->arena, &version, &bench->err));
    const Event *before = find(stage);
    return edits_read_version(&stage->decoder, before, version, ret_after) &&
           edits_update_event(bench->db, &bench->arena, &stage->author, CHANGE_ROLLBACK, before,
                              ret_after, NULL, &bench->err);
}

static void assert_fault(const Stage *stage, const char *location, const char *type)
{
    const Error *err = &stage->bench->err;

    assert_int_equal(err->code, ERROR_INVALID);
    assert_int_equal(err->fault_count, 1);
    assert_string_equal(err->faults->location, location);
    assert_string_equal(err->faults->type, type);
}

#define PLAIN                                                                                      \
    "{\"title\":\"Market day\",\"start_time\":\"2026-03-07T09:00:00Z\","                           \
    "\"end_time\":\"2026-03-07T10:00:00Z\",\"timezone\":\"UTC\"}"

#define WEEKLY                                                                                     \
    "{\"title\":\"Market day\",\"description\":\"Bring bags.\",\"location\":\"Square\","           \
    "\"start_time\":\"2026-03-07T09:00:00Z\",\"end_time\":\"2026-03-07T10:00:00Z\","               \
    "\"timezone\":\"Europe/Zurich\",\"status\":\"tentative\","                                     \
    "\"recurrence_pattern\":{\"rrule\":\"FREQ=WEEKLY;COUNT=5\"}}"

/* -- Patches ---------------------------------------------------------------------------------- */

static void a_patch_changes_what_it_names_and_writes_nothing(void **state)
{
    Stage *stage = start(state, PLAIN);
    Event after;

    must(stage, apply(stage, "{\"location\":\"Square\"}", &after));
    assert_string_equal(after.location, "Square");
    assert_string_equal(after.title, "Market day");
    assert_null(find(stage)->location);
    assert_int_equal(find(stage)->version_number, 1);
}

static void a_patch_is_checked_as_a_whole_event(void **state)
{
    Stage *stage = start(state, PLAIN);
    Event after;

    assert_false(apply(stage, "{\"end_time\":\"2026-03-07T08:00:00Z\"}", &after));
    assert_fault(stage, "[\"body\",\"end_time\"]", "time_order");
}

/* What was read may be sent back, but not with another value. */
static void a_patch_may_repeat_read_only_members_but_not_alter_them(void **state)
{
    Stage *stage = start(state, PLAIN);
    Event after;

    must(stage, apply(stage, "{\"version_number\":1,\"title\":\"Fair\"}", &after));
    assert_string_equal(after.title, "Fair");
    assert_false(apply(stage, "{\"version_number\":7}", &after));
    assert_fault(stage, "[\"body\",\"version_number\"]", "read_only");
}

static void a_patch_may_repeat_the_permissions(void **state)
{
    Stage *stage = start(state, PLAIN);
    Bench *bench = stage->bench;
    Event *event = find(stage);
    Writer w = writer_start(&bench->arena);
    Event after;

    must(stage, permissions_list(bench->db, &bench->arena, event, stage->owner.user_id,
                                 &event->permissions, &bench->err));
    write_object(&w);
    write_key(&w, "permissions");
    field_encode(schema_field(&event_schema, "permissions"), &w, event);
    write_end_object(&w);
    must(stage, apply(stage, writer_text(&w), &after));
    assert_false(apply(stage, "{\"permissions\":[]}", &after));
    assert_fault(stage, "[\"body\",\"permissions\"]", "read_only");
}

/* -- Rollbacks -------------------------------------------------------------------------------- */

static void a_rollback_brings_every_member_back_as_a_new_version(void **state)
{
    Stage *stage = start(state, WEEKLY);
    const Event *first = find(stage);
    Event after;

    change(stage, "{\"title\":\"Fair\",\"description\":null,\"location\":null,"
                  "\"start_time\":\"2026-04-07T09:00:00Z\",\"end_time\":\"2026-04-07T11:00:00Z\","
                  "\"timezone\":\"UTC\",\"status\":\"cancelled\",\"recurrence_pattern\":null}");
    assert_false(diff_is_empty(first, find(stage)));
    must(stage, roll_back(stage, 1, &after));
    assert_int_equal(after.version_number, 3);
    assert_true(diff_is_empty(first, find(stage)));
    assert_true(find(stage)->series_end == first->series_end);
}

static void a_rollback_leaves_grants_alone(void **state)
{
    Stage *stage = start(state, PLAIN);
    Bench *bench = stage->bench;
    const User bela = sign_up(stage, "bela");
    List permissions = { 0 };
    Event after;

    Grant grant = { .user = &bela, .after = ROLE_EDITOR };
    must(stage, edits_find_grant_ids(bench->db, &bench->arena, &grant, &bench->err));
    must(stage,
         edits_grant(bench->db, &bench->arena, &stage->author, find(stage), &grant, &bench->err));
    change(stage, "{\"title\":\"Fair\"}");
    must(stage, roll_back(stage, 1, &after));
    must(stage, permissions_list(bench->db, &bench->arena, &after, stage->owner.user_id,
                                 &permissions, &bench->err));
    assert_int_equal(permissions.count, 2);
}

static void a_rollback_that_changes_nothing_is_a_conflict(void **state)
{
    Stage *stage = start(state, PLAIN);
    Event after;

    assert_false(roll_back(stage, 1, &after));
    assert_int_equal(stage->bench->err.code, ERROR_CONFLICT);
    assert_int_equal(find(stage)->version_number, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_patch_changes_what_it_names_and_writes_nothing),
        ON_BOTH(a_patch_is_checked_as_a_whole_event),
        ON_BOTH(a_patch_may_repeat_read_only_members_but_not_alter_them),
        ON_BOTH(a_patch_may_repeat_the_permissions),
        ON_BOTH(a_rollback_brings_every_member_back_as_a_new_version),
        ON_BOTH(a_rollback_leaves_grants_alone),
        ON_BOTH(a_rollback_that_changes_nothing_is_a_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
