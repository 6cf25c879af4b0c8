/* An event's row: every member comes back as it was written, and what is written once stays. */
#include "store/events.h"

#include <string.h>

#include "bench.h"
#include "store/permissions.h"
#include "store/users.h"
#include "json/reader.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */

static int64_t sign_up(Bench *bench, const char *name)
{
    User user = { .username = name, .email = name, .hashed_password = "none", .is_active = true };

    user.created_at = user.updated_at = noon;
    bench_must(bench, bench->db, users_insert(bench->db, &user, name, name, &bench->err));
    return user.id;
}

static Bench *start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    return bench;
}

/* No two members alike, so that a column with another one's value shows. */
static Event make_event(Bench *bench, int64_t id, int64_t owner)
{
    static const Instant rdates[] = { INT64_C(1772452800000000) };
    static const Recurrence pattern = { .rrule = "FREQ=DAILY;COUNT=3",
                                        .rdates = rdates,
                                        .rdate_count = 1 };

    return (Event){
        .id = id,
        .uid = arena_printf(&bench->arena, "uid %lld", (long long)id),
        .title = "a title",
        .description = "a description",
        .location = "a location",
        .start_time = noon + 1,
        .end_time = noon + 2,
        .timezone = "Europe/Zurich",
        .all_day = true,
        .status = EVENT_TENTATIVE,
        .is_recurring = true,
        .recurrence_pattern = &pattern,
        .recurrence_overrides = "{\"2026-03-02T12:00:00Z\":{\"cancelled\":true}}",
        .owner_id = owner,
        .version_number = 5,
        .created_at = noon + 3,
        .updated_at = noon + 4,
        .updated_by = 6,
        .series_of = INTEGER_NULL,
        .deleted_at = noon + 7,
        .series_start = noon + 8,
        .series_end = noon + 9,
        .document_bytes = 10,
    };
}

static Event *find(Bench *bench, int64_t id, int64_t reader)
{
    Event *event = NULL;

    bench_must(bench, bench->db,
               events_find(bench->db, &bench->arena, id, reader, false, &event, &bench->err));
    return event;
}

static void must_be_equal(const Event *stored, const Event *written)
{
    Event expected = *written;

    expected.my_role = stored->my_role;
    for (size_t i = 0; i < event_schema.field_count; i++) {
        const Field *field = &event_schema.fields[i];
        if (!field->type->equal(field, field_in(field, stored), field_in(field, &expected)))
            fail_msg("%s is another", field->name);
    }
    assert_int_equal(stored->series_start, written->series_start);
    assert_int_equal(stored->series_end, written->series_end);
    assert_int_equal(stored->document_bytes, written->document_bytes);
}

static void insert(Bench *bench, const Event *event)
{
    bench_must(bench, bench->db,
               events_insert(bench->db, &bench->arena, event, &bench->err) &&
                   permissions_insert_owner(bench->db, event, noon, &bench->err) &&
                   db_flush(bench->db, &bench->err));
}

static void every_member_comes_back_as_it_was_inserted(void **state)
{
    Bench *bench = start(state);
    int64_t owner = sign_up(bench, "amira");
    Event first = make_event(bench, 1, owner);
    Event second = make_event(bench, 2, owner);

    insert(bench, &first);
    must_be_equal(find(bench, 1, owner), &first);
    second.series_of = 1;
    second.description = second.location = second.recurrence_overrides = NULL;
    second.recurrence_pattern = NULL;
    second.is_recurring = second.all_day = false;
    second.updated_by = INTEGER_NULL;
    second.deleted_at = second.series_end = INSTANT_NULL;
    insert(bench, &second);
    must_be_equal(find(bench, 2, owner), &second);
    assert_int_equal(find(bench, 2, owner)->my_role, ROLE_OWNER);
    assert_null(find(bench, 3, owner));
    assert_null(find(bench, 2, sign_up(bench, "bela"))); /* who has no role on it */
}

static void an_update_writes_all_but_what_is_written_once(void **state)
{
    Bench *bench = start(state);
    int64_t owner = sign_up(bench, "amira");
    Event event = make_event(bench, 1, owner);

    insert(bench, &event);
    Event changed = make_event(bench, 1, sign_up(bench, "bela"));
    changed.title = "another title";
    changed.description = NULL;
    changed.location = "another place";
    changed.start_time += 100;
    changed.end_time += 200;
    changed.timezone = "UTC";
    changed.all_day = false;
    changed.status = EVENT_CANCELLED;
    changed.is_recurring = false;
    changed.recurrence_pattern = NULL;
    changed.recurrence_overrides = NULL;
    changed.version_number++;
    changed.updated_at += 300;
    changed.updated_by++;
    changed.deleted_at = INSTANT_NULL;
    changed.series_start += 400;
    changed.series_end = INSTANT_NULL;
    changed.document_bytes = 11;
    Event given = changed;
    given.uid = "another uid";
    given.created_at += 500;
    given.series_of = 1;
    bench_must(bench, bench->db,
               events_update(bench->db, &bench->arena, &given, &bench->err) &&
                   db_flush(bench->db, &bench->err));
    must_be_equal(find(bench, 1, owner), &changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_member_comes_back_as_it_was_inserted),
        ON_BOTH(an_update_writes_all_but_what_is_written_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
