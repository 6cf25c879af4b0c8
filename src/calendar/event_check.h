/* EventCheck - the two halves of event_check, for who changes an event between them
 * (series/follow.c). */
#pragma once

#include "calendar/event.h"

/* Zone, status, times and is_recurring: all faults are told. */
bool event_check_members(const Decoder *d, Event *event);

/* The rule, the overrides, the size. Who takes place as `before` (NULL: there is none) keeps what
 * was derived. */
bool event_check_series(const Decoder *d, const Event *before, Event *event);
