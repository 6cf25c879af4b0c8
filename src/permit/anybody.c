#include "permit/anybody.h"

#include <string.h>

#include "auth/mac.h"
#include "base/text.h"
#include "store/users.h"

bool permit_signup(Request *req)
{
    return req->app->config->signup == SIGNUP_OPEN ||
           error_set(&req->error, ERROR_FORBIDDEN,
                     "Registration is closed: ask an administrator for an account.");
}

/* How much of it is right must not show in the time it takes. */
static bool is_secret(const char *given, const char *right)
{
    return given != NULL && right != NULL && strlen(given) == strlen(right) &&
           mac_equal((const unsigned char *)given, (const unsigned char *)right, strlen(right));
}

static bool is_of_this_machine(const char *address)
{
    return text_starts_with(address, "127.") || text_equal(address, "::1");
}

bool refuse_setup(Request *req)
{
    return error_set(&req->error, ERROR_NOT_FOUND, "This link makes no administrator any more.");
}

bool permit_setup(Request *req, const char *token)
{
    int64_t admins = 0;

    if (req->now >= req->app->setup_until || !is_of_this_machine(req->address) ||
        !is_secret(token, req->app->setup_token))
        return refuse_setup(req);
    return users_count_admins(req->db, &admins, &req->error) && (admins == 0 || refuse_setup(req));
}

bool permit_metrics(Request *req)
{
    return req->is_direct || is_secret(req->bearer, req->app->config->metrics_token) ||
           error_set(&req->error, ERROR_FORBIDDEN,
                     "Metrics are given to this machine itself, not through a proxy, or for the "
                     "token of FASTI_METRICS_TOKEN.");
}
