/* Pages of what takes place when. */
#include "stage.h"

#include <string.h>

/* The reply's next_cursor as a path would have it. */
static const char *next_page(Stage *stage, const char *path, const Reply *reply)
{
    static const char member[] = "\"next_cursor\":\"";
    const char *cursor = strstr(reply->body, member);

    if (cursor == NULL)
        return NULL;
    cursor += strlen(member);
    return arena_printf(&stage->bench->arena, "%s&cursor=%.*s", path, (int)strcspn(cursor, "\""),
                        cursor);
}

static int count_items(const Reply *reply)
{
    int count = 0;

    for (const char *at = strstr(reply->body, "\"event_id\""); at != NULL;
         at = strstr(at + 1, "\"event_id\""))
        count++;
    return count;
}

static void pages_follow_each_other_without_gap_or_double(void **state)
{
    static const char path[] = "/api/calendar?from=2026-03-01T00:00:00Z&limit=4";
    static const char daily[] = "{\"title\":\"Walk\",\"start_time\":\"2026-03-02T09:00:00Z\","
                                "\"end_time\":\"2026-03-02T10:00:00Z\",\"is_recurring\":true,"
                                "\"recurrence_pattern\":\"FREQ=DAILY;COUNT=5\"}";
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);
    const int sizes[] = { 4, 4, 2 };
    const char *target = path;

    /* Two series at the same times: the place of a page must tell them apart. */
    stage_expect(stage, &amira, "POST", "/api/events", daily, 201, "");
    stage_expect(stage, &amira, "POST", "/api/events", daily, 201, "");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_non_null(target);
        Reply reply = stage_ask(stage, &amira, "GET", target, NULL);
        assert_int_equal(reply.status, 200);
        assert_int_equal(count_items(&reply), sizes[i]);
        target = next_page(stage, path, &reply);
    }
    assert_null(target);
}

static void a_cursor_of_another_question_is_refused(void **state)
{
    Stage *stage = stage_set(state);
    TokenClaims amira = stage_sign_up(stage, "amira", false);

    stage_expect(stage, &amira, "GET", "/api/calendar?cursor=forged", NULL, 422, "cursor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(pages_follow_each_other_without_gap_or_double),
        ON_BOTH(a_cursor_of_another_question_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
