#include "base/buffer.h"
#include "rrule/plan.h"

enum { NUMBERED_DAYS_MAX = 53 };

const char *const rrule_once = "FREQ=DAILY;COUNT=1";

static void begin_value(Buffer *out, const char *name, bool *is_first)
{
    if (*is_first)
        buffer_printf(out, ";%s=", name);
    else
        buffer_add_char(out, ',');
    *is_first = false;
}

/* Those counted from the start, then those from the end: about the order in which they happen. */
static void put_numbers(Buffer *out, const RRule *rule, ByPart part)
{
    const OrdinalSet *set = &rule->by[part];
    bool is_first = true;

    if (!rrule_has(rule, part))
        return;
    for (int n = 0; n <= RRULE_ORDINAL_MAX; n++) {
        if ((set->plus[n / 64] >> n % 64 & 1) == 0)
            continue;
        begin_value(out, rrule_part_name(part), &is_first);
        buffer_printf(out, "%d", n);
    }
    for (int n = RRULE_ORDINAL_MAX; n > 0; n--) {
        if ((set->minus[n / 64] >> n % 64 & 1) == 0)
            continue;
        begin_value(out, rrule_part_name(part), &is_first);
        buffer_printf(out, "-%d", n);
    }
}

static void put_numbered_days(Buffer *out, const uint64_t *nth, int n, bool is_from_end,
                              bool *is_first)
{
    for (int day = 0; day < WEEKDAYS; day++) {
        if ((nth[day] >> n & 1) == 0)
            continue;
        begin_value(out, "BYDAY", is_first);
        buffer_printf(out, "%d%s", is_from_end ? -n : n, rrule_weekday_name((Weekday)day));
    }
}

static void put_days(Buffer *out, const RRule *rule)
{
    bool is_first = true;

    for (int day = 0; day < WEEKDAYS; day++) {
        if ((rule->weekdays >> day & 1) == 0)
            continue;
        begin_value(out, "BYDAY", &is_first);
        buffer_add(out, rrule_weekday_name((Weekday)day));
    }
    for (int n = 1; rule->has_nth && n <= NUMBERED_DAYS_MAX; n++)
        put_numbered_days(out, rule->nth_plus, n, false, &is_first);
    for (int n = NUMBERED_DAYS_MAX; rule->has_nth && n > 0; n--)
        put_numbered_days(out, rule->nth_minus, n, true, &is_first);
}

static void put_until(Buffer *out, const RRule *rule)
{
    int64_t days = floor_divide(rule->until_us, DAY_US);
    int64_t seconds = (rule->until_us - days * DAY_US) / SECOND_US;
    int64_t year;
    unsigned month;
    unsigned day;

    date_from_days(days, &year, &month, &day);
    buffer_printf(out, ";UNTIL=%04d%02u%02u", (int)year, month, day);
    if (rule->until_form != UNTIL_DATE)
        buffer_printf(out, "T%02d%02d%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                      (int)(seconds % 60));
    if (rule->until_form == UNTIL_UTC)
        buffer_add_char(out, 'Z');
}

const char *rrule_format(Arena *arena, const RRule *rule)
{
    Buffer out = buffer_start(arena);

    buffer_printf(&out, "FREQ=%s", rrule_frequency_name(rule->frequency));
    if (rule->interval != 1)
        buffer_printf(&out, ";INTERVAL=%d", (int)rule->interval);
    for (ByPart part = BY_MONTH; part <= BY_MONTH_DAY; part++)
        put_numbers(&out, rule, part);
    put_days(&out, rule);
    for (ByPart part = BY_HOUR; part <= BY_SET_POSITION; part++)
        put_numbers(&out, rule, part);
    if (rule->week_start != WEEKDAY_MONDAY)
        buffer_printf(&out, ";WKST=%s", rrule_weekday_name(rule->week_start));
    if (rule->until_form != UNTIL_NONE)
        put_until(&out, rule);
    if (rule->count != 0)
        buffer_printf(&out, ";COUNT=%d", (int)rule->count);
    return out.data;
}

/* -- In the company of an event --------------------------------------------------------------- */

void rrule_convert_until(RRule *rule, const Timezone *zone, bool all_day)
{
    if (rule->until_form == UNTIL_NONE)
        return;
    if (all_day) {
        /* Like every time of an all-day event: midnight in UTC is the date, and any other moment
         * lies in a day of the zone. */
        if (zone != NULL && rule->until_form == UNTIL_UTC && rule->until_us % DAY_US != 0)
            rule->until_us = timezone_to_local(zone, rule->until_us);
        rule->until_us = floor_divide(rule->until_us, DAY_US) * DAY_US;
        rule->until_form = UNTIL_DATE;
        return;
    }
    if (rule->until_form == UNTIL_UTC)
        return;
    if (rule->until_form == UNTIL_DATE)
        rule->until_us += DAY_US - SECOND_US;
    rule->until_us = timezone_to_instant(zone, rule->until_us);
    if (rule->until_us >= INSTANT_END) /* the last evening of 2199, west of Greenwich */
        rule->until_us = INSTANT_END - SECOND_US;
    if (rule->until_us < INSTANT_MIN)
        rule->until_us = INSTANT_MIN;
    rule->until_form = UNTIL_UTC;
}

static int64_t fraction_of(int64_t us)
{
    return (us % SECOND_US + SECOND_US) % SECOND_US;
}

int64_t rrule_whole_until(int64_t until_us, Instant start)
{
    int64_t fraction_us = fraction_of(start);
    int64_t whole_us = until_us - fraction_of(until_us);
    bool passes = fraction_us > 0 && fraction_us <= fraction_of(until_us);

    return passes && whole_us + SECOND_US < INSTANT_END ? whole_us + SECOND_US : whole_us;
}

static bool refuse(RRuleFault *fault, const char *part, const char *reason)
{
    *fault = (RRuleFault){ .part = part, .reason = reason };
    return false;
}

bool rrule_check_start(const RRule *rule, Instant start, bool all_day, RRuleFault *ret_fault)
{
    if (all_day && rule->frequency < FREQUENCY_DAILY)
        return refuse(ret_fault, "FREQ",
                      "An all-day event repeats by days or longer: use DAILY, "
                      "WEEKLY, MONTHLY or YEARLY.");
    /* RFC 5545 3.3.10: "The BYSECOND, BYMINUTE and BYHOUR rule parts MUST NOT be specified when
     * the associated "DTSTART" property has a DATE value type." */
    for (ByPart part = BY_HOUR; all_day && part <= BY_SECOND; part++) {
        if (rrule_has(rule, part))
            return refuse(ret_fault, rrule_part_name(part),
                          "An all-day event has no time of day: leave this part out.");
    }
    if (rule->until_form != UNTIL_NONE && rule->until_us < start)
        return refuse(ret_fault, "UNTIL", "UNTIL must not lie before the start.");
    return true;
}
