/* Users: oneself, other people, and what administrators do with accounts. Roles. */

#include "api/accounts_api.h"
#include "api/paging.h"
#include "api/routes.h"
#include "auth/account_text.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "base/limits.h"
#include "base/text.h"

/* -- Tables ----------------------------------------------------------------------------------- */

/* What can be written of an account: by the person, and (`managed`) by administrators. */
#define WRITABLE_FIELDS(required, admin_flags)                                                     \
    INTEGER(User, id, .flags = READ_ONLY, .doc = "Assigned by the server.", .example = "7"),       \
        TEXT(User, username, .flags = (required), .min = 3, .max = LIMIT_USERNAME,                 \
             .check = account_check_username, .pattern = "^[A-Za-z0-9._-]{3,50}$",                 \
             .doc = "3 to 50 letters, digits, `.`, `_` or `-`.", .example = "\"amira\""),          \
        TEXT(User, email, .flags = (required), .max = LIMIT_EMAIL, .check = account_check_email,   \
             .format = "email", .doc = "Compared without regard to case.",                         \
             .example = "\"amira@example.org\""),                                                  \
        BOOLEAN(User, is_admin, .flags = (admin_flags), .doc = "May manage accounts.",             \
                .example = "false"),                                                               \
        BOOLEAN(User, is_active, .flags = (admin_flags),                                           \
                .doc = "False: the account is disabled and cannot sign in.", .example = "true"),   \
        TEXT(User, timezone, .flags = NULLABLE, .max = 64, .check = timezone_check,                \
             .doc = "IANA time zone that new events get when they name none; null is UTC.",        \
             .example = "\"Europe/Zurich\""),                                                      \
        INSTANT(User, created_at, .flags = READ_ONLY, .doc = "When the account was made.",         \
                .example = "\"2026-03-01T08:00:00Z\""),                                            \
        INSTANT(User, updated_at, .flags = READ_ONLY, .doc = "When it was last changed.",          \
                .example = "\"2026-03-01T08:00:00Z\"")

static const Field own_account_fields[] = { WRITABLE_FIELDS(REQUIRED, READ_ONLY) };

static const Schema own_account_schema = {
    .name = "OwnAccount",
    .doc = "What one may change of one's own account.",
    .fields = own_account_fields,
    .field_count = sizeof(own_account_fields) / sizeof(own_account_fields[0]),
    .size = sizeof(User),
};

#define PASSWORD_FIELD(flags_)                                                                     \
    TEXT(User, password, .flags = (flags_) | WRITE_ONLY | UNBOUNDED_TEXT, .max = 72,               \
         .check = password_check, .format = "password", .doc = "8 to 72 bytes.",                   \
         .example = "\"correct horse battery\"")

static const Field new_account_fields[] = { WRITABLE_FIELDS(REQUIRED, 0),
                                            PASSWORD_FIELD(REQUIRED) };

static const Schema new_account_schema = {
    .name = "NewAccount",
    .doc = "An account, made by an administrator.",
    .fields = new_account_fields,
    .field_count = sizeof(new_account_fields) / sizeof(new_account_fields[0]),
    .size = sizeof(User),
};

static const Field person_fields[] = {
    INTEGER(User, id, .flags = READ_ONLY, .doc = "Names the person.", .example = "8"),
    TEXT(User, username, .flags = READ_ONLY, .max = 255, .doc = "The person's name.",
         .example = "\"bela\""),
};

static const Schema person_schema = {
    .name = "Person",
    .doc = "What other people see of an account.",
    .fields = person_fields,
    .field_count = sizeof(person_fields) / sizeof(person_fields[0]),
    .size = sizeof(User),
};

typedef struct UserQuery {
    Members given;
    Paging page;
    const char *q;
} UserQuery;

static const Field user_query_fields[] = {
    PAGING_FIELDS(UserQuery),
    TEXT(UserQuery, q, .min = 1, .max = LIMIT_SEARCH_BYTES, .check = search_check,
         .doc = "Contained in name or address; for administrators.", .example = "\"bel\""),
};

static const Schema user_query_schema = SCHEMA(UserQuery, user_query_fields, .doc = "Which users.");

typedef struct LookupQuery {
    Members given;
    const char *username;
    const char *email;
} LookupQuery;

static const Field lookup_query_fields[] = {
    TEXT(LookupQuery, username, .min = 1, .max = 255, .doc = "The whole name.",
         .example = "\"bela\""),
    TEXT(LookupQuery, email, .min = 1, .max = LIMIT_EMAIL, .doc = "The whole address.",
         .example = "\"bela@example.org\""),
};

static bool check_lookup(const Decoder *d, void *object)
{
    const LookupQuery *query = object;
    const Location at = { .parent = d->location, .name = "username" };

    if ((query->username == NULL) == (query->email == NULL))
        return error_fault(d->err, d->arena, &at, "missing", "Give either `username` or `email`.");
    return true;
}

static const Schema lookup_query_schema =
    SCHEMA(LookupQuery, lookup_query_fields, .check = check_lookup);

/* What becomes of the events of an account that is deleted. */
enum { EVENTS_DELETE, EVENTS_TRANSFER };
static const char *const events_choices[] = { "delete", "transfer", NULL };

typedef struct DeleteAccountQuery {
    Members given;
    int64_t events; /* one of these, or INTEGER_NULL */
    int64_t to;
} DeleteAccountQuery;

static const Field delete_account_fields[] = {
    CHOICE(DeleteAccountQuery, events, .choices = events_choices,
           .doc = "What becomes of the events the account owns.", .example = "\"transfer\""),
    INTEGER(DeleteAccountQuery, to, .min = 1, .doc = "Who gets them.", .example = "8"),
};

static bool check_delete_account(const Decoder *d, void *object)
{
    const DeleteAccountQuery *query = object;
    const Location at = { .parent = d->location, .name = "to" };

    if ((query->events == EVENTS_TRANSFER) == (query->to != INTEGER_NULL))
        return true;
    return error_fault(d->err, d->arena, &at, "missing",
                       "`to` goes with `events=transfer` and says who gets the events.");
}

static const Schema delete_account_query_schema =
    SCHEMA(DeleteAccountQuery, delete_account_fields, .check = check_delete_account);

typedef struct RoleRow {
    Members given;
    int64_t id;
    const char *name;
    const char *description;
} RoleRow;

static const Field role_fields[] = {
    INTEGER(RoleRow, id, .doc = "For `role_id`.", .example = "2"),
    TEXT(RoleRow, name, .doc = "For `role`.", .example = "\"Editor\""),
    TEXT(RoleRow, description, .doc = "What the role may do.",
         .example = "\"May read and change the event.\""),
};

static const Schema role_schema = {
    .name = "Role",
    .doc = "What a person may do with an event.",
    .fields = role_fields,
    .field_count = sizeof(role_fields) / sizeof(role_fields[0]),
    .size = sizeof(RoleRow),
};

/* -- Shared --------------------------------------------------------------------------------------
 */

static Author acting(const Request *req)
{
    return (Author){ .by = req->user, .at = req->now };
}

/* Writes what `patch` (struct User) changes in the account; *ret_after is the result. */
static bool update_account(Request *req, const Schema *schema, const User *before,
                           const User *patch, User *ret_after)
{
    const Author author = acting(req);

    if (!schema_check_read_only(schema, before, patch, req->arena, &body_location, &req->error))
        return false;
    *ret_after = *before;
    schema_apply(schema, patch, ret_after);
    return accounts_update(req->db, req->arena, &author, before, ret_after, &req->error);
}

/* NULL when nobody gets the events. */
static bool find_heir(Request *req, const User *leaving, User **ret_heir)
{
    const DeleteAccountQuery *query = req->query;
    const Location at = { .parent = &query_location, .name = "to" };

    *ret_heir = NULL;
    if (query->events != EVENTS_TRANSFER)
        return true;
    if (query->to == leaving->id)
        return error_fault(&req->error, req->arena, &at, "unknown_user",
                           "Name somebody else than who is leaving.");
    return accounts_find_heir(req->db, req->arena, query->to, &at, ret_heir, &req->error);
}

static bool delete_account(Request *req, const User *user)
{
    const DeleteAccountQuery *query = req->query;
    const Author author = acting(req);
    User *heir = NULL;

    if (!find_heir(req, user, &heir))
        return false;
    const Legacy legacy = { .heir = heir, .may_delete_shared = query->events == EVENTS_DELETE };
    return accounts_delete(req->db, req->arena, &author, user, &legacy, &req->error);
}

/* To find out whether somebody else is known may be a walk along all of one's grants. */
static Pace prepare_user(Request *req)
{
    return request_id(req, "user_id") == req->claims.user_id ? PACE_QUICK : PACE_SLOW;
}

static void ask_managed(Request *req)
{
    req->asked = users_ask(req->db, req->arena, request_id(req, "user_id"));
}

/* The account of the path: oneself, or anybody's for an administrator. Others are 403 when known
 * through a shared event and 404 otherwise. */
static bool find_managed(Request *req, User **ret_user)
{
    int64_t id = request_id(req, "user_id");
    bool is_known = true;

    if (!users_take(req->asked, req->arena, ret_user, &req->error))
        return false;
    bool may_manage = req->user->is_admin || id == req->user->user_id;
    if (!may_manage && *ret_user != NULL &&
        !users_is_known(req->db, req->user->user_id, id, &is_known, &req->error))
        return false;
    if (*ret_user == NULL || !is_known)
        return error_set(&req->error, ERROR_NOT_FOUND, "There is no such user.");
    if (!may_manage)
        return error_set(&req->error, ERROR_FORBIDDEN, "Only administrators may do this.");
    return true;
}

static void ask_me(Request *req)
{
    req->asked = users_ask(req->db, req->arena, req->claims.user_id);
}

static bool find_me(Request *req, User **ret_user)
{
    if (!users_take(req->asked, req->arena, ret_user, &req->error))
        return false;
    if (*ret_user == NULL)
        return error_set(&req->error, ERROR_NOT_FOUND, "There is no such user.");
    return true;
}

static Reply reply_user(Request *req, const User *user)
{
    return reply_object(req, &user_schema, user);
}

/* -- Handlers: oneself --------------------------------------------------------------------------
 */

static Reply read_me(Request *req)
{
    User *me = NULL;

    return find_me(req, &me) ? reply_user(req, me) : reply_error(req);
}

static Reply update_me(Request *req)
{
    User *me = NULL;
    User after;

    if (!find_me(req, &me) || !update_account(req, &own_account_schema, me, req->body, &after))
        return reply_error(req);
    return reply_user(req, &after);
}

static Reply delete_me(Request *req)
{
    User *me = NULL;

    if (!find_me(req, &me) || !delete_account(req, me))
        return reply_error(req);
    return reply_no_content();
}

/* -- Handlers: everybody -------------------------------------------------------------------------
 */

static void ask_lookup(Request *req)
{
    const LookupQuery *query = req->query;
    const char *username_key =
        query->username != NULL ? account_username_key(req->arena, query->username) : NULL;
    const char *email_key =
        query->email != NULL ? account_email_key(req->arena, query->email) : NULL;

    req->asked = users_ask_by_key(req->db, req->arena, username_key, email_key);
}

static Reply look_up(Request *req)
{
    User *user = NULL;

    if (!users_take(req->asked, req->arena, &user, &req->error))
        return reply_error(req);
    if (user == NULL || !user->is_active) {
        error_set(&req->error, ERROR_NOT_FOUND, "There is nobody with this name or address.");
        return reply_error(req);
    }
    return reply_object(req, &person_schema, user);
}

static bool find_page(Request *req, const UserFilter *filter, const Paging *page, List *ret_list,
                      int64_t *ret_total)
{
    int64_t reader = req->user->user_id;
    bool wants_total = paging_wants_total(page);

    *ret_total = INTEGER_NULL;
    if (req->user->is_admin)
        return users_list(req->db, req->arena, filter, ret_list, &req->error) &&
               (!wants_total || users_count(req->db, filter->search, ret_total, &req->error));
    return users_list_known(req->db, req->arena, reader, filter, ret_list, &req->error) &&
           (!wants_total || users_count_known(req->db, reader, ret_total, &req->error));
}

static Reply list_users(Request *req)
{
    UserQuery *query = req->query;
    Place place;
    List list = { 0 };
    int64_t total = INTEGER_NULL;

    if (!paging_open(req, &query->page, &place))
        return reply_error(req);
    const UserFilter filter = {
        .search = like_contains(req->arena, query->q),
        .after_id = place.id == INTEGER_NULL ? 0 : place.id,
        .skip = query->page.skip,
        .limit = query->page.limit + 1,
    };
    if (!find_page(req, &filter, &query->page, &list, &total))
        return reply_error(req);

    const Schema *schema = req->user->is_admin ? &user_schema : &person_schema;
    Place last = paging_place(&query->page, schema, &list, offsetof(User, id));
    return paging_reply(req, &query->page, schema, &list, total, last);
}

static Reply read_user(Request *req)
{
    User *user = NULL;

    if (find_managed(req, &user))
        return reply_user(req, user);
    if (req->error.code != ERROR_FORBIDDEN)
        return reply_error(req);
    error_clear(&req->error);
    return reply_object(req, &person_schema, user);
}

static Reply create_user(Request *req)
{
    User *user = req->body;
    const Author author = acting(req);

    user->hashed_password = req->state;
    if (!schema_is_given(&new_account_schema, user, offsetof(User, is_active)))
        user->is_active = true;
    if (!schema_check_read_only(&new_account_schema, NULL, user, req->arena, &body_location,
                                &req->error) ||
        !accounts_create(req->db, req->arena, &author, user, &req->error))
        return reply_error(req);
    const char *location = arena_printf(req->arena, "/api/users/%lld", (long long)user->id);
    return reply_created(req, location, &user_schema, user);
}

static bool set_password(Request *req, int64_t user_id)
{
    const NewPassword password = { .hash = req->state };
    const Author author = acting(req);

    return password.hash == NULL ||
           accounts_set_password(req->db, req->arena, &author, user_id, &password, &req->error);
}

/* Somebody's own account takes the same members here as at /api/users/me. */
static Reply update_user(Request *req)
{
    const User *patch = req->body;
    User *before = NULL;
    User after;

    if (!find_managed(req, &before))
        return reply_error(req);
    if (!req->user->is_admin && patch->password != NULL) {
        error_set(&req->error, ERROR_FORBIDDEN, "Change your own password at /api/auth/password.");
        return reply_error(req);
    }
    const Schema *schema = req->user->is_admin ? &new_account_schema : &own_account_schema;
    if (!update_account(req, schema, before, patch, &after) || !set_password(req, before->id))
        return reply_error(req);
    return reply_user(req, &after);
}

static Reply delete_user(Request *req)
{
    User *user = NULL;

    if (!find_managed(req, &user) || !delete_account(req, user))
        return reply_error(req);
    return reply_no_content();
}

static Reply list_roles(Request *req)
{
    static const RoleRow rows[] = {
        { .id = ROLE_OWNER, .name = "Owner", .description = "May do everything." },
        { .id = ROLE_EDITOR, .name = "Editor", .description = "May read and change the event." },
        { .id = ROLE_VIEWER, .name = "Viewer", .description = "May read the event." },
    };

    return reply_array(req, &role_schema, rows, sizeof(rows) / sizeof(rows[0]));
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define USERS        .tag = "Users", .needs = NEEDS_USER
#define GIVES_USER   .shape = GIVES_ONE, .gives = &user_schema
#define CHANGES_USER .takes = &new_account_schema, .mode = DECODE_PATCH

static const Route routes[] = {
    { METHOD_GET, "/api/users/me", read_me, LANE_READ, USERS, .ask = ask_me, GIVES_USER,
      .summary = "See my account" },
    { METHOD_PUT, "/api/users/me", update_me, LANE_WRITE, USERS, .ask = ask_me, GIVES_USER,
      .takes = &own_account_schema, .mode = DECODE_PATCH, .fails = FAILS_1(CONFLICT),
      .summary = "Change my account", .doc = "Takes any subset of the members, like PATCH." },
    { METHOD_PATCH, "/api/users/me", update_me, LANE_WRITE, USERS, .ask = ask_me, GIVES_USER,
      .takes = &own_account_schema, .mode = DECODE_PATCH, .fails = FAILS_1(CONFLICT),
      .summary = "Change some members of my account" },
    { METHOD_DELETE, "/api/users/me", delete_me, LANE_WRITE, USERS, .ask = ask_me,
      .query = &delete_account_query_schema, .shape = GIVES_NOTHING, .fails = FAILS_1(CONFLICT),
      .summary = "Delete my account",
      .doc = "When others share my events, say what becomes of them." },
    { METHOD_GET, "/api/users/lookup", look_up, LANE_READ, USERS, .ask = ask_lookup,
      .query = &lookup_query_schema, .shape = GIVES_ONE, .gives = &person_schema,
      .fails = FAILS_1(NOT_FOUND), .summary = "Find a person",
      .doc = "By the whole name or the whole address, nothing less." },
    { METHOD_GET, "/api/users", list_users, LANE_READ, USERS, .query = &user_query_schema,
      .shape = GIVES_PAGE, .gives = &user_schema, .or_gives = &person_schema,
      .summary = "List users",
      .doc = "Administrators see every account; others the people they share an event with." },
    { METHOD_POST, "/api/users", create_user, LANE_WRITE, .tag = "Users", .needs = NEEDS_ADMIN,
      .before = { { LANE_HASH, hash_password_of_body } }, .takes = &new_account_schema,
      .status = 201, GIVES_USER, .fails = FAILS_1(CONFLICT), .summary = "Create an account" },
    { METHOD_GET, "/api/users/{user_id}", read_user, LANE_READ, USERS, .prepare = prepare_user,
      .ask = ask_managed, GIVES_USER, .or_gives = &person_schema, .summary = "See a user",
      .doc = "The whole record for administrators and oneself, name and id for others." },
    { METHOD_PUT, "/api/users/{user_id}", update_user, LANE_WRITE, USERS, .ask = ask_managed,
      GIVES_USER, CHANGES_USER, .before = { { LANE_HASH, hash_password_of_body } },
      .fails = FAILS_2(CONFLICT, FORBIDDEN), .summary = "Change an account",
      .doc = "Takes any subset of the members, like PATCH." },
    { METHOD_PATCH, "/api/users/{user_id}", update_user, LANE_WRITE, USERS, .ask = ask_managed,
      GIVES_USER, CHANGES_USER, .before = { { LANE_HASH, hash_password_of_body } },
      .fails = FAILS_2(CONFLICT, FORBIDDEN), .summary = "Change some members of an account" },
    { METHOD_DELETE, "/api/users/{user_id}", delete_user, LANE_WRITE, USERS, .ask = ask_managed,
      .query = &delete_account_query_schema, .shape = GIVES_NOTHING,
      .fails = FAILS_2(CONFLICT, FORBIDDEN), .summary = "Delete an account" },
    { METHOD_GET, "/api/roles", list_roles, LANE_READ, USERS, .shape = GIVES_ARRAY,
      .gives = &role_schema, .summary = "List the roles" },
};

const RouteTable user_routes = ROUTE_TABLE(routes);
