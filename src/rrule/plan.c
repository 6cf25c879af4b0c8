#include "rrule/plan.h"

/* How it works: whatever expands or limits days comes down to one question, "may this day be?",
 * because after the unsaid has been filled in every part that names days is a filter on the days
 * of the period, and RFC 5545's table only says how large the period is. So each part becomes a
 * mask of the days of a month or a year, and they are ANDed. */

static const uint64_t every_hour = (UINT64_C(1) << 24) - 1;
static const uint64_t every_minute = (UINT64_C(1) << 60) - 1;

/* -- What the rule leaves unsaid -------------------------------------------------------------- */

static uint64_t times_or(const RRule *rule, ByPart part, bool is_limit, uint64_t every,
                         int64_t at_start)
{
    if (rrule_has(rule, part))
        return rule->by[part].plus[0];
    return is_limit ? every : UINT64_C(1) << at_start;
}

static void fill_times(RRulePlan *plan, const RRule *rule, int64_t second_of_day)
{
    Frequency frequency = rule->frequency;

    plan->times = (TimeMask){
        .hours = times_or(rule, BY_HOUR, frequency <= FREQUENCY_HOURLY, every_hour,
                          second_of_day / 3600),
        .minutes = times_or(rule, BY_MINUTE, frequency <= FREQUENCY_MINUTELY, every_minute,
                            second_of_day / 60 % 60),
        .seconds = times_or(rule, BY_SECOND, frequency == FREQUENCY_SECONDLY, every_minute,
                            second_of_day % 60),
    };
}

static void fill_days(RRulePlan *plan, const RRule *rule, int64_t start_day)
{
    int64_t year;
    unsigned month;
    unsigned day;
    bool has_month_day = rrule_has(rule, BY_MONTH_DAY);
    bool names_days = has_month_day || rrule_has_by_day(rule) || rrule_has(rule, BY_YEAR_DAY);

    if (names_days || rule->frequency <= FREQUENCY_DAILY)
        return;
    date_from_days(start_day, &year, &month, &day);
    if (rule->frequency == FREQUENCY_WEEKLY || rrule_has(rule, BY_WEEK_NUMBER)) {
        plan->has_by_day = true;
        plan->weekdays = 1u << weekday_of(start_day);
        return;
    }
    plan->month_days = UINT64_C(1) << day;
    if (rule->frequency == FREQUENCY_YEARLY && !rrule_has(rule, BY_MONTH))
        plan->months = 1u << month;
}

void rrule_plan_init(RRulePlan *plan, const RRule *rule, int64_t start_local_us)
{
    int64_t start_day = floor_divide(start_local_us, DAY_US);
    unsigned every_month = (1u << 13) - 2;

    *plan = (RRulePlan){
        .frequency = rule->frequency,
        .week_start = rule->week_start,
        .months = rrule_has(rule, BY_MONTH) ? (unsigned)rule->by[BY_MONTH].plus[0] : every_month,
        .month_days = rule->by[BY_MONTH_DAY].plus[0],
        .month_days_back = rule->by[BY_MONTH_DAY].minus[0],
        .has_week_numbers = rrule_has(rule, BY_WEEK_NUMBER),
        .has_year_days = rrule_has(rule, BY_YEAR_DAY),
        .has_by_day = rrule_has_by_day(rule),
        .is_nth_in_year =
            rule->has_nth && rule->frequency == FREQUENCY_YEARLY && !rrule_has(rule, BY_MONTH),
        .weekdays = rule->weekdays,
        .rule = rule,
    };
    plan->has_day_limit = rrule_has(rule, BY_MONTH) || rrule_has(rule, BY_YEAR_DAY) ||
                          rrule_has(rule, BY_MONTH_DAY) || plan->has_by_day;
    fill_times(plan, rule, (start_local_us - start_day * DAY_US) / SECOND_US);
    fill_days(plan, rule, start_day);
}

/* -- Days of a span of days ------------------------------------------------------------------- */

static void mask_add(DayMask *mask, int64_t i, unsigned length)
{
    if (i >= 0 && i < length)
        mask->words[i / 64] |= UINT64_C(1) << i % 64;
}

/* ORs `bits` into the mask from bit `at` on. */
static void mask_add_bits(DayMask *mask, unsigned at, uint64_t bits)
{
    mask->words[at / 64] |= bits << at % 64;
    if (at % 64 != 0 && at / 64 + 1 < DAY_WORDS)
        mask->words[at / 64 + 1] |= bits >> (64 - at % 64);
}

static void mask_and(DayMask *mask, const DayMask *other)
{
    for (unsigned i = 0; i < DAY_WORDS; i++)
        mask->words[i] &= other->words[i];
}

static int lowest(uint64_t bits)
{
    return __builtin_ctzll(bits);
}

/* BYDAY in a month or year of `length` days that begins on the weekday `first`. RFC 5545 3.3.10:
 * "Each BYDAY value can also be preceded by a positive (+n) or negative (-n) integer. If present,
 * this indicates the nth occurrence of a specific day within the MONTHLY or YEARLY "RRULE"." */
static void add_by_day(const RRulePlan *plan, unsigned first, unsigned length, DayMask *days)
{
    for (unsigned weekday = 0; weekday < WEEKDAYS; weekday++) {
        int64_t earliest = (weekday + WEEKDAYS - first) % WEEKDAYS;
        int64_t latest = earliest + (length - 1 - earliest) / WEEKDAYS * WEEKDAYS;
        if ((plan->weekdays >> weekday & 1) != 0) {
            for (int64_t i = earliest; i < length; i += WEEKDAYS)
                mask_add(days, i, length);
            continue;
        }
        for (uint64_t n = plan->rule->nth_plus[weekday]; n != 0; n &= n - 1)
            mask_add(days, earliest + (lowest(n) - 1) * WEEKDAYS, length);
        for (uint64_t n = plan->rule->nth_minus[weekday]; n != 0; n &= n - 1)
            mask_add(days, latest - (lowest(n) - 1) * WEEKDAYS, length);
    }
}

/* Plain weekdays in a month, the usual case: each is one pattern, shifted. */
static uint64_t plain_weekdays(const RRulePlan *plan, unsigned first)
{
    static const uint64_t every_seventh = UINT64_C(0x10204081);
    uint64_t days = 0;

    for (unsigned weekday = 0; weekday < WEEKDAYS; weekday++) {
        if ((plan->weekdays >> weekday & 1) != 0)
            days |= every_seventh << (weekday + WEEKDAYS - first) % WEEKDAYS;
    }
    return days;
}

static uint64_t month_mask(const RRulePlan *plan, unsigned first, unsigned length)
{
    uint64_t days = (UINT64_C(1) << length) - 1;

    if ((plan->month_days | plan->month_days_back) != 0) {
        uint64_t named = plan->month_days >> 1;
        for (uint64_t n = plan->month_days_back; n != 0; n &= n - 1) {
            if ((unsigned)lowest(n) <= length)
                named |= UINT64_C(1) << (length - (unsigned)lowest(n));
        }
        days &= named;
    }
    if (!plan->has_by_day || plan->is_nth_in_year)
        return days;
    if (!plan->rule->has_nth)
        return days & plain_weekdays(plan, first);
    DayMask by_day = { 0 };
    add_by_day(plan, first, length, &by_day);
    return days & by_day.words[0];
}

uint64_t rrule_plan_month(const RRulePlan *plan, int64_t year, unsigned month)
{
    if ((plan->months >> month & 1) == 0)
        return 0;
    int64_t first_day = days_from_date(year, month, 1);
    int64_t next = days_from_date(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1);

    return month_mask(plan, weekday_of(first_day), (unsigned)(next - first_day));
}

uint64_t rrule_plan_week(const RRulePlan *plan, int64_t first_day)
{
    uint64_t days = 0;
    int64_t year;
    unsigned month;
    unsigned day;

    for (unsigned i = 0; i < WEEKDAYS; i++) {
        if ((plan->weekdays >> weekday_of(first_day + i) & 1) == 0)
            continue;
        if (rrule_has(plan->rule, BY_MONTH)) {
            date_from_days(first_day + i, &year, &month, &day);
            if ((plan->months >> month & 1) == 0)
                continue;
        }
        days |= UINT64_C(1) << i;
    }
    return days;
}

/* -- The parts that count within a year ------------------------------------------------------- */

static void limit_year_days(const RRulePlan *plan, unsigned length, DayMask *days)
{
    const OrdinalSet *set = &plan->rule->by[BY_YEAR_DAY];
    DayMask named = { 0 };

    for (unsigned word = 0; word < RRULE_SET_WORDS; word++) {
        for (uint64_t n = set->plus[word]; n != 0; n &= n - 1)
            mask_add(&named, (int64_t)word * 64 + lowest(n) - 1, length);
        for (uint64_t n = set->minus[word]; n != 0; n &= n - 1)
            mask_add(&named, (int64_t)length - ((int64_t)word * 64 + lowest(n)), length);
    }
    mask_and(days, &named);
}

/* The day with which week 1 of a year begins. RFC 5545 3.3.10: "Week number one of the calendar
 * year is the first week that contains at least four (4) days in that calendar year." */
static int64_t first_week(const RRulePlan *plan, int64_t year)
{
    int64_t new_year = days_from_date(year, 1, 1);
    int64_t since_start = (weekday_of(new_year) + WEEKDAYS - plan->week_start) % WEEKDAYS;

    return since_start <= 3 ? new_year - since_start : new_year - since_start + WEEKDAYS;
}

/* A day belongs to the calendar year of its date, and its week to the year that numbers it: the
 * 30th of December may lie in week 1. */
static void limit_weeks(const RRulePlan *plan, int64_t year, unsigned length, DayMask *days)
{
    const OrdinalSet *set = &plan->rule->by[BY_WEEK_NUMBER];
    int64_t new_year = days_from_date(year, 1, 1);
    DayMask named = { 0 };

    for (int64_t numbering = year - 1; numbering <= year + 1; numbering++) {
        int64_t week_1 = first_week(plan, numbering);
        int64_t weeks = (first_week(plan, numbering + 1) - week_1) / WEEKDAYS;
        for (int64_t week = 1; week <= weeks; week++) {
            int64_t from = week_1 + (week - 1) * WEEKDAYS - new_year;
            bool is_named = ((set->plus[0] >> week | set->minus[0] >> (weeks - week + 1)) & 1) != 0;
            if (!is_named || from <= -WEEKDAYS || from >= length)
                continue;
            for (int64_t i = from; i < from + WEEKDAYS; i++)
                mask_add(&named, i, length);
        }
    }
    mask_and(days, &named);
}

unsigned rrule_plan_year(const RRulePlan *plan, int64_t year, DayMask *ret_days)
{
    static const unsigned char lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t new_year = days_from_date(year, 1, 1);
    unsigned length = (unsigned)(days_from_date(year + 1, 1, 1) - new_year);
    unsigned first = weekday_of(new_year);
    unsigned at = 0;

    *ret_days = (DayMask){ 0 };
    for (unsigned month = 1; month <= 12; month++) {
        unsigned month_length = month == 2 ? length - 337 : lengths[month - 1];
        if ((plan->months >> month & 1) != 0)
            mask_add_bits(ret_days, at, month_mask(plan, (first + at) % WEEKDAYS, month_length));
        at += month_length;
    }
    if (plan->is_nth_in_year) {
        DayMask by_day = { 0 };
        add_by_day(plan, first, length, &by_day);
        mask_and(ret_days, &by_day);
    }
    if (plan->has_year_days)
        limit_year_days(plan, length, ret_days);
    if (plan->has_week_numbers)
        limit_weeks(plan, year, length, ret_days);
    return length;
}
