#include "api/gifts.h"

#include "api/event_input.h"
#include "auth/account_text.h"
#include "base/limits.h"
#include "permit/event.h"
#include "store/blocks.h"
#include "store/permissions.h"
#include "store/users.h"

/* -- Roles ------------------------------------------------------------------------------------- */

/* Changes *role, which is what was given by name, into what was given in either way. */
bool gifts_resolve_role(Request *req, const List *roles, const Location *where, int64_t *role,
                        int64_t role_id)
{
    const Location at_id = { .parent = where, .name = "role_id" };
    const Location at_name = { .parent = where, .name = "role" };

    if (role_id == INTEGER_NULL)
        return true;
    Role meaning = roles_meaning(roles, role_id);
    if (meaning == ROLE_NONE)
        return error_fault(&req->error, req->arena, &at_id, "choice",
                           "There is no role of this id: `GET /api/roles` lists them.");
    if (meaning == ROLE_OWNER)
        return error_fault(&req->error, req->arena, &at_id, "choice",
                           "Ownership is not given by a role: transfer the event instead.");
    if (*role != INTEGER_NULL && *role != (int64_t)meaning)
        return error_fault(&req->error, req->arena, &at_name, "contradiction",
                           "`role` and `role_id` are not the same role: give one of them.");
    *role = (int64_t)meaning;
    return true;
}

/* Of all of them, so that every fault is told at once. */
static bool resolve_roles(Request *req, const List *roles, Grantee *grantees, size_t count,
                          const Location *list)
{
    bool is_sound = true;

    for (size_t i = 0; i < count; i++) {
        const Location item = { .parent = list, .index = i };
        is_sound = gifts_resolve_role(req, roles, list != NULL ? &item : &body_location,
                                      &grantees[i].role, grantees[i].role_id) &&
                   is_sound;
    }
    return is_sound;
}

/* -- People ------------------------------------------------------------------------------------ */

static Ask *ask_by_key(Request *req, const Grantee *grantee)
{
    const char *username_key =
        grantee->username != NULL ? account_username_key(req->arena, grantee->username) : NULL;
    const char *email_key =
        grantee->email != NULL ? account_email_key(req->arena, grantee->email) : NULL;

    return users_ask_by_key(req->db, req->arena, username_key, email_key);
}

static bool take_grantee(Request *req, Ask *ask, User **ret_user)
{
    if (!users_take(ask, req->arena, ret_user, &req->error))
        return false;
    return (*ret_user != NULL && (*ret_user)->is_active) ||
           error_set(&req->error, ERROR_NOT_FOUND,
                     "There is nobody with this id, name or address.");
}

/* Of some only the name or the address is known. */
static Ask **ask_named(Request *req, const Grantee *grantees, Gifts *gifts)
{
    Ask **asks = ARENA_ARRAY(req->arena, Ask *, gifts->count);

    for (size_t i = 0; i < gifts->count; i++) {
        gifts->user_ids[i] = grantees[i].user_id;
        asks[i] = NULL;
        if (gifts->user_ids[i] == INTEGER_NULL) {
            asks[i] = ask_by_key(req, &grantees[i]);
            gifts->any_named = true;
        }
    }
    return asks;
}

static bool take_named(Request *req, Ask *const asks[], Gifts *gifts)
{
    User *user = NULL;

    for (size_t i = 0; i < gifts->count; i++) {
        if (asks[i] == NULL)
            continue;
        if (!take_grantee(req, asks[i], &user))
            return false;
        gifts->user_ids[i] = user->id;
    }
    return true;
}

bool gifts_check_waiting(Request *req, const Room *room)
{
    return room->waiting < LIMIT_WAITING_GRANTS ||
           error_set(&req->error, ERROR_QUOTA,
                     "%d of your events wait for an answer of this person: until they have "
                     "answered some, or you take some back, there is room for no more.",
                     LIMIT_WAITING_GRANTS);
}

Ask *gifts_ask_room(Request *req, int64_t user_id)
{
    return known_ask_room(req->db, req->arena, event_of(req), req->user->user_id, user_id);
}

/* What waits is counted by one request after the other where those who write just now may make a
 * difference: each adds one, and they are far fewer than this. */
static bool look_again(Request *req, int64_t user_id, Room *room)
{
    enum { NEAR = LIMIT_WAITING_GRANTS / 4 };

    return db_kind(req->db) == DB_SQLITE || room->waiting + NEAR < LIMIT_WAITING_GRANTS ||
           room->waiting >= LIMIT_WAITING_GRANTS ||
           (users_lock(req->db, req->user->user_id, &req->error) &&
            known_take_room(gifts_ask_room(req, user_id), room, &req->error));
}

/* May the event be given to this person, as much as there is of both? `others` come to it before
 * him. */
static bool check_room(Request *req, int64_t user_id, size_t others, Room *room)
{
    if (!look_again(req, user_id, room))
        return false;
    if (room->has_role)
        return error_set(&req->error, ERROR_CONFLICT,
                         "This person already has a role on the event: change it with PUT.");
    if (room->holders + (int64_t)others >= LIMIT_GRANTS_PER_EVENT)
        return error_set(&req->error, ERROR_CONFLICT, "An event is shared with at most %d people.",
                         LIMIT_GRANTS_PER_EVENT);
    return gifts_check_waiting(req, room);
}

/* They are held, so that nobody goes while he is given something, nor blocks who gives it. What is
 * judged is asked after that, and at once. */
static void ask_grantees(Request *req, Gifts *gifts)
{
    size_t count = gifts->count;
    AccountLock *locks = ARENA_ARRAY(req->arena, AccountLock, count);

    for (size_t i = 0; i < count; i++)
        locks[i] = (AccountLock){ .id = gifts->user_ids[i] };
    blocks_ask_hold(req->db, req->arena, req->user->user_id);
    users_ask_locks(req->db, req->arena, locks, count);
    gifts->asked_ids = permissions_ask_ids(req->db, req->arena, count);
    for (size_t i = 0; i < count; i++) {
        gifts->asked_users[i] = users_ask(req->db, req->arena, gifts->user_ids[i]);
        gifts->asked_rooms[i] = gifts_ask_room(req, gifts->user_ids[i]);
    }
}

static bool take_grantees(Request *req, Gifts *gifts)
{
    if (!permissions_take_ids(gifts->asked_ids, gifts->ids, gifts->count, &req->error))
        return false;
    for (size_t i = 0; i < gifts->count; i++) {
        if (!take_grantee(req, gifts->asked_users[i], &gifts->users[i]))
            return false;
    }
    for (size_t i = 0; i < gifts->count; i++) {
        if (!known_take_room(gifts->asked_rooms[i], &gifts->rooms[i], &req->error))
            return false;
    }
    return true;
}

/* `list`: where they stand, or NULL. */
bool gifts_find(Request *req, Grantee *grantees, const Location *list, Gifts *gifts)
{
    size_t count = gifts->count;

    gifts->user_ids = ARENA_ARRAY(req->arena, int64_t, count);
    gifts->users = ARENA_ARRAY(req->arena, User *, count);
    gifts->rooms = ARENA_ARRAY(req->arena, Room, count);
    gifts->ids = ARENA_ARRAY(req->arena, int64_t, count);
    gifts->asked_users = ARENA_ARRAY(req->arena, Ask *, count);
    gifts->asked_rooms = ARENA_ARRAY(req->arena, Ask *, count);
    Ask *roles = roles_ask(req->db, req->arena);
    Ask **named = ask_named(req, grantees, gifts);
    if (!gifts->any_named)
        ask_grantees(req, gifts);
    if (!roles_take(roles, req->arena, &gifts->roles, &req->error) ||
        !resolve_roles(req, &gifts->roles, grantees, count, list) || !take_named(req, named, gifts))
        return false;
    if (gifts->any_named)
        ask_grantees(req, gifts);
    return take_grantees(req, gifts);
}

static bool is_among_first(const Gifts *gifts, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (gifts->user_ids[i] == gifts->user_ids[place])
            return true;
    }
    return false;
}

const char *gifts_named_email(Request *req, const Grantee *grantee)
{
    return grantee->email != NULL ? account_email_key(req->arena, grantee->email) : NULL;
}

bool gifts_give(Request *req, const Grantee *grantee, Gifts *gifts, size_t place)
{
    const Author author = author_of(req, NULL);
    const RoleRow *role = roles_choose(&gifts->roles, grantee->role_id, (Role)grantee->role);
    Room *room = &gifts->rooms[place];

    if (role == NULL)
        return error_set(&req->error, ERROR_INTERNAL, "No role of this database means this.");
    room->has_role = room->has_role || is_among_first(gifts, place);
    if (!check_room(req, gifts->user_ids[place], place, room))
        return false;
    const Grant given = {
        .user = gifts->users[place],
        .after = (Role)grantee->role,
        .id = gifts->ids[place],
        .role_id = role->id,
        .named_email = gifts_named_email(req, grantee),
        .is_refused = room->is_refused,
    };
    return edits_grant(req->db, req->arena, &author, event_of(req), &given, &req->error);
}
