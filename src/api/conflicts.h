/* Conflicts - what else takes place at the same time, for the operations that ask before they
 * write. */
#pragma once

#include "api/conflict_report.h"
#include "api/event_input.h"

/* CHOICE(ChangeQuery, conflicts, CONFLICTS_CHOICE) */
#define CONFLICTS_CHOICE                                                                           \
    .choices = conflicts_choices, .fallback = "\"allow\"",                                         \
    .doc = "`reject`: 409 when something that occupies my time takes place at the same time. Of "  \
           "a change only what it brings is judged: when nothing took place before. Of many such " \
           "requests at once for one time, one succeeds.",                                         \
    .example = "\"reject\""
extern const char *const conflicts_choices[];
extern const Schema conflicts_query_schema; /* of a creation: are they allowed? */
extern const Schema change_query_schema; /* of a change: why, and how with overrides, conflicts */

/* What is at the same time as this event, which has been through event_check; with itself it is in
 * no conflict. False: req->error says why. */
bool conflicts_find(Request *req, const Event *event, ConflictReport *ret_report);

/* Was `conflicts=reject` said? Then, in this order: */
bool conflicts_are_asked(const Request *req);

/* In a reading lane, which may take a while: false, ERROR_CONFLICT with the list in the problem
 * body, when one of the new events meets another one of them, or one that occupies the caller's
 * time. They have been through event_prepare, and live as long as the request. Uses req->state.
 * True where nobody asked for it. */
bool conflicts_look(Request *req, Event *events, size_t count);

/* In the WRITE lane, before they are inserted: likewise, with what has changed since. Until its
 * transaction ends, nobody else creates with `reject` for the same person. */
bool conflicts_permit(Request *req);

/* Events that a request changes. */
typedef struct Changes {
    const Event *const *befores; /* NULL in it: it was in the trash, and so at no time */
    Event *afters;               /* two of one `before`: it is split */
    size_t count;
} Changes;

/* The same of changes, in a reading lane and in the WRITE lane. They are judged as they then are,
 * among each other too, but only by what takes place when they did not before. */
bool conflicts_look_at_changes(Request *req, const Changes *changes);
bool conflicts_permit_changes(Request *req, const Changes *changes);

/* The same of one that is not split. `after` lives as long as the request. */
bool conflicts_look_at_change(Request *req, const Event *before, Event *after);
bool conflicts_permit_change(Request *req, const Event *before, Event *after);
