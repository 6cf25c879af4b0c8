/* Access - who may do what with an event: one table, that drives the checks, the OpenAPI text, the
 * documentation and the tests. */
#pragma once

#include <stdbool.h>

#include "calendar/event.h"

/* id, name, text, Owner, Editor, Viewer; a stranger may nothing and never learns that it exists */
#define EVENT_ACTIONS(X)                                                                           \
    X(READ, "read", "read the event, its permissions and its history", true, true, true)           \
    X(UPDATE, "update", "change the event or roll it back", true, true, false)                     \
    X(DELETE, "delete", "delete, restore or purge the event", true, false, false)                  \
    X(TRANSFER, "transfer", "make somebody else the owner", true, false, false)                    \
    X(SHARE, "share", "grant, change or revoke a role", true, false, false)                        \
    X(LEAVE, "leave", "give up one's own role", true, true, true)                                  \
    X(ANSWER, "answer", "say whether one comes", true, true, true)

typedef enum EventAction {
    ACTION_NONE, /* the route is not about one event */
#define X(id, name, text, owner, editor, viewer) ACTION_EVENT_##id,
    EVENT_ACTIONS(X)
#undef X
} EventAction;

/* May somebody with this role do this? ROLE_NONE may nothing. */
bool access_allows(EventAction action, Role role);
const char *access_text(EventAction action);
const char *access_name(EventAction action); /* "read", "update", … */
