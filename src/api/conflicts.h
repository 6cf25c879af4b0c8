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

/* With `conflicts=reject`: ERROR_CONFLICT, with the list in the problem body, when the new event
 * meets another one that the caller owns or edits. To be called in the WRITE lane, before the
 * event is inserted: until its transaction ends, nobody else creates with `reject` for the same
 * person. */
bool conflicts_permit(Request *req, const ConflictsQuery *query, const Event *event);
