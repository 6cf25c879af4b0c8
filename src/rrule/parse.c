#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "rrule/rrule.h"

/* How it works: the text is cut at ';' and '=', every part has a row in the table at the end of
 * the file, and its reader gets the value as a Span. What one part alone cannot tell is judged
 * when all have been read. */

typedef struct Span {
    const char *at;
    const char *end;
} Span;

typedef struct Reading {
    RRule *rule;
    RRuleFault *fault;
    unsigned seen; /* bit i: row i of the table has been read */
} Reading;

typedef struct Part {
    const char *name;
    bool (*read)(Reading *r, const struct Part *part, Span value);
    /* Of a list of numbers: */
    ByPart by;
    int min, max;
    bool is_signed;
    const char *range; /* the sentence for a number that is none of its */
} Part;

static bool refuse(Reading *r, const char *part, const char *reason)
{
    *r->fault = (RRuleFault){ .part = part, .reason = reason };
    return false;
}

/* Cuts off what stands before the next `mark`. */
static Span cut(Span *text, char mark)
{
    const char *found = memchr(text->at, mark, (size_t)(text->end - text->at));
    Span head = { .at = text->at, .end = found != NULL ? found : text->end };

    text->at = found != NULL ? found + 1 : text->end;
    return head;
}

static bool span_is(Span span, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(span.end - span.at) == length && strncasecmp(span.at, word, length) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits up to the end of the span. Nothing in a rule needs more than six; leading zeros are in
 * RFC 5545's grammar. */
static bool read_number(Span span, int64_t *ret_value)
{
    enum { MOST_DIGITS = 9 };

    *ret_value = 0;
    if (span.at == span.end || span.end - span.at > MOST_DIGITS)
        return false;
    for (; span.at < span.end; span.at++) {
        if (!is_digit(*span.at))
            return false;
        *ret_value = *ret_value * 10 + (*span.at - '0');
    }
    return true;
}

static bool read_signed(Span span, int64_t *ret_value)
{
    bool is_negative = span.at < span.end && *span.at == '-';

    if (span.at < span.end && (*span.at == '-' || *span.at == '+'))
        span.at++;
    if (!read_number(span, ret_value))
        return false;
    if (is_negative)
        *ret_value = -*ret_value;
    return true;
}

/* -- The parts -------------------------------------------------------------------------------- */

static const char *const frequency_names[] = {
    [FREQUENCY_SECONDLY] = "SECONDLY", [FREQUENCY_MINUTELY] = "MINUTELY",
    [FREQUENCY_HOURLY] = "HOURLY",     [FREQUENCY_DAILY] = "DAILY",
    [FREQUENCY_WEEKLY] = "WEEKLY",     [FREQUENCY_MONTHLY] = "MONTHLY",
    [FREQUENCY_YEARLY] = "YEARLY",
};

static const char *const weekday_names[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

static bool read_frequency(Reading *r, const Part *part, Span value)
{
    for (size_t i = 0; i < sizeof(frequency_names) / sizeof(frequency_names[0]); i++) {
        if (span_is(value, frequency_names[i])) {
            r->rule->frequency = (Frequency)i;
            return true;
        }
    }
    return refuse(r, part->name,
                  "FREQ must be SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY.");
}

static bool read_interval(Reading *r, const Part *part, Span value)
{
    if (!read_number(value, &r->rule->interval) || r->rule->interval < 1 ||
        r->rule->interval > LIMIT_RULE_INTERVAL)
        return refuse(r, part->name, "INTERVAL must be a whole number from 1 to 10000.");
    return true;
}

static bool read_count(Reading *r, const Part *part, Span value)
{
    if (!read_number(value, &r->rule->count) || r->rule->count < 1 ||
        r->rule->count > LIMIT_RULE_COUNT)
        return refuse(r, part->name, "COUNT must be a whole number from 1 to 100000.");
    return true;
}

static bool read_date(Span text, int64_t *ret_days)
{
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t same_year;
    unsigned same_month;
    unsigned same_day;

    if (!read_number((Span){ text.at, text.at + 4 }, &year) ||
        !read_number((Span){ text.at + 4, text.at + 6 }, &month) ||
        !read_number((Span){ text.at + 6, text.at + 8 }, &day) || month < 1 || month > 12 ||
        day < 1 || day > 31)
        return false;
    *ret_days = days_from_date(year, (unsigned)month, (unsigned)day);
    date_from_days(*ret_days, &same_year, &same_month, &same_day);
    return same_month == month; /* 31 April is 1 May */
}

/* RFC 5545 3.3.12: "Implementations that do not support leap seconds SHOULD interpret the second
 * 60 as equivalent to the second 59." */
static bool read_clock(Span text, int64_t *ret_seconds)
{
    int64_t hour;
    int64_t minute;
    int64_t second;

    if (!read_number((Span){ text.at, text.at + 2 }, &hour) ||
        !read_number((Span){ text.at + 2, text.at + 4 }, &minute) ||
        !read_number((Span){ text.at + 4, text.at + 6 }, &second) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    *ret_seconds = (hour * 60 + minute) * 60 + (second == 60 ? 59 : second);
    return true;
}

static bool read_until(Reading *r, const Part *part, Span value)
{
    enum { DATE_LENGTH = 8, LOCAL_LENGTH = 15, UTC_LENGTH = 16 };
    static const char form[] =
        "UNTIL must be a date or a time like 20271231, 20271231T235959 or 20271231T235959Z.";
    ptrdiff_t length = value.end - value.at;
    int64_t days;
    int64_t seconds = 0;

    if (length != DATE_LENGTH && length != LOCAL_LENGTH && length != UTC_LENGTH)
        return refuse(r, part->name, form);
    if (!read_date(value, &days))
        return refuse(r, part->name, form);
    r->rule->until_form = UNTIL_DATE;
    if (length > DATE_LENGTH) {
        char mark = value.at[DATE_LENGTH];
        if ((mark != 'T' && mark != 't') ||
            !read_clock((Span){ value.at + DATE_LENGTH + 1, value.end }, &seconds))
            return refuse(r, part->name, form);
        r->rule->until_form = UNTIL_LOCAL;
    }
    if (length == UTC_LENGTH) {
        if (value.end[-1] != 'Z' && value.end[-1] != 'z')
            return refuse(r, part->name, form);
        r->rule->until_form = UNTIL_UTC;
    }
    r->rule->until_us = days * DAY_US + seconds * SECOND_US;
    if (r->rule->until_us < INSTANT_MIN || r->rule->until_us >= INSTANT_END)
        return refuse(r, part->name, "UNTIL must lie in the years 1900 to 2199.");
    return true;
}

static bool read_weekday(Span value, Weekday *ret_weekday)
{
    for (size_t i = 0; i < WEEKDAYS; i++) {
        if (span_is(value, weekday_names[i])) {
            *ret_weekday = (Weekday)i;
            return true;
        }
    }
    return false;
}

static bool read_week_start(Reading *r, const Part *part, Span value)
{
    if (!read_weekday(value, &r->rule->week_start))
        return refuse(r, part->name, "WKST must be one of MO, TU, WE, TH, FR, SA, SU.");
    return true;
}

static bool read_numbers(Reading *r, const Part *part, Span value)
{
    OrdinalSet *set = &r->rule->by[part->by];
    bool is_last = false;

    for (int count = 1; !is_last; count++) {
        Span item = cut(&value, ',');
        int64_t number;
        is_last = item.end == value.end;
        if (count > LIMIT_RULE_VALUES)
            return refuse(r, part->name, "A part of a rule has at most 400 values.");
        if (!(part->is_signed ? read_signed(item, &number) : read_number(item, &number)))
            return refuse(r, part->name, part->range);
        int64_t size = number < 0 ? -number : number;
        if (size < part->min || size > part->max)
            return refuse(r, part->name, part->range);
        if (part->by == BY_SECOND && size == 60)
            size = 59; /* as in read_clock */
        (number < 0 ? set->minus : set->plus)[size / 64] |= UINT64_C(1) << size % 64;
    }
    r->rule->given |= 1u << part->by;
    return true;
}

static bool read_days(Reading *r, const Part *part, Span value)
{
    enum { MOST_WEEKS = 53 };
    static const char form[] = "BYDAY must be days like MO, TU or, numbered within the month or "
                               "year, 1FR, -1SU (1 to 53).";
    RRule *rule = r->rule;
    bool is_last = false;

    for (int count = 1; !is_last; count++) {
        Span item = cut(&value, ',');
        int64_t number;
        Weekday weekday;
        is_last = item.end == value.end;
        if (count > LIMIT_RULE_VALUES)
            return refuse(r, part->name, "A part of a rule has at most 400 values.");
        if (item.end - item.at < 2 || !read_weekday((Span){ item.end - 2, item.end }, &weekday))
            return refuse(r, part->name, form);
        if (item.end - item.at == 2) {
            rule->weekdays |= 1u << weekday;
            continue;
        }
        if (!read_signed((Span){ item.at, item.end - 2 }, &number) || number == 0 ||
            number > MOST_WEEKS || number < -MOST_WEEKS)
            return refuse(r, part->name, form);
        if (number < 0)
            rule->nth_minus[weekday] |= UINT64_C(1) << -number;
        else
            rule->nth_plus[weekday] |= UINT64_C(1) << number;
    }
    return true;
}

/* -- The rule as a whole ---------------------------------------------------------------------- */

/* The sentences are those of RFC 5545 3.3.10. */
static bool check_by_day(Reading *r)
{
    const RRule *rule = r->rule;

    /* "The BYDAY rule part MUST NOT be specified with a numeric value when the FREQ rule part is
     * not set to MONTHLY or YEARLY." */
    if (rule->has_nth && rule->frequency < FREQUENCY_MONTHLY)
        return refuse(r, "BYDAY",
                      "A day with a number (1FR) needs FREQ=MONTHLY or YEARLY: use FR alone.");
    /* "Furthermore, the BYDAY rule part MUST NOT be specified with a numeric value with the FREQ
     * rule part set to YEARLY when the BYWEEKNO rule part is specified." */
    if (rule->has_nth && rrule_has(rule, BY_WEEK_NUMBER))
        return refuse(r, "BYDAY", "A day with a number (1FR) cannot stand beside BYWEEKNO.");
    return true;
}

static bool check_parts(Reading *r)
{
    const RRule *rule = r->rule;
    Frequency frequency = rule->frequency;
    unsigned others = rule->given & ~(1u << BY_SET_POSITION);

    /* "They MUST NOT occur in the same 'recur'." */
    if (rule->count > 0 && rule->until_form != UNTIL_NONE)
        return refuse(r, "COUNT", "A rule ends with COUNT or with UNTIL: leave out one of them.");
    /* "This rule part MUST NOT be used when the FREQ rule part is set to anything other than
     * YEARLY." */
    if (rrule_has(rule, BY_WEEK_NUMBER) && frequency != FREQUENCY_YEARLY)
        return refuse(r, "BYWEEKNO", "BYWEEKNO needs FREQ=YEARLY.");
    /* "The BYYEARDAY rule part MUST NOT be specified when the FREQ rule part is set to DAILY,
     * WEEKLY, or MONTHLY." */
    if (rrule_has(rule, BY_YEAR_DAY) && frequency >= FREQUENCY_DAILY &&
        frequency <= FREQUENCY_MONTHLY)
        return refuse(r, "BYYEARDAY", "BYYEARDAY cannot stand with FREQ=DAILY, WEEKLY or MONTHLY.");
    /* "The BYMONTHDAY rule part MUST NOT be specified when the FREQ rule part is set to
     * WEEKLY." */
    if (rrule_has(rule, BY_MONTH_DAY) && frequency == FREQUENCY_WEEKLY)
        return refuse(r, "BYMONTHDAY", "BYMONTHDAY cannot stand with FREQ=WEEKLY.");
    /* "It MUST only be used in conjunction with another BYxxx rule part." */
    if (rrule_has(rule, BY_SET_POSITION) && others == 0 && !rrule_has_by_day(rule))
        return refuse(r, "BYSETPOS",
                      "BYSETPOS chooses among the days or times of another BY part: "
                      "add one, for example BYDAY.");
    return check_by_day(r);
}

/* MO says all that 1MO could add. */
static void drop_covered_days(RRule *rule)
{
    rule->has_nth = false;
    for (size_t i = 0; i < WEEKDAYS; i++) {
        if ((rule->weekdays >> i & 1) != 0)
            rule->nth_plus[i] = rule->nth_minus[i] = 0;
        if ((rule->nth_plus[i] | rule->nth_minus[i]) != 0)
            rule->has_nth = true;
    }
}

/* "This is significant when a WEEKLY "RRULE" has an interval greater than 1, and a BYDAY rule part
 * is specified. This is also significant when in a YEARLY "RRULE" when a BYWEEKNO rule part is
 * specified." And BYSETPOS counts from the first day of the week. */
static void drop_idle_week_start(RRule *rule)
{
    bool is_weekly = rule->frequency == FREQUENCY_WEEKLY && rrule_has_by_day(rule) &&
                     (rule->interval > 1 || rrule_has(rule, BY_SET_POSITION));

    if (!is_weekly && !rrule_has(rule, BY_WEEK_NUMBER))
        rule->week_start = WEEKDAY_MONDAY;
}

#define PLAIN(name_, by_, min_, max_, range_)                                                      \
    {                                                                                              \
        .name = (name_), .read = read_numbers, .by = (by_), .min = (min_), .max = (max_),          \
        .range = (range_),                                                                         \
    }
#define SIGNED(name_, by_, max_)                                                                   \
    {                                                                                              \
        .name = (name_), .read = read_numbers, .by = (by_), .min = 1, .max = (max_),               \
        .is_signed = true,                                                                         \
        .range = name_ " must be whole numbers from 1 to " #max_ " or -" #max_ " to -1.",          \
    }

static const Part parts[] = {
    { .name = "FREQ", .read = read_frequency },
    { .name = "INTERVAL", .read = read_interval },
    { .name = "COUNT", .read = read_count },
    { .name = "UNTIL", .read = read_until },
    { .name = "WKST", .read = read_week_start },
    { .name = "BYDAY", .read = read_days },
    PLAIN("BYMONTH", BY_MONTH, 1, 12, "BYMONTH must be months from 1 to 12."),
    PLAIN("BYHOUR", BY_HOUR, 0, 23, "BYHOUR must be hours from 0 to 23."),
    PLAIN("BYMINUTE", BY_MINUTE, 0, 59, "BYMINUTE must be minutes from 0 to 59."),
    PLAIN("BYSECOND", BY_SECOND, 0, 60, "BYSECOND must be seconds from 0 to 60."),
    SIGNED("BYWEEKNO", BY_WEEK_NUMBER, 53),
    SIGNED("BYYEARDAY", BY_YEAR_DAY, 366),
    SIGNED("BYMONTHDAY", BY_MONTH_DAY, 31),
    SIGNED("BYSETPOS", BY_SET_POSITION, 366),
};

static bool read_part(Reading *r, Span text)
{
    Span name = cut(&text, '=');

    if (name.end == text.end)
        return refuse(r, "RRULE", "A rule is written as parts like FREQ=WEEKLY;BYDAY=MO.");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!span_is(name, parts[i].name))
            continue;
        if ((r->seen >> i & 1) != 0)
            return refuse(r, parts[i].name, "A part may be given once in a rule.");
        r->seen |= 1u << i;
        return parts[i].read(r, &parts[i], text);
    }
    return refuse(r, "RRULE",
                  "The rule has a part that RFC 5545 does not know: it has FREQ, "
                  "INTERVAL, COUNT, UNTIL, WKST and BY parts.");
}

bool rrule_parse(const char *text, RRule *ret_rule, RRuleFault *ret_fault)
{
    Reading r = { .rule = ret_rule, .fault = ret_fault };
    size_t length = strnlen(text, LIMIT_RULE_TEXT + 1);
    Span rest = { .at = text, .end = text + length };
    bool is_last = false;

    *ret_rule = (RRule){ .interval = 1 };
    *ret_fault = (RRuleFault){ 0 };
    if (length > LIMIT_RULE_TEXT)
        return refuse(&r, "RRULE", "A rule has at most 4096 characters.");
    if (strncasecmp(text, "RRULE:", strlen("RRULE:")) == 0)
        rest.at += strlen("RRULE:");
    while (!is_last) {
        Span part = cut(&rest, ';');
        is_last = part.end == rest.end;
        if (!read_part(&r, part))
            return false;
    }
    if ((r.seen & 1) == 0) /* the table's first row */
        return refuse(&r, "FREQ", "A rule needs FREQ, for example FREQ=WEEKLY.");
    drop_covered_days(ret_rule);
    drop_idle_week_start(ret_rule);
    return check_parts(&r);
}

const char *rrule_frequency_name(Frequency frequency)
{
    return frequency_names[frequency];
}

const char *rrule_weekday_name(Weekday weekday)
{
    return weekday_names[weekday];
}

const char *rrule_part_name(ByPart part)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].read == read_numbers && parts[i].by == part)
            return parts[i].name;
    }
    return "RRULE";
}
