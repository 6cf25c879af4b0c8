/* Setup: what this server is, and its first administrator, by the link that `fasti serve` prints
 * while there is none. The link is for this machine and for LIMIT_SETUP_MINUTES: whoever reads what
 * the server prints runs it. */

#include "api/account_input.h"
#include "api/accounts_api.h"
#include "api/event_input.h"
#include "api/routes.h"
#include "auth/account_text.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "base/limits.h"
#include "permit/anybody.h"
#include "permit/user.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct About {
    Members given;
    const char *name;
    const char *version;
    int64_t signup;
    bool needs_setup;
} About;

static const char *const signups[] = { "open", "closed", NULL };

static const Field about_fields[] = {
    TEXT(About, name, .doc = "Always `Fasti`.", .example = "\"Fasti\""),
    TEXT(About, version, .doc = "Of the program.", .example = "\"1.0.0\""),
    CHOICE(About, signup, .choices = signups, .doc = "May anybody register?",
           .example = "\"open\""),
    BOOLEAN(About, needs_setup, .doc = "Nobody is an administrator yet.", .example = "false"),
};

static const Schema about_schema = SCHEMA(About, about_fields, .doc = "What this server is.");

typedef struct FirstAdmin {
    Members given;
    const char *token;
    const char *username;
    const char *email;
    const char *password;
} FirstAdmin;

static const Field first_admin_fields[] = {
    TEXT(FirstAdmin, token, .flags = REQUIRED | WRITE_ONLY, .min = 1,
         .doc = "From the link that the server prints at its start, after `#t=`.",
         .example = "\"4f1c9a…\""),
    USERNAME_FIELD(FirstAdmin, REQUIRED),
    EMAIL_FIELD(FirstAdmin, REQUIRED),
    PASSWORD_FIELD(FirstAdmin, REQUIRED),
};

static const Schema first_admin_schema =
    SCHEMA(FirstAdmin, first_admin_fields, .doc = "The first administrator.");

/* -- Handlers --------------------------------------------------------------------------------- */

static Reply tell_about(Request *req)
{
    int64_t admins = 0;

    if (!users_count_admins(req->db, &admins, &req->error))
        return reply_error(req);
    const About about = {
        .name = "Fasti",
        .version = req->app->version,
        .signup = (int64_t)req->app->config->signup,
        .needs_setup = admins == 0,
    };
    return reply_object(req, &about_schema, &about);
}

/* Before anything is hashed. */
static Reply check_link(Request *req)
{
    const FirstAdmin *first = req->body;
    const User wanted = { .username = first->username, .email = first->email };

    return permit_setup(req, first->token) &&
                   accounts_are_free(req->db, req->arena, &wanted, &req->error)
               ? reply_go_on()
               : reply_error(req);
}

static Reply hash_password_of_admin(Request *req)
{
    return hash_for_next_step(req, ((const FirstAdmin *)req->body)->password);
}

static Reply make_first_admin(Request *req)
{
    const FirstAdmin *first = req->body;
    const Author author = author_of(req, NULL);
    bool is_first = false;
    User user = {
        .username = first->username,
        .email = first->email,
        .hashed_password = req->state,
        .free_busy = req->app->config->free_busy,
    };

    if (!accounts_found(req->db, req->arena, &author, &user, &is_first, &req->error) ||
        !(is_first || refuse_setup(req)) || !tries_remember(req, &user))
        return reply_error(req);
    return reply_signed_in(req, &user);
}

/* -- Routes ----------------------------------------------------------------------------------- */

#define SETUP .tag = "Setup", .needs = &need_nobody, .out.shape = GIVES_ONE

static const Route routes[] = {
    { METHOD_GET, "/api/about", tell_about, LANE_READ, SETUP, .out.gives = &about_schema,
      .id = "get_about", .summary = "What this server is" },
    { METHOD_POST, "/api/setup", make_first_admin, LANE_WRITE, SETUP,
      .before = { { .lane = LANE_READ, .run = check_link },
                  { .lane = LANE_HASH, .run = hash_password_of_admin } },
      .in.takes = &first_admin_schema, .in.limit = LIMIT_LOGIN_BODY_BYTES, .out.status = 201,
      .out.gives = &signed_in_schema, .fails = FAILS_2(NOT_FOUND, CONFLICT), .id = "set_up",
      .summary = "Make the first administrator",
      .doc = "By the link that the server prints while nobody is one: for half an hour, from the "
             "machine it runs on. And sign in at once." },
};

const RouteTable setup_routes = ROUTE_TABLE(routes);
