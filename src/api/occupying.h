/* Occupying - all that occupies a person in a window of time, one event after another: for who asks
 * when he is busy, or what is in the way. */
#pragma once

#include "calendar/fair.h"
#include "http/request.h"
#include "store/event_windows.h"

/* Looks into one event, with fair->work_left; not *ret_is_done: as of fair_end. What it makes in
 * `scratch` is gone afterwards. False: req->error says why nothing more is asked. */
typedef bool (*OccupyingVisit)(void *context, Arena *scratch, const Event *event,
                               bool *ret_is_done);

/* Visits what occupies window->reader, in the rounds of `fair`. */
bool occupying_visit(Request *req, const EventWindow *window, Fair *fair, OccupyingVisit visit,
                     void *context);
