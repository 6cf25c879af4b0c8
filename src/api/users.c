/* Users: who there is. */

#include "store/users.h"
#include "api/account_input.h"
#include "api/paging.h"
#include "api/routes.h"
#include "auth/account_text.h"
#include "base/limits.h"
#include "permit/user.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct UserQuery {
    Members given;
    Paging page;
    const char *q;
} UserQuery;

static const Field user_query_fields[] = {
    PAGING_FIELDS(UserQuery),
    WORDS_FIELD(
        UserQuery, q,
        .doc = "Contained in name or address, in any case; at most 200 bytes. For administrators.",
        .example = "\"bel\""),
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

    if ((query->username == NULL) == (query->email == NULL))
        return decode_fault_at(d, "username", "missing", "Give either `username` or `email`.");
    return true;
}

static const Schema lookup_query_schema =
    SCHEMA(LookupQuery, lookup_query_fields, .check = check_lookup);

/* -- Handlers -----------------------------------------------------------------------------------
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

    if (req->user->is_admin)
        return users_list(req->db, req->arena, filter, ret_list, &req->error) &&
               (!paging_must_count(page, ret_list, ret_total) ||
                users_count(req->db, filter->search, ret_total, &req->error));
    return users_list_known(req->db, req->arena, reader, filter, ret_list, &req->error) &&
           (!paging_must_count(page, ret_list, ret_total) ||
            users_count_known(req->db, reader, ret_total, &req->error));
}

/* Whom one knows is a walk along all of one's grants; a search, along all accounts. */
static Pace prepare_users(Request *req)
{
    (void)req;
    return PACE_SCAN;
}

static Reply list_users(Request *req)
{
    UserQuery *query = req->query;
    Place place;
    List list = { 0 };
    int64_t total;

    if (!paging_open(req, &query->page, &place))
        return reply_error(req);
    const UserFilter filter = {
        .search = search_words(req->arena, query->q),
        .after_id = place.id == INTEGER_NULL ? 0 : place.id,
        .skip = query->page.skip,
        .limit = query->page.limit + 1,
    };
    if (!find_page(req, &filter, &query->page, &list, &total))
        return reply_error(req);

    const PagedList users = {
        .schema = req->user->is_admin ? &user_schema : &person_schema,
        .id_offset = offsetof(User, id),
    };
    return paging_reply(req, &query->page, &users, &list, total);
}

/* -- Routes --------------------------------------------------------------------------------------
 */

#define USERS .tag = "Users", .needs = &need_user

static const Route routes[] = {
    { METHOD_GET, "/api/users/lookup", look_up, LANE_READ, USERS, .ask = ask_lookup,
      .limits_guessing = true, .in.query = &lookup_query_schema, .out.shape = GIVES_ONE,
      .out.gives = &person_schema, .fails = FAILS_1(NOT_FOUND), .id = "look_up_user",
      .summary = "Find a person",
      .doc = "By the whole name or the whole address, nothing less, and only so often." },
    { METHOD_GET, "/api/users", list_users, LANE_READ, USERS, .prepare = prepare_users,
      .in.query = &user_query_schema, .out.shape = GIVES_PAGE, .out.gives = &user_schema,
      .out.or_gives = &person_schema, .id = "list_users", .summary = "List users",
      .doc = "Administrators see every account; others the people they share an event with." },
};

const RouteTable user_routes = ROUTE_TABLE(routes);
