/* Judged - what a change makes of events that it takes long to follow.
 *
 *   before the writer   judged_keep
 *   in the writer       judged_find, or else: judged_takes_long → judged_look
 *
 * To move a series with hundreds of changed occurrences takes a tenth of a second. So the writer
 * does not do that: the step before it works out in the SCAN lane what comes of the change, and the
 * writer takes it where no event is another one by then. Where one is, it is worked out anew, a few
 * times. */
#pragma once

#include "api/event_input.h"

/* `made` is what a change makes of `count` events as they are now, of each one of `afters`; it and
 * they live as long as the request. What is written beside each event is worked out, too. */
void judged_keep(Request *req, const Event *const befores[], const Event afters[], size_t count,
                 void *made);

/* What was kept of these events, if they still are what they were; or NULL. What judged_changes
 * gives is that of this answer. */
void *judged_find(Request *req, const Event *const befores[], size_t count);

/* What the changelog says of the one at `index` of those that were found (edits_update_event);
 * NULL: none were. */
const char *judged_changes(const Request *req, size_t index);

/* Would it keep others waiting to follow them, and `given` bytes of overrides beside theirs? Not of
 * what must follow a new zone file first: that is done in the writer, with the change. */
bool judged_takes_long(const Event *const befores[], size_t count, size_t given);

/* What the handler returns then, of which nothing was kept. */
Reply judged_look(Request *req);
