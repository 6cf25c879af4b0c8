#include "permit/account.h"

#include "permit/user.h"
#include "store/users.h"

bool account_is_of_another(const Request *req)
{
    return request_id(req, "user_id") != req->claims.user_id;
}

bool account_may_be_managed(const Request *req)
{
    return req->user->is_admin || !account_is_of_another(req);
}

/* -- Asking ----------------------------------------------------------------------------------- */

/* Of a sound request, as all are that come to the writer. */
static int64_t heir_of(const Request *req)
{
    const Schema *query = req->route->in.query;
    const Field *to = query != NULL ? schema_field(query, "to") : NULL;

    return to != NULL ? *(const int64_t *)field_in(to, req->query) : INTEGER_NULL;
}

/* By a body in which that is read only nobody comes into office or leaves it. */
static bool may_change_office(const Request *req)
{
    const Schema *body = req->route->in.takes;
    const Field *office = body != NULL ? schema_field(body, "is_admin") : NULL;

    return office == NULL || (office->flags & READ_ONLY) == 0;
}

static void lock_accounts(Request *req, int64_t id)
{
    AccountLock locks[] = {
        { .id = id, .is_alone = true, .asker = req->claims.user_id },
        { .id = req->claims.user_id },
        { .id = heir_of(req) },
    };

    if (may_change_office(req))
        users_ask_office(req->db, req->arena, id, req->claims.user_id);
    users_ask_locks(req->db, req->arena, locks, sizeof(locks) / sizeof(locks[0]));
}

Ask *permit_ask_account(Request *req, int64_t id)
{
    if (req->lane == LANE_WRITE)
        lock_accounts(req, id);
    return users_ask(req->db, req->arena, id);
}

/* The account is locked before it is judged who asks. */
static void ask(const Need *need, Request *req)
{
    (void)need;
    req->asked_subject = permit_ask_account(req, request_id(req, "user_id"));
    permit_ask_user(req);
}

/* -- Judging ---------------------------------------------------------------------------------- */

/* Whether somebody else is known a step before the writer finds out. */
static bool permit_known(const Need *need, Request *req)
{
    User *user = NULL;
    bool is_known = true;

    (void)need;
    if (!permit_user(req) || !users_take(req->asked_subject, req->arena, &user, &req->error))
        return false;
    if (user != NULL && !account_may_be_managed(req) && req->lane != LANE_WRITE &&
        !users_is_known(req->db, req->user->user_id, user->id, &is_known, &req->error))
        return false;
    req->subject = user;
    return (user != NULL && is_known) ||
           error_set(&req->error, ERROR_NOT_FOUND, "There is no such user.");
}

static bool permit_managed(const Need *need, Request *req)
{
    return permit_known(need, req) &&
           (account_may_be_managed(req) ||
            error_set(&req->error, ERROR_FORBIDDEN, "Only administrators may do this."));
}

static const char *known(const Need *need, Arena *arena)
{
    (void)need;
    (void)arena;
    return "For oneself, administrators and who shares an event with the person; others get 404.";
}

static const char *managers(const Need *need, Arena *arena)
{
    (void)need;
    (void)arena;
    return "For oneself and administrators. Who shares an event with the person gets 403, others "
           "404.";
}

const Need need_known_account = {
    .ask = ask,
    .takes_long = account_is_of_another, /* whether he is known: a walk along all grants */
    .permit = permit_known,
    .who_may = known,
    .failures = FAILS_1(UNAUTHENTICATED),
};

const Need need_managed_account = {
    .ask = ask,
    .takes_long = account_is_of_another,
    .permit = permit_managed,
    .who_may = managers,
    .failures = FAILS_2(UNAUTHENTICATED, FORBIDDEN),
};
