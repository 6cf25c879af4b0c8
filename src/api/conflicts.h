/* Conflicts - what else takes place at the same time, for the operations that ask before they
 * write. */
#pragma once

#include "http/request.h"

/* The parameters of a creation: are conflicts allowed? */
typedef struct ConflictsQuery {
    Members given;
    int64_t conflicts;
} ConflictsQuery;
extern const Schema conflicts_query_schema;

/* Was `conflicts=reject` said? Then, in this order: */
bool conflicts_are_asked(const Request *req);

/* In a reading lane, which may take a while: false, ERROR_CONFLICT with the list in the problem
 * body, when one of the new events meets another one of them, or one that occupies the caller's
 * time. They have been through event_prepare, and live as long as the request. Uses req->state.
 * True where nobody asked for it. */
bool conflicts_look(Request *req, const Event *events, size_t count);

/* In the WRITE lane, before they are inserted: likewise, with what has changed since. Until its
 * transaction ends, nobody else creates with `reject` for the same person. */
bool conflicts_permit(Request *req);
