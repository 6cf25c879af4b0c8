/* Which moments the dates of all-day events are, and which dates reach into a window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "calendar/days.h"

static Instant moment(const char *text)
{
    const char *reason;
    Instant instant;

    assert_true(instant_parse(text, &instant, &reason));
    return instant;
}

static void a_day_begins_with_the_first_moment_of_its_date(void **state)
{
    static const struct {
        const char *zone, *date, *begins;
    } cases[] = {
        { NULL, "2027-07-01T00:00:00Z", "2027-07-01T00:00:00Z" },
        { "America/Los_Angeles", "2027-07-01T00:00:00Z", "2027-07-01T07:00:00Z" },
        { "Pacific/Kiritimati", "2027-07-01T00:00:00Z", "2027-06-30T10:00:00Z" },
        /* The clock jumps over midnight; it goes back to 23:00 at midnight; a day is skipped. */
        { "America/Sao_Paulo", "2018-11-04T00:00:00Z", "2018-11-04T03:00:00Z" },
        { "America/Sao_Paulo", "2018-02-18T00:00:00Z", "2018-02-18T03:00:00Z" },
        { "Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-30T10:00:00Z" },
        { "Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const Timezone *zone = cases[i].zone != NULL ? timezone_find(cases[i].zone) : NULL;
        assert_int_equal(days_begin(zone, moment(cases[i].date)), moment(cases[i].begins));
    }
}

static void midnight_is_the_date_in_utc_and_in_the_zone(void **state)
{
    const Timezone *berlin = timezone_find("Europe/Berlin");
    Instant date;

    (void)state;
    assert_true(days_date(berlin, moment("2027-07-01T00:00:00Z"), &date));
    assert_int_equal(date, moment("2027-07-01T00:00:00Z"));
    assert_true(days_date(berlin, moment("2027-07-01T00:00:00+02:00"), &date));
    assert_int_equal(date, moment("2027-07-01T00:00:00Z"));
    assert_false(days_date(berlin, moment("2027-07-01T01:00:00+02:00"), &date));
    assert_int_equal(date, moment("2027-07-01T00:00:00Z"));
    assert_false(days_date(NULL, moment("2027-07-01T00:00:00+02:00"), &date));
    assert_int_equal(date, moment("2027-06-30T00:00:00Z"));
}

/* Each date against each window, by what days_begin says. */
static void dates_reach_into_a_window_as_their_moments_do(void **state)
{
    static const char *const zones[] = {
        NULL,           "America/Los_Angeles", "Pacific/Kiritimati",
        "Pacific/Apia", "America/Sao_Paulo",   "Europe/Berlin"
    };
    const Instant days[] = { moment("2011-12-30T00:00:00Z"), moment("2018-11-04T00:00:00Z"),
                             moment("2018-02-18T00:00:00Z"), moment("1970-01-02T00:00:00Z") };
    const Instant hour_us = DAY_US / 24;

    (void)state;
    for (size_t i = 0; i < 24; i++) {
        const char *name = zones[i % 6];
        const Timezone *zone = name != NULL ? timezone_find(name) : NULL;
        for (Instant from = days[i / 6] - DAY_US; from < days[i / 6] + DAY_US; from += hour_us) {
            for (Instant to = from + 1; to < from + 2 * DAY_US; to += 7 * hour_us) {
                Instant first;
                Instant last;
                days_reaching(zone, from, to, &first, &last);
                for (Instant date = days[i / 6] - 4 * DAY_US; date < days[i / 6] + 5 * DAY_US;
                     date += DAY_US) {
                    bool is_in =
                        days_begin(zone, date) < to && days_begin(zone, date + DAY_US) > from;
                    assert_int_equal(date < last && date + DAY_US > first, is_in);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_begins_with_the_first_moment_of_its_date),
        cmocka_unit_test(midnight_is_the_date_in_utc_and_in_the_zone),
        cmocka_unit_test(dates_reach_into_a_window_as_their_moments_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
