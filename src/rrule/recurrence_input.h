/* RecurrenceInput - a recurrence pattern out of what a client sent, in any of its forms. Part of
 * recurrence.c, which has the type object. */
#pragma once

#include "rrule/recurrence.h"

/* Fills the zeroed `ret_recurrence`. Faults stand at d->location or at the member that has it. */
bool recurrence_read(const Decoder *d, const json_t *value, Recurrence *ret_recurrence);
