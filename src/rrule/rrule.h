/* RRule - how something repeats: RFC 5545 3.3.10, all of it.
 *
 *   RRule rule;
 *   RRuleFault fault;
 *   if (!rrule_parse("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", &rule, &fault))
 *       … fault.part is to blame, fault.reason says why and what to do …
 *   rrule_convert_until(&rule, zone, all_day);
 *   text = rrule_format(arena, &rule);           equal rules have equal text
 *
 * A rule is a value: no memory behind it, may be copied. What it yields is in rrule_iterator.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "time/timezone.h"

typedef enum Frequency {
    FREQUENCY_SECONDLY,
    FREQUENCY_MINUTELY,
    FREQUENCY_HOURLY,
    FREQUENCY_DAILY,
    FREQUENCY_WEEKLY,
    FREQUENCY_MONTHLY,
    FREQUENCY_YEARLY,
} Frequency;

typedef enum Weekday {
    WEEKDAY_MONDAY,
    WEEKDAY_TUESDAY,
    WEEKDAY_WEDNESDAY,
    WEEKDAY_THURSDAY,
    WEEKDAY_FRIDAY,
    WEEKDAY_SATURDAY,
    WEEKDAY_SUNDAY,
} Weekday;

/* The BY parts that are lists of numbers, in canonical order. BYDAY stands apart. */
typedef enum ByPart {
    BY_MONTH,
    BY_WEEK_NUMBER,
    BY_YEAR_DAY,
    BY_MONTH_DAY,
    BY_HOUR,
    BY_MINUTE,
    BY_SECOND,
    BY_SET_POSITION,
    BY_PART_COUNT,
} ByPart;

enum { RRULE_SET_WORDS = 6, RRULE_ORDINAL_MAX = 366, WEEKDAYS = 7 };

/* A set of numbers: bit n of `plus` is n, bit n of `minus` is -n. */
typedef struct OrdinalSet {
    uint64_t plus[RRULE_SET_WORDS];
    uint64_t minus[RRULE_SET_WORDS];
} OrdinalSet;

typedef enum UntilForm {
    UNTIL_NONE,
    UNTIL_DATE,  /* until_us is midnight of that day; the whole day belongs to it */
    UNTIL_LOCAL, /* until_us is wall-clock time */
    UNTIL_UTC,   /* until_us is an Instant */
} UntilForm;

typedef struct RRule {
    Frequency frequency;
    Weekday week_start; /* MONDAY wherever it makes no difference */
    int64_t interval;   /* at least 1 */
    int64_t count;      /* 0: none */
    UntilForm until_form;
    int64_t until_us;
    unsigned given;    /* bit p: by[p] is not empty */
    unsigned weekdays; /* BYDAY without a number: bit Weekday */
    OrdinalSet by[BY_PART_COUNT];
    uint64_t nth_plus[WEEKDAYS]; /* BYDAY with one: bit n of nth_plus[FRIDAY] is nFR */
    uint64_t nth_minus[WEEKDAYS];
    bool has_nth;
    int64_t
        most_work; /* what a walk along it may cost (walk.h); 0: no such limit. Not of its text */
} RRule;

typedef struct RRuleFault {
    const char *part;   /* "BYDAY"; "RRULE" when it is the rule as a whole */
    const char *reason; /* a constant sentence */
} RRuleFault;

static inline bool rrule_has(const RRule *rule, ByPart part)
{
    return (rule->given >> part & 1) != 0;
}

static inline bool rrule_has_by_day(const RRule *rule)
{
    return rule->weekdays != 0 || rule->has_nth;
}

/* Reads the text of a rule, with or without "RRULE:" before it, in any case and order. Refuses
 * what RFC 5545 3.3.10 forbids and what lies beyond limits.h. */
bool rrule_parse(const char *text, RRule *ret_rule, RRuleFault *ret_fault);

/* The canonical text, in the arena: parts in one order, values sorted without repeats, nothing
 * said that is true anyway. */
const char *rrule_format(Arena *arena, const RRule *rule);

/* RFC 5545 3.3.10: "The value of the UNTIL rule part MUST have the same value type as the
 * "DTSTART" property", in UTC when that has a zone. Brings an UNTIL of another form there: for an
 * all-day event the date in `zone` of a moment that is no midnight in UTC (NULL: in UTC), otherwise
 * the moment in `zone`; a date includes all of that day. */
void rrule_convert_until(RRule *rule, const Timezone *zone, bool all_day);

/* UNTIL has whole seconds, but a start may lie between two. The whole second that lets pass the
 * starts that `until_us` lets pass, where each has the fraction of a second that `start` has. */
int64_t rrule_whole_until(int64_t until_us, Instant start);

/* The rule of what takes place once, at its start. */
extern const char *const rrule_once;

/* May an event that starts at `start` repeat like this? UNTIL must be converted and not lie before
 * the start; nothing smaller than a day may be asked of an all-day event. */
bool rrule_check_start(const RRule *rule, Instant start, bool all_day, RRuleFault *ret_fault);

const char *rrule_frequency_name(Frequency frequency); /* "WEEKLY" */
const char *rrule_weekday_name(Weekday weekday);       /* "MO" */
const char *rrule_part_name(ByPart part);              /* "BYMONTHDAY" */
