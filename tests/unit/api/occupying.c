/* What occupies a person, page after page and in rounds. */
#include "api/occupying.h"
#include "base/buffer.h"
#include "stage.h"

enum { MOST = 1100 };

typedef struct Visits {
    int of_event[MOST];
    int64_t owners[MOST]; /* in order */
    size_t count;
} Visits;

static bool note(void *context, Arena *scratch, const Event *event, bool *ret_is_done)
{
    Visits *visits = context;

    (void)scratch;
    assert_true(event->id < MOST);
    visits->of_event[event->id]++;
    visits->owners[visits->count++] = event->owner_id;
    *ret_is_done = true;
    return true;
}

static void add_events(Stage *stage, const TokenClaims *who, int count)
{
    Buffer body = buffer_start(&stage->bench->arena);

    buffer_add_char(&body, '[');
    for (int i = 0; i < count; i++)
        buffer_printf(&body,
                      "%s{\"title\":\"One\",\"start_time\":\"2026-03-07T09:00:00Z\","
                      "\"end_time\":\"2026-03-07T10:00:00Z\"}",
                      i > 0 ? "," : "");
    buffer_add_char(&body, ']');
    stage_expect(stage, who, "POST", "/api/events/batch", body.data, 201, "");
}

static Visits visit_all(Stage *stage, int64_t reader)
{
    Arena *arena = &stage->bench->arena;
    Request req = { .arena = arena, .db = stage->bench->reader };
    Fair fair = fair_start(arena, reader, 1000);
    Visits visits = { .count = 0 };
    const EventWindow window = {
        .reader = reader,
        .from = stage_now - 400 * DAY_US,
        .to = stage_now + 4000 * DAY_US,
    };

    assert_true(occupying_visit(&req, &window, &fair, note, &visits));
    return visits;
}

static void each_event_is_visited_once_ones_own_first(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    TokenClaims bela = stage_sign_up(stage, "bela", false);

    add_events(stage, &bela, 2);
    stage_expect(stage, &bela, "POST", "/api/events/1/share",
                 "{\"username\":\"amira\",\"role\":\"Editor\"}", 200, "");
    stage_expect(stage, &bela, "POST", "/api/events/2/share",
                 "{\"username\":\"amira\",\"role\":\"Viewer\"}", 200, "");
    stage_expect(stage, &amira, "POST", "/api/events/1/answer", "{\"answer\":\"yes\"}", 200, "");
    stage_expect(stage, &amira, "POST", "/api/events/2/answer", "{\"answer\":\"no\"}", 200, "");
    for (int own = 3; own < 1000; own += 345) { /* one page, and then several */
        add_events(stage, &amira, 345);
        Visits visits = visit_all(stage, amira.user_id);
        assert_int_equal(visits.count, own + 345 - 2);
        for (size_t i = 0; i + 1 < visits.count; i++)
            assert_int_equal(visits.owners[i], amira.user_id);
        assert_int_equal(visits.owners[visits.count - 1], bela.user_id);
        assert_int_equal(visits.of_event[1], 1);
        assert_int_equal(visits.of_event[2], 0); /* she said no */
        for (int id = 3; id < own + 345; id++)
            assert_int_equal(visits.of_event[id], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_event_is_visited_once_ones_own_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
