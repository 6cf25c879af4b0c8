/* What the sentence of a rule says, read again: shows that words_write says all of it. */
#pragma once

#include "rrule/rrule.h"

/* Reads what words_write writes, in any case, and common words besides: "daily", "every Monday",
 * "every weekday", "every other week". False: `ret_fault` names the word it stopped at only by its
 * part of the rule. */
bool words_parse(Arena *arena, const char *text, RRule *ret_rule, RRuleFault *ret_fault);
