#include "time/tz_rule.h"

#include "time/instant.h"

enum { HOUR_S = 3600, DAY_S = 86400, DAYS_OF_WEEK = 7 };

/* -- Reading ---------------------------------------------------------------------------------- */

typedef struct Cursor {
    const char *at;
    const char *end;
} Cursor;

static bool is_next(const Cursor *c, char expected)
{
    return c->at < c->end && *c->at == expected;
}

static bool take(Cursor *c, char expected)
{
    if (!is_next(c, expected))
        return false;
    c->at++;
    return true;
}

static bool take_number(Cursor *c, unsigned min, unsigned max, unsigned *ret_value)
{
    unsigned value = 0;
    const char *start = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        value = value * 10 + (unsigned)(*c->at++ - '0');
        if (value > max)
            return false;
    }
    *ret_value = value;
    return c->at > start && value >= min;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* POSIX 8.3: three or more letters, or anything alphanumeric with + and - in angle brackets. */
static bool take_name(Cursor *c)
{
    const char *start = c->at;

    if (take(c, '<')) {
        while (c->at < c->end && *c->at != '>')
            c->at++;
        return take(c, '>');
    }
    while (c->at < c->end && is_letter(*c->at))
        c->at++;
    return c->at - start >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_time(Cursor *c, unsigned max_hours, int32_t *ret_s)
{
    bool is_negative = take(c, '-');
    unsigned hours;
    unsigned minutes = 0;
    unsigned seconds = 0;

    if (!is_negative)
        take(c, '+');
    if (!take_number(c, 0, max_hours, &hours))
        return false;
    if (take(c, ':') && !take_number(c, 0, 59, &minutes))
        return false;
    if (take(c, ':') && !take_number(c, 0, 59, &seconds))
        return false;
    int32_t time_s = (int32_t)(hours * HOUR_S + minutes * 60 + seconds);
    *ret_s = is_negative ? -time_s : time_s;
    return true;
}

static bool take_date(Cursor *c, TzDate *ret_date)
{
    *ret_date = (TzDate){ .kind = TZ_ORDINAL, .time_s = 2 * HOUR_S };
    if (take(c, 'M')) {
        ret_date->kind = TZ_WEEKDAY;
        if (!take_number(c, 1, 12, &ret_date->month) || !take(c, '.') ||
            !take_number(c, 1, 5, &ret_date->week) || !take(c, '.') ||
            !take_number(c, 0, 6, &ret_date->day))
            return false;
    } else if (take(c, 'J')) {
        ret_date->kind = TZ_JULIAN;
        if (!take_number(c, 1, 365, &ret_date->day))
            return false;
    } else if (!take_number(c, 0, 365, &ret_date->day)) {
        return false;
    }
    /* RFC 9636 3.3.1: "The hours part of the transition times may be signed and range from -167
     * through 167". */
    return !take(c, '/') || take_time(c, 167, &ret_date->time_s);
}

bool tz_rule_parse(const char *text, size_t length, TzRule *ret_rule)
{
    Cursor c = { .at = text, .end = text + length };
    TzRule rule = { .has_daylight = false };

    /* In POSIX an offset counts west of Greenwich. */
    if (!take_name(&c) || !take_time(&c, 24, &rule.standard_s))
        return false;
    rule.standard_s = -rule.standard_s;
    if (c.at < c.end) {
        rule.has_daylight = true;
        rule.daylight_s = rule.standard_s + HOUR_S;
        if (!take_name(&c))
            return false;
        if (!is_next(&c, ',')) {
            if (!take_time(&c, 24, &rule.daylight_s))
                return false;
            rule.daylight_s = -rule.daylight_s;
        }
        if (!take(&c, ',') || !take_date(&c, &rule.start) || !take(&c, ',') ||
            !take_date(&c, &rule.end))
            return false;
    }
    *ret_rule = rule;
    return c.at == c.end;
}

/* -- Playing forward -------------------------------------------------------------------------- */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Seconds since 1970 on the wall clock in force before the transition. */
static int64_t date_in_year(const TzDate *date, int64_t year)
{
    int64_t days;

    if (date->kind == TZ_WEEKDAY) {
        days = days_from_date(year, date->month, 1);
        /* 1970-01-01 was a Thursday, weekday 4. */
        int64_t weekday = ((days + 4) % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK;
        days += (date->day + DAYS_OF_WEEK - weekday) % DAYS_OF_WEEK;
        days += (int64_t)(date->week - 1) * DAYS_OF_WEEK;
        int64_t next_month = date->month == 12 ? days_from_date(year + 1, 1, 1)
                                               : days_from_date(year, date->month + 1, 1);
        if (days >= next_month)
            days -= DAYS_OF_WEEK;
    } else {
        days = days_from_date(year, 1, 1) + date->day;
        if (date->kind == TZ_JULIAN && !(is_leap(year) && date->day >= 60))
            days--; /* J1 is 1 January; from J60, 1 March, on a leap day has passed unnumbered */
    }
    return days * DAY_S + date->time_s;
}

void tz_rule_year(const TzRule *rule, int64_t year, TzTransition ret_transitions[2])
{
    ret_transitions[0] = (TzTransition){
        .at_s = date_in_year(&rule->start, year) - rule->standard_s,
        .offset_s = rule->daylight_s,
    };
    ret_transitions[1] = (TzTransition){
        .at_s = date_in_year(&rule->end, year) - rule->daylight_s,
        .offset_s = rule->standard_s,
    };
}
