/* RuleText - a rule in plain English, and back.
 *
 *   FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10             every week on Monday and Wednesday, 10 times
 *   FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20271231   every second Tuesday and the last Friday of the
 *                                                month, until 31 December 2027
 *   FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=-1          every year in March on the last day of the month
 */
#pragma once

#include <stdbool.h>

#include "rrule/rrule.h"

/* The sentence, without a full stop, in the arena. Says all that the rule says. An UNTIL in UTC is
 * told in the wall-clock time of the zone of this name; of UTC or NULL in UTC, and so it says. */
const char *words_write(Arena *arena, const RRule *rule, const char *timezone);

/* Reads what words_write writes, in any case, and common words besides: "daily", "every Monday",
 * "every weekday", "every other week". False: `ret_fault` names the word it stopped at only by its
 * part of the rule. */
bool words_parse(Arena *arena, const char *text, RRule *ret_rule, RRuleFault *ret_fault);

/* The words of both directions. */
extern const char *const words_units[];    /* by Frequency: "second" … "year" */
extern const char *const words_weekdays[]; /* by Weekday */
extern const char *const words_months[];   /* 1…12 */
extern const char *const words_ordinals[]; /* 1…5: "first" … "fifth" */
