/* Gifts - roles on the event of a request that are given to people: who they are, what is known of
 * them, and whether there is room.
 *
 *   gifts_find: all that is judged, asked at once
 *   gifts_give for each: judged and written
 */
#pragma once

#include "http/request.h"
#include "store/known.h"
#include "store/records.h"
#include "store/roles.h"

/* A person, named in one of three ways, and the role they get, in one of two. */
typedef struct Grantee {
    Members given;
    int64_t user_id;
    const char *username;
    const char *email;
    int64_t role; /* index into role_choices */
    int64_t role_id;
} Grantee;

/* What has to be known of those who are to be given something. */
typedef struct Gifts {
    size_t count;
    List roles;
    User **users;
    int64_t *user_ids;
    int64_t *ids; /* of the grants */
    Room *rooms;
    bool any_named;
    Ask *asked_ids;
    Ask **asked_users;
    Ask **asked_rooms;
} Gifts;

/* Changes *role, which is what was given by name, into what was given in either way, by name or by
 * id. False: a fault at `where`. */
bool gifts_resolve_role(Request *req, const List *roles, const Location *where, int64_t *role,
                        int64_t role_id);

/* What decides whether the asker may give somebody a role on the event, and part of the judgement:
 * how much may wait. ERROR_QUOTA. */
Ask *gifts_ask_room(Request *req, int64_t user_id);
bool gifts_check_waiting(Request *req, const Room *room);

/* Finds `gifts->count` people and resolves their roles. `list`: where they stand in the body, NULL
 * for one who is named at the top. ERROR_NOT_FOUND, or faults. */
bool gifts_find(Request *req, Grantee *grantees, const Location *list, Gifts *gifts);

/* To the one at `place`, after those before. ERROR_CONFLICT, ERROR_QUOTA. */
bool gifts_give(Request *req, const Grantee *grantee, Gifts *gifts, size_t place);

/* The key of the address by which somebody was named; or NULL. */
const char *gifts_named_email(Request *req, const Grantee *grantee);
