#include "permit/user.h"

#include "store/sessions.h"
#include "store/users.h"

void permit_ask_user(Request *req)
{
    users_ask_locks(req->db, req->arena, &(AccountLock){ .id = req->claims.user_id }, 1);
    req->asked_user = sessions_ask_identity(req->db, req->arena, req->claims.session_id,
                                            req->claims.user_id, req->route->lane == LANE_WRITE);
}

bool permit_user(Request *req)
{
    Identity *identity = NULL;

    if (req->has_token &&
        !sessions_take_identity(req->asked_user, req->arena, &identity, &req->error))
        return false;
    if (identity == NULL)
        return error_set(&req->error, ERROR_UNAUTHENTICATED, "%s",
                         "Sign in and send the access token as `Authorization: Bearer <token>`.");
    req->user = identity;
    return true;
}

void permit_ask_asker(const Need *need, Request *req)
{
    (void)need;
    permit_ask_user(req);
}

static const char *everybody(const Need *need, Arena *arena)
{
    (void)need;
    (void)arena;
    return "Open to everybody.";
}

const Need need_nobody = { .who_may = everybody };

static bool permit_any_user(const Need *need, Request *req)
{
    (void)need;
    return permit_user(req);
}

static const char *any_user(const Need *need, Arena *arena)
{
    (void)need;
    (void)arena;
    return "For everybody who is signed in.";
}

const Need need_user = {
    .ask = permit_ask_asker,
    .permit = permit_any_user,
    .who_may = any_user,
    .failures = FAILS_1(UNAUTHENTICATED),
};

static bool permit_admin(const Need *need, Request *req)
{
    (void)need;
    return permit_user(req) &&
           (req->user->is_admin ||
            error_set(&req->error, ERROR_FORBIDDEN, "Only administrators may do this."));
}

static const char *administrators(const Need *need, Arena *arena)
{
    (void)need;
    (void)arena;
    return "For administrators.";
}

const Need need_admin = {
    .ask = permit_ask_asker,
    .permit = permit_admin,
    .who_may = administrators,
    .failures = FAILS_2(UNAUTHENTICATED, FORBIDDEN),
};
