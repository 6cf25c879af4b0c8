/* Words - a rule in plain English.
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
