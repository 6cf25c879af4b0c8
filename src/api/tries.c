#include "api/tries.h"

#include "api/event_input.h"
#include "auth/account_text.h"
#include "base/address.h"
#include "http/server.h"
#include "store/attempts.h"
#include "store/audit.h"
#include "store/known_networks.h"
#include "store/users.h"

#define MINUTE_US (60 * SECOND_US)

/* -- Counting --------------------------------------------------------------------------------- */

/* An account's id, or the key of an unknown name, so that both look the same. */
static const char *account_name(Request *req, const User *user, const char *key)
{
    if (user != NULL)
        return arena_printf(req->arena, "id:%lld", (long long)user->id);
    return arena_printf(req->arena, "name:%.255s", key != NULL ? key : "");
}

static bool count(Request *req, const char *key, int64_t minutes, int64_t *ret_count)
{
    return attempts_count(req->db, key, req->now, minutes * MINUTE_US, ret_count, &req->error);
}

static bool count_here(Request *req, Tries *tries, int64_t most)
{
    if (!count(req, tries->here_key, 15, &tries->here))
        return false;
    tries->is_locked = tries->here > most;
    return true;
}

static bool count_stranger(Request *req, const char *account, Tries *tries)
{
    int64_t of_strangers = 0;

    if (!count_here(req, tries, TRIES_HERE))
        return false;
    if (tries->is_locked)
        return true;
    tries->strangers_key = arena_printf(req->arena, "all %s", account);
    if (!count(req, tries->strangers_key, 60, &of_strangers))
        return false;
    tries->is_locked = of_strangers > TRIES_OF_STRANGERS && tries->here > TRIES_IN_A_SIEGE;
    return true;
}

/* Counted once more when the step has to run again: a little too much is no matter. */
static bool admit_stranger(Request *req)
{
    unsigned retry_after_s = 0;

    if (server_allows(req->server, RATE_STRANGERS, &retry_after_s))
        return true;
    req->error.retry_after_s = retry_after_s;
    return error_set(&req->error, ERROR_TOO_MANY_REQUESTS,
                     "Many people fail to sign in at this time: wait a little.");
}

static bool find(Request *req, const char *login, const char *key, User **ret_user, Tries *tries)
{
    Ask *user = users_ask_by_login(req->db, req->arena, login, key);
    Ask *known = known_networks_ask(req->db, req->arena, login, key, tries->network, req->now);

    return users_take(user, req->arena, ret_user, &req->error) &&
           known_networks_take(known, &tries->is_known, &req->error);
}

bool tries_count(Request *req, const char *login, User **ret_user, Tries *ret_tries)
{
    const char *key = account_key(req->arena, login);

    *ret_tries = (Tries){ .network = address_network_text(req->address, req->arena) };
    if (!find(req, login, key, ret_user, ret_tries))
        return false;
    ret_tries->user = *ret_user;
    if (!req->app->config->rate_limit)
        return true;
    const char *account = account_name(req, *ret_user, key);
    ret_tries->here_key = arena_printf(req->arena, "here %s %s", account, ret_tries->network);
    if (ret_tries->is_known)
        return count_here(req, ret_tries, TRIES_WHERE_KNOWN);
    /* Who is locked out here already takes no part of what strangers may do everywhere. */
    return count_stranger(req, account, ret_tries) && (ret_tries->is_locked || admit_stranger(req));
}

bool tries_count_session(Request *req, const User *user, Tries *ret_tries)
{
    *ret_tries = (Tries){ .user = user, .is_session = true };
    if (!req->app->config->rate_limit)
        return true;
    ret_tries->here_key =
        arena_printf(req->arena, "session %lld", (long long)req->user->session_id);
    return count_here(req, ret_tries, TRIES_HERE);
}

/* -- What became of it ------------------------------------------------------------------------ */

static const char *subject_of(Request *req, const Tries *tries)
{
    if (tries->user == NULL)
        return "nobody"; /* the name that was typed may be a password */
    return arena_printf(req->arena, "user %lld", (long long)tries->user->id);
}

bool tries_fail(Request *req, const Tries *tries)
{
    const Author author = author_of(req, NULL);
    int64_t most = tries->is_known ? TRIES_WHERE_KNOWN : TRIES_HERE;
    unsigned retry_after_s = 0;
    const char *action = tries->is_locked ? "user.locked" : "user.sign_in_failed";

    if (tries->is_session && !tries->is_locked)
        action = "user.password_failed";
    /* Of those that are locked only the first leaves a line. */
    if (tries->here > most + 1 || !server_allows(req->server, RATE_FAILURES, &retry_after_s))
        return true;
    return audit_record(req->db, &author, action, subject_of(req, tries), NULL, &req->error);
}

static bool take_back(Request *req, const Tries *tries)
{
    if (tries->here_key != NULL && !attempts_clear(req->db, tries->here_key, &req->error))
        return false;
    if (tries->strangers_key == NULL)
        return true;
    server_forgive(req->server, RATE_STRANGERS);
    return attempts_forgive(req->db, tries->strangers_key, &req->error);
}

bool tries_remember(Request *req, const User *user)
{
    const char *network = address_network_text(req->address, req->arena);

    return known_networks_add(req->db, user->id, network, req->now, &req->error);
}

bool tries_succeed(Request *req, const Tries *tries)
{
    const Identity self = { .user_id = tries->user->id, .username = tries->user->username };
    const Author author = { .by = &self, .at = req->now, .address = req->address };

    return take_back(req, tries) &&
           (tries->is_session || (tries_remember(req, tries->user) &&
                                  audit_record(req->db, &author, "user.sign_in",
                                               subject_of(req, tries), NULL, &req->error)));
}
