/* RRulePlan - a rule made ready to be worked out: what it leaves unsaid is filled in from the
 * start, and every part has become a mask. Internal to the rrule files; rrule_walk.c tells the
 * whole story. */
#pragma once

#include "rrule/rrule.h"

enum { DAY_WORDS = 6, YEAR_DAYS_MAX = 366 };

/* Some of the days of a year, month or week: bit i is the i-th day of it. */
typedef struct DayMask {
    uint64_t words[DAY_WORDS];
} DayMask;

/* Times of the day: every hour with every minute with every second. */
typedef struct TimeMask {
    uint64_t hours;
    uint64_t minutes;
    uint64_t seconds;
} TimeMask;

typedef struct RRulePlan {
    Frequency frequency;
    Weekday week_start;
    unsigned months;     /* bit 1…12 */
    uint64_t month_days; /* bit 1…31; with month_days_back 0: no BYMONTHDAY */
    uint64_t month_days_back;
    bool has_week_numbers;
    bool has_year_days;
    bool has_by_day;
    bool is_nth_in_year; /* the number of a BYDAY counts within the year, not the month */
    bool has_day_limit;  /* at least one part names days or months */
    unsigned weekdays;
    const RRule *rule; /* for the larger sets */
    TimeMask times;
} RRulePlan;

/* RFC 5545 3.3.10: "Information, not contained in the rule, necessary to determine the various
 * recurrence instance start time and dates are derived from the Start Time (DTSTART)". `rule` must
 * outlive the plan. */
void rrule_plan_init(RRulePlan *plan, const RRule *rule, int64_t start_local_us);

/* Which days of a year the rule's parts let through; returns how long the year is. */
unsigned rrule_plan_year(const RRulePlan *plan, int64_t year, DayMask *ret_days);

/* The same of one month and of the week that begins with `first_day`. */
uint64_t rrule_plan_month(const RRulePlan *plan, int64_t year, unsigned month);
uint64_t rrule_plan_week(const RRulePlan *plan, int64_t first_day);

static inline int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Monday is 0, as in Weekday. 1970-01-01 was a Thursday. */
static inline unsigned weekday_of(int64_t day)
{
    int64_t shifted = day + WEEKDAY_THURSDAY;

    return (unsigned)(shifted - floor_divide(shifted, WEEKDAYS) * WEEKDAYS);
}
