/* RecurrenceInput - a recurrence pattern out of what a client sent, in any of its forms. Part of
 * recurrence.c, which has the type object. */
#pragma once

#include "rrule/recurrence.h"

/* Fills the zeroed `ret_recurrence`. Faults stand at d->location or at the member that has it. */
bool recurrence_read(const Decoder *d, const json_t *value, Recurrence *ret_recurrence);

/* Reads the value as a merge patch, as far as it can be read without what it is to be merged with:
 * all faults that do not depend on that are told. */
bool recurrence_read_merge(const Decoder *d, const json_t *value, Recurrence *ret_recurrence);

/* What `merge` of recurrence_read_merge makes of the present pattern, or of none. */
bool recurrence_read_merged(const Decoder *d, const Recurrence *present, const char *merge,
                            Recurrence *ret_recurrence);

/* Are days of the week given as later releases learned to read them: under `days`, as one text with
 * commas, or by their first three letters? So are an empty object, which is no pattern, and rdates
 * alone. */
bool recurrence_has_new_words(const json_t *value);
