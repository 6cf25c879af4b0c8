/* Sharing: who holds which role on an event. */

#include "api/account_input.h"
#include "api/event_input.h"
#include "api/gifts.h"
#include "api/routes.h"
#include "auth/account_text.h"
#include "auth/accounts.h"
#include "base/limits.h"
#include "base/text.h"
#include "permit/event.h"
#include "permit/user.h"
#include "store/known.h"
#include "store/permissions.h"
#include "store/roles.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

/* By Role. Ownership moves by transfer alone, so Owner is not offered. */
static const char *const role_choices[] = { "", "", "Editor", "Viewer", NULL };

#define GRANTEE_FIELDS(struct_)                                                                    \
    INTEGER(struct_, user_id, .min = 1, .doc = "The person, by id …", .example = "8"),             \
        TEXT(struct_, username, .max = 255, .doc = "… or by user name …", .example = "\"bela\""),  \
        TEXT(struct_, email, .max = LIMIT_EMAIL, .doc = "… or by e-mail address.",                 \
             .example = "\"bela@example.org\""),                                                   \
        CHOICE(struct_, role, .flags = IN_ANY_CASE, .choices = role_choices,                       \
               .doc = "The role they get, in any case …", .example = "\"Editor\""),                \
        INTEGER(struct_, role_id, .min = 1, .doc = "… or its id, as `GET /api/roles` shows it.",   \
                .example = "2")

static const Field grantee_fields[] = { GRANTEE_FIELDS(Grantee) };

static bool check_role_given(const Decoder *d, int64_t role, int64_t role_id)
{
    if (role == INTEGER_NULL && role_id == INTEGER_NULL)
        return decode_fault_at(d, "role", "missing", "Say which role: `role` or `role_id`.");
    return true;
}

static bool check_grantee(const Decoder *d, void *object)
{
    const Grantee *grantee = object;
    int names =
        (grantee->user_id != INTEGER_NULL) + (grantee->username != NULL) + (grantee->email != NULL);
    bool has_role = check_role_given(d, grantee->role, grantee->role_id);

    if (names == 0)
        return decode_fault_at(d, "user_id", "missing",
                               "Say who: `user_id`, `username` or `email`.");
    if (names > 1)
        return decode_fault_at(d, "user_id", "contradiction",
                               "Name the person in one way: `user_id`, `username` or `email`.");
    return has_role;
}

static const Schema grantee_schema =
    SCHEMA(Grantee, grantee_fields, .check = check_grantee, .doc = "A person and a role.");

/* Either `users`, or one person at top level, as the old system's clients send it. */
typedef struct Share {
    Members given;
    int64_t user_id;
    const char *username;
    const char *email;
    int64_t role;
    int64_t role_id;
    List users; /* of Grantee */
} Share;

static const Field share_fields[] = {
    GRANTEE_FIELDS(Share),
    ARRAY(Share, users, .min = 1, .max = LIMIT_GRANTS_PER_EVENT, .schema = &grantee_schema,
          .doc = "Several people, all or none."),
};

static Grantee one_of(const Share *share)
{
    return (Grantee){
        .user_id = share->user_id,
        .username = share->username,
        .email = share->email,
        .role = share->role,
        .role_id = share->role_id,
    };
}

static bool check_share(const Decoder *d, void *object)
{
    const Share *share = object;
    Grantee one = one_of(share);
    bool has_list = share->users.items != NULL;
    bool has_one = one.user_id != INTEGER_NULL || one.username != NULL || one.email != NULL ||
                   one.role != INTEGER_NULL || one.role_id != INTEGER_NULL;

    if (has_list && has_one)
        return decode_fault_at(d, "users", "contradiction",
                               "Give either `users` or one person, not both.");
    if (!has_list && !has_one)
        return decode_fault_at(d, "users", "missing",
                               "Say who gets which role: `users`, a list of people and roles.");
    return has_list || check_grantee(d, &one);
}

static const Schema share_schema =
    SCHEMA(Share, share_fields, .check = check_share, .doc = "Who gets which role.");

typedef struct RoleChange {
    Members given;
    int64_t role;
    int64_t role_id;
} RoleChange;

static const Field role_change_fields[] = {
    CHOICE(RoleChange, role, .flags = IN_ANY_CASE, .choices = role_choices,
           .doc = "The new role, in any case …", .example = "\"Viewer\""),
    INTEGER(RoleChange, role_id, .min = 1, .doc = "… or its id, as `GET /api/roles` shows it.",
            .example = "3"),
};

static bool check_role_change(const Decoder *d, void *object)
{
    const RoleChange *change = object;

    return check_role_given(d, change->role, change->role_id);
}

static const Schema role_change_schema =
    SCHEMA(RoleChange, role_change_fields, .check = check_role_change, .doc = "Another role.");

typedef struct GivenAnswer {
    Members given;
    int64_t answer; /* Answer, or INTEGER_NULL: none any more */
} GivenAnswer;

static const Field given_answer_fields[] = {
    CHOICE(GivenAnswer, answer, .flags = REQUIRED | NULLABLE, .choices = answer_names,
           .doc = "Do I come? null takes the answer back.", .example = "\"yes\""),
};

static const Schema given_answer_schema =
    SCHEMA_NAMED("Answer", GivenAnswer, given_answer_fields, .doc = "What one says to an event.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

/* What the ids of roles mean is the database's to say. */
static bool load_roles(Request *req, List *ret_roles)
{
    return roles_take(roles_ask(req->db, req->arena), req->arena, ret_roles, &req->error);
}

/* Of several roles with one meaning, the one that was named. */
static bool keep_role_id(Request *req, int64_t user_id, int64_t role_id)
{
    return role_id == INTEGER_NULL ||
           permissions_set_role_id(req->db, event_of(req)->id, user_id, role_id, &req->error);
}

static Reply reply_permission(Request *req, int64_t user_id)
{
    Permission *permission = NULL;

    if (!permissions_find(req->db, req->arena, event_of(req), user_id, req->user->user_id,
                          &permission, &req->error))
        return reply_error(req);
    if (permission == NULL) { /* whose it is is held: nobody sees this */
        error_set(&req->error, ERROR_RETRY, "This person has left at the same moment.");
        return reply_error(req);
    }
    return reply_object(req, &permission_schema, permission);
}

static void ask_permissions(Request *req)
{
    req->asked =
        permissions_ask(req->db, req->arena, request_id(req, "event_id"), req->claims.user_id);
}

static Reply list_permissions(Request *req)
{
    List list = { 0 };

    if (!permissions_take(req->asked, req->arena, event_of(req), &list, &req->error))
        return reply_error(req);
    return reply_array(req, &permission_schema, list.items, list.count);
}

/* Those of one person lie in *one. */
static Grantee *grantees_of(const Share *share, Grantee *one, size_t *ret_count)
{
    bool has_list = share->users.items != NULL;

    *one = one_of(share);
    *ret_count = has_list ? share->users.count : 1;
    return has_list ? share->users.items : one;
}

static bool names_any_by_id(const Request *req)
{
    const Share *share = req->body;
    Grantee one;
    size_t count;
    const Grantee *grantees = grantees_of(share, &one, &count);

    for (size_t i = 0; i < count && req->app->config->rate_limit; i++) {
        if (grantees[i].user_id != INTEGER_NULL)
            return true;
    }
    return false;
}

/* Nobody counts them where there are no limits. */
static Reply find_strangers(Request *req)
{
    const Share *share = req->body;
    Grantee one;
    size_t count;
    size_t by_id = 0;
    const Grantee *grantees = grantees_of(share, &one, &count);
    int64_t *ids = ARENA_ARRAY(req->arena, int64_t, count);

    for (size_t i = 0; i < count; i++) {
        if (grantees[i].user_id != INTEGER_NULL)
            ids[by_id++] = grantees[i].user_id;
    }
    return account_find_strangers(req, ids, by_id);
}

/* May the one who gives see the address of this person? Of addresses one sees one's own, an
 * administrator any, others the one by which one has named somebody. */
static bool sees_email(Request *req, const Grantee *grantee, const User *user)
{
    const char *named = gifts_named_email(req, grantee);

    return req->user->is_admin || user->id == req->user->user_id ||
           (named != NULL && text_equal(named, account_email_key(req->arena, user->email)));
}

/* As permissions_find would read it. */
static Reply reply_given(Request *req, const Grantee *grantee, const Gifts *gifts)
{
    const User *user = gifts->users[0];
    const RoleRow *role = roles_choose(&gifts->roles, grantee->role_id, (Role)grantee->role);
    Permission *permission = ARENA_NEW(req->arena, Permission);

    *permission = (Permission){
        .id = gifts->ids[0],
        .event_id = event_of(req)->id,
        .user_id = user->id,
        .username = user->username,
        .email = sees_email(req, grantee, user) ? user->email : NULL,
        .role_id = role->id,
        .role_name = role->name,
        .meaning = role->meaning,
        .granted_by = req->user->user_id,
        .granted_at = req->now,
        .answer = INTEGER_NULL,
    };
    return reply_object(req, &permission_schema, permission);
}

static Reply share_event(Request *req)
{
    static const Location users = { .parent = &body_location, .name = "users" };
    const Share *share = req->body;
    bool has_list = share->users.items != NULL;
    Grantee one;
    Gifts gifts = { .count = 0 };
    Grantee *grantees = grantees_of(share, &one, &gifts.count);

    if (!gifts_find(req, grantees, has_list ? &users : NULL, &gifts))
        return reply_error(req);
    for (size_t i = 0; i < gifts.count; i++) {
        if (!gifts_give(req, &grantees[i], &gifts, i))
            return reply_error(req);
    }
    if (!has_list)
        return reply_given(req, &one, &gifts);
    ask_permissions(req);
    return list_permissions(req);
}

/* Nobody goes while his role is changed. Held before the event is, as who goes does it. */
static void hold_holder(Request *req)
{
    AccountLock lock = { .id = request_id(req, "user_id") };

    users_ask_locks(req->db, req->arena, &lock, 1);
}

/* The person of the path, and the role they hold now. */
static bool find_holder(Request *req, User **ret_user, Permission **ret_present)
{
    int64_t user_id = request_id(req, "user_id");

    if (!users_find(req->db, req->arena, user_id, ret_user, &req->error) ||
        !permissions_find(req->db, req->arena, event_of(req), user_id, req->user->user_id,
                          ret_present, &req->error))
        return false;
    if (*ret_user == NULL || *ret_present == NULL)
        return error_set(&req->error, ERROR_NOT_FOUND, "This person has no role on the event.");
    if (user_id == event_of(req)->owner_id)
        return error_set(&req->error, ERROR_CONFLICT,
                         "The owner's own role cannot be changed: transfer the event instead.");
    return true;
}

/* Who changes a role is who gave it from then on; so an event that was handed over, and still
 * waits, waits as one of its new owner's. */
static bool check_taking_over(Request *req, const Permission *present, const User *user)
{
    Room room = { 0 };

    if (present->granted_by == req->user->user_id || present->answer != INTEGER_NULL)
        return true;
    return users_lock(req->db, req->user->user_id, &req->error) &&
           known_take_room(gifts_ask_room(req, user->id), &room, &req->error) &&
           gifts_check_waiting(req, &room);
}

static Reply change_permission(Request *req)
{
    const RoleChange *change = req->body;
    const Author author = author_of(req, NULL);
    int64_t after = change->role;
    Permission *present = NULL;
    User *user = NULL;
    List roles = { 0 };

    if (!load_roles(req, &roles) ||
        !gifts_resolve_role(req, &roles, &body_location, &after, change->role_id) ||
        !find_holder(req, &user, &present))
        return reply_error(req);
    const Grant changed = { .user = user, .before = (Role)present->meaning, .after = (Role)after };
    if (changed.before != changed.after && !check_taking_over(req, present, user))
        return reply_error(req);
    if (changed.before != changed.after &&
        !edits_grant(req->db, req->arena, &author, event_of(req), &changed, &req->error))
        return reply_error(req);
    if (!keep_role_id(req, user->id, change->role_id))
        return reply_error(req);
    return reply_permission(req, user->id);
}

static Reply revoke_permission(Request *req)
{
    const Author author = author_of(req, NULL);
    Permission *present = NULL;
    User *user = NULL;

    if (!find_holder(req, &user, &present))
        return reply_error(req);
    const Grant taken = { .user = user, .before = (Role)present->meaning, .after = ROLE_NONE };
    if (!edits_grant(req->db, req->arena, &author, event_of(req), &taken, &req->error))
        return reply_error(req);
    return reply_no_content();
}

static Reply answer_event(Request *req)
{
    const GivenAnswer *body = req->body;
    const Author author = author_of(req, NULL);
    int64_t me = req->user->user_id;
    Permission *present = NULL;

    if (!permissions_find(req->db, req->arena, event_of(req), me, me, &present, &req->error))
        return reply_error(req);
    if (present->answer != body->answer &&
        !edits_answer(req->db, req->arena, &author, event_of(req), present->answer, body->answer,
                      &req->error))
        return reply_error(req);
    return reply_permission(req, me);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

#define SHARING .tag = "Sharing"

static const Route routes[] = {
    { METHOD_POST, "/api/events/{event_id:int}/share", share_event, LANE_WRITE, SHARING,
      .needs = &event_needs[ACTION_EVENT_SHARE],
      .before = { { LANE_SCAN, find_strangers, names_any_by_id }, COUNTS_STRANGERS },
      .in.takes = &share_schema,
      .in.example = "{\"users\":[{\"username\":\"bela\",\"role\":\"Viewer\"}]}",
      .out.shape = GIVES_ARRAY, .out.gives = &permission_schema, .out.or_gives = &permission_schema,
      .out.gives_array_or = true, .fails = FAILS_2(CONFLICT, QUOTA), .id = "share_event",
      .summary = "Share an event",
      .doc = "A list of people gives the whole list of permissions; one person gives theirs. The "
             "event is in their lists at once; the time of people who do not know me it occupies "
             "when they answer yes, and no more than 200 of mine may wait for one of them (409, "
             "`quota`)." },
    { METHOD_GET, "/api/events/{event_id:int}/permissions", list_permissions, LANE_READ, SHARING,
      .needs = &event_needs[ACTION_EVENT_READ], .ask = ask_permissions, .out.shape = GIVES_ARRAY,
      .out.gives = &permission_schema, .id = "list_permissions", .summary = "See who may do what",
      .doc = "The owner first." },
    { METHOD_PUT, "/api/events/{event_id:int}/permissions/{user_id:int}", change_permission,
      LANE_WRITE, SHARING, .needs = &event_needs[ACTION_EVENT_SHARE], .ask = hold_holder,
      .in.takes = &role_change_schema, .out.shape = GIVES_ONE, .out.gives = &permission_schema,
      .fails = FAILS_2(CONFLICT, QUOTA), .id = "change_permission",
      .summary = "Give somebody another role" },
    { METHOD_DELETE, "/api/events/{event_id:int}/permissions/{user_id:int}", revoke_permission,
      LANE_WRITE, SHARING, .needs = &need_revoke, .needs_again = &need_user, .ask = hold_holder,
      .out.shape = GIVES_NOTHING, .fails = FAILS_1(CONFLICT), .id = "revoke_permission",
      .summary = "Take somebody's role away, or leave",
      .doc = "Everybody may give up their own role; other people's only an owner." },
    { METHOD_POST, "/api/events/{event_id:int}/answer", answer_event, LANE_WRITE, SHARING,
      .needs = &event_needs[ACTION_EVENT_ANSWER], .in.takes = &given_answer_schema,
      .out.shape = GIVES_ONE, .out.gives = &permission_schema, .fails = FAILS_1(QUOTA),
      .id = "answer_event", .summary = "Say whether I come",
      .doc = "To an event that was shared with me. It occupies my time after `yes`, and when it is "
             "of somebody I know, unless `no`. Known to me is whom I gave a role, whose event I "
             "answered with `yes`, and who shared with me before there were answers." },
};

const RouteTable sharing_routes = ROUTE_TABLE(routes);
