#include "rrule/words.h"

#include "base/buffer.h"
#include "base/text.h"
#include "base/vector.h"
#include "rrule/plan.h"

/* How it works: a sentence is "every <interval> <unit>", then one phrase for each part in the order
 * months, weeks, days, times, choice, end. tests/unit/rrule/words_parse.c
 * reads them again, by words of its own, to show that they say all. */

enum { ORDINAL_WORDS = 5, DAYS_OF_WEEKS = 53 };

static const char *const units[] = {
    [FREQUENCY_SECONDLY] = "second", [FREQUENCY_MINUTELY] = "minute", [FREQUENCY_HOURLY] = "hour",
    [FREQUENCY_DAILY] = "day",       [FREQUENCY_WEEKLY] = "week",     [FREQUENCY_MONTHLY] = "month",
    [FREQUENCY_YEARLY] = "year",
};

static const char *const weekdays[] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

static const char *const months[] = {
    "",     "January", "February",  "March",   "April",    "May",      "June",
    "July", "August",  "September", "October", "November", "December",
};

static const char *const ordinals[] = { "", "first", "second", "third", "fourth", "fifth" };

/* -- Lists ------------------------------------------------------------------------------------ */

/* "a", "a and b", "a, b and c": the items are gathered first, because the last one is special. */
typedef struct Items {
    Arena *arena;
    const char **texts;
    size_t count;
    size_t capacity;
} Items;

static void items_add(Items *items, const char *text)
{
    items->texts = vector_room(items->arena, items->texts, items->count, &items->capacity,
                               sizeof(*items->texts));
    items->texts[items->count++] = text;
}

static void put_items(Buffer *out, const Items *items, const char *last_word)
{
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0 && i + 1 == items->count)
            buffer_printf(out, " %s ", last_word);
        else if (i > 0)
            buffer_add(out, ", ");
        buffer_add(out, items->texts[i]);
    }
}

static bool set_has(const uint64_t words[RRULE_SET_WORDS], int n)
{
    return (words[n / 64] >> n % 64 & 1) != 0;
}

static const char *ordinal(Arena *arena, int n)
{
    static const char *const endings[] = { "th", "st", "nd", "rd" };
    bool is_teen = n % 100 >= 11 && n % 100 <= 13;

    return arena_printf(arena, "%d%s", n, n % 10 <= 3 && !is_teen ? endings[n % 10] : "th");
}

static const char *ordinal_word(Arena *arena, int n)
{
    return n <= ORDINAL_WORDS ? ordinals[n] : ordinal(arena, n);
}

/* "last", "second to last", "20th to last" */
static const char *ordinal_back(Arena *arena, int n)
{
    return n == 1 ? "last" : arena_printf(arena, "%s to last", ordinal_word(arena, n));
}

/* The values of a part, as numbers from the front and with `noun` from the back. */
static Items part_items(Arena *arena, const RRule *rule, ByPart part, bool is_ordinal,
                        const char *noun)
{
    Items items = { .arena = arena };

    for (int n = 0; n <= RRULE_ORDINAL_MAX; n++) {
        if (set_has(rule->by[part].plus, n))
            items_add(&items, is_ordinal ? arena_printf(arena, "the %s", ordinal(arena, n))
                                         : arena_printf(arena, "%d", n));
    }
    for (int n = RRULE_ORDINAL_MAX; n > 0; n--) {
        if (set_has(rule->by[part].minus, n))
            items_add(&items, arena_printf(arena, "the %s%s", ordinal_back(arena, n), noun));
    }
    return items;
}

/* -- Days ------------------------------------------------------------------------------------- */

static Items day_items(Arena *arena, const RRule *rule, const char *article)
{
    Items items = { .arena = arena };

    for (int day = 0; day < WEEKDAYS; day++) {
        if ((rule->weekdays >> day & 1) != 0)
            items_add(&items, arena_printf(arena, "%s%s", article, weekdays[day]));
    }
    if (!rule->has_nth) /* as most */
        return items;
    for (int n = 1; n <= DAYS_OF_WEEKS; n++) {
        for (int day = 0; day < WEEKDAYS; day++) {
            if ((rule->nth_plus[day] >> n & 1) != 0)
                items_add(&items,
                          arena_printf(arena, "the %s %s", ordinal_word(arena, n), weekdays[day]));
        }
    }
    for (int n = DAYS_OF_WEEKS; n > 0; n--) {
        for (int day = 0; day < WEEKDAYS; day++) {
            if ((rule->nth_minus[day] >> n & 1) != 0)
                items_add(&items,
                          arena_printf(arena, "the %s %s", ordinal_back(arena, n), weekdays[day]));
        }
    }
    return items;
}

static void put_month_days(Buffer *out, const RRule *rule)
{
    Items items = part_items(out->arena, rule, BY_MONTH_DAY, true, " day");

    buffer_add(out, " on ");
    put_items(out, &items, "and");
    if (rule->frequency != FREQUENCY_MONTHLY)
        buffer_add(out, " of the month");
}

static void put_year_days(Buffer *out, const RRule *rule)
{
    Items items = part_items(out->arena, rule, BY_YEAR_DAY, true, " day");

    buffer_add(out, rrule_has(rule, BY_MONTH_DAY) ? " if it is " : " on ");
    put_items(out, &items, rrule_has(rule, BY_MONTH_DAY) ? "or" : "and");
    buffer_add(out, " of the year");
}

/* Beside a part that names dates the days are a condition: the 13th, if it is a Friday. */
static void put_days(Buffer *out, const RRule *rule)
{
    bool is_condition = rrule_has(rule, BY_MONTH_DAY) || rrule_has(rule, BY_YEAR_DAY);
    bool is_every = rule->frequency >= FREQUENCY_MONTHLY && !rrule_has(rule, BY_WEEK_NUMBER);
    const char *article = is_condition ? "a " : is_every ? "every " : "";
    Items items = day_items(out->arena, rule, article);

    buffer_add(out, is_condition ? " if it is " : " on ");
    put_items(out, &items, is_condition ? "or" : "and");
    if (rule->has_nth)
        buffer_add(out, rule->frequency == FREQUENCY_YEARLY && !rrule_has(rule, BY_MONTH)
                            ? " of the year"
                            : " of the month");
}

/* -- Months, weeks, times, choice ------------------------------------------------------------- */

static void put_months(Buffer *out, const RRule *rule)
{
    Items items = { .arena = out->arena };

    for (int n = 1; n <= 12; n++) {
        if (set_has(rule->by[BY_MONTH].plus, n))
            items_add(&items, months[n]);
    }
    buffer_add(out, " in ");
    put_items(out, &items, "and");
}

static void put_weeks(Buffer *out, const RRule *rule)
{
    Items items = part_items(out->arena, rule, BY_WEEK_NUMBER, false, "");

    buffer_add(out, " in week ");
    put_items(out, &items, "and");
    buffer_add(out, " of the year");
}

static int only_value(const RRule *rule, ByPart part)
{
    uint64_t values = rule->by[part].plus[0];

    return __builtin_popcountll(values) == 1 ? __builtin_ctzll(values) : -1;
}

static bool is_clock(const RRule *rule)
{
    return rule->frequency >= FREQUENCY_DAILY && rrule_has(rule, BY_HOUR) &&
           rrule_has(rule, BY_MINUTE) && only_value(rule, BY_MINUTE) >= 0 &&
           (!rrule_has(rule, BY_SECOND) || only_value(rule, BY_SECOND) >= 0);
}

/* "at 09:30 and 17:30" */
static void put_clock(Buffer *out, const RRule *rule)
{
    Items items = { .arena = out->arena };
    int minute = only_value(rule, BY_MINUTE);
    int second = only_value(rule, BY_SECOND);

    for (int hour = 0; hour < 24; hour++) {
        if (!set_has(rule->by[BY_HOUR].plus, hour))
            continue;
        items_add(&items, second < 0
                              ? arena_printf(out->arena, "%02d:%02d", hour, minute)
                              : arena_printf(out->arena, "%02d:%02d:%02d", hour, minute, second));
    }
    buffer_add(out, " at ");
    put_items(out, &items, "and");
}

static void put_times(Buffer *out, const RRule *rule)
{
    static const ByPart parts[] = { BY_HOUR, BY_MINUTE, BY_SECOND };
    static const char *const names[] = { "hour", "minute", "second" };

    if (is_clock(rule)) {
        put_clock(out, rule);
        return;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!rrule_has(rule, parts[i]))
            continue;
        Items items = part_items(out->arena, rule, parts[i], false, "");
        buffer_printf(out, " at %s ", names[i]);
        put_items(out, &items, "and");
    }
}

static void put_positions(Buffer *out, const RRule *rule)
{
    Items items = part_items(out->arena, rule, BY_SET_POSITION, true, "");

    buffer_add(out, ", but only ");
    put_items(out, &items, "and");
    buffer_printf(out, " of them in each %s", units[rule->frequency]);
}

static void put_end(Buffer *out, const RRule *rule, const char *timezone)
{
    bool has_zone = timezone != NULL && !text_equal(timezone, "UTC");
    const Timezone *zone = has_zone ? timezone_find(timezone) : NULL;
    bool is_local = zone != NULL && rule->until_form == UNTIL_UTC;
    int64_t until_us = is_local ? timezone_to_local(zone, rule->until_us) : rule->until_us;
    int64_t days = floor_divide(until_us, DAY_US);
    int64_t seconds = (until_us - days * DAY_US) / SECOND_US;
    int64_t year;
    unsigned month;
    unsigned day;

    if (rule->count == 1)
        buffer_add(out, ", once");
    else if (rule->count > 1)
        buffer_printf(out, ", %d times", (int)rule->count);
    if (rule->until_form == UNTIL_NONE)
        return;
    date_from_days(days, &year, &month, &day);
    buffer_printf(out, ", until %u %s %d", day, months[month], (int)year);
    /* The last second of a day says no more than the day. */
    if (rule->until_form == UNTIL_DATE || seconds == DAY_US / SECOND_US - 1)
        return;
    buffer_printf(out, " at %02d:%02d:%02d%s", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                  (int)(seconds % 60), rule->until_form == UNTIL_UTC && !is_local ? " UTC" : "");
}

/* -- The sentence ----------------------------------------------------------------------------- */

/* "every second Tuesday and the last Friday of the month" */
static bool is_days_of_every_month(const RRule *rule)
{
    return rule->frequency == FREQUENCY_MONTHLY && rule->interval == 1 && rule->has_nth &&
           rule->weekdays == 0 && (rule->given & ~(1u << BY_SET_POSITION)) == 0;
}

static void put_days_of_every_month(Buffer *out, const RRule *rule)
{
    Items items = day_items(out->arena, rule, "");

    buffer_add(out, "every ");
    items.texts[0] += sizeof("the ") - 1;
    put_items(out, &items, "and");
    buffer_add(out, " of the month");
}

static void put_parts(Buffer *out, const RRule *rule)
{
    if (rule->interval == 1)
        buffer_printf(out, "every %s", units[rule->frequency]);
    else
        buffer_printf(out, "every %d %ss", (int)rule->interval, units[rule->frequency]);
    if (rrule_has(rule, BY_MONTH))
        put_months(out, rule);
    if (rrule_has(rule, BY_WEEK_NUMBER))
        put_weeks(out, rule);
    if (rrule_has(rule, BY_MONTH_DAY))
        put_month_days(out, rule);
    if (rrule_has(rule, BY_YEAR_DAY))
        put_year_days(out, rule);
    if (rrule_has_by_day(rule))
        put_days(out, rule);
    put_times(out, rule);
}

const char *words_write(Arena *arena, const RRule *rule, const char *timezone)
{
    Buffer out = buffer_start(arena);

    if (is_days_of_every_month(rule))
        put_days_of_every_month(&out, rule);
    else
        put_parts(&out, rule);
    if (rrule_has(rule, BY_SET_POSITION))
        put_positions(&out, rule);
    if (rule->week_start != WEEKDAY_MONDAY)
        buffer_printf(&out, ", weeks beginning on %s", weekdays[rule->week_start]);
    put_end(&out, rule, timezone);
    return out.data;
}
