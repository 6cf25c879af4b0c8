#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/access.h"

/* Who may do what, written a second time on purpose. */
static const struct {
    EventAction action;
    const char *name;
    bool owner, editor, viewer;
} expected[] = {
    { ACTION_EVENT_READ, "read", true, true, true },
    { ACTION_EVENT_UPDATE, "update", true, true, false },
    { ACTION_EVENT_DELETE, "delete", true, false, false },
    { ACTION_EVENT_TRANSFER, "transfer", true, false, false },
    { ACTION_EVENT_SHARE, "share", true, false, false },
    { ACTION_EVENT_LEAVE, "leave", true, true, true },
    { ACTION_EVENT_ANSWER, "answer", true, true, true },
};
enum { ACTION_COUNT = sizeof(expected) / sizeof(expected[0]) };

static void each_role_may_do_what_the_contract_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        assert_int_equal(access_allows(expected[i].action, ROLE_OWNER), expected[i].owner);
        assert_int_equal(access_allows(expected[i].action, ROLE_EDITOR), expected[i].editor);
        assert_int_equal(access_allows(expected[i].action, ROLE_VIEWER), expected[i].viewer);
    }
}

static void a_stranger_may_do_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACTION_COUNT; i++)
        assert_false(access_allows(expected[i].action, ROLE_NONE));
}

static void a_role_that_nobody_defined_may_do_nothing(void **state)
{
    static const int64_t ids[] = { -1, 4, 5, 255, INT32_MAX, INT32_MIN };

    (void)state;
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        for (size_t j = 0; j < sizeof(ids) / sizeof(ids[0]); j++)
            assert_false(access_allows(expected[i].action, (Role)ids[j]));
    }
}

static void nobody_is_allowed_an_action_that_is_none(void **state)
{
    (void)state;
    for (int role = ROLE_NONE; role <= ROLE_VIEWER; role++)
        assert_false(access_allows(ACTION_NONE, (Role)role));
}

static void every_action_has_its_name_and_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        assert_string_equal(access_name(expected[i].action), expected[i].name);
        assert_true(access_text(expected[i].action)[0] != '\0');
    }
    assert_int_equal(ACTION_COUNT, ACTION_EVENT_ANSWER); /* none is missing above */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_may_do_what_the_contract_says),
        cmocka_unit_test(a_stranger_may_do_nothing),
        cmocka_unit_test(a_role_that_nobody_defined_may_do_nothing),
        cmocka_unit_test(nobody_is_allowed_an_action_that_is_none),
        cmocka_unit_test(every_action_has_its_name_and_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
