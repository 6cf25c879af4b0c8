#include "api/account_input.h"

#include "api/event_input.h"
#include "auth/account_text.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "base/config.h"
#include "base/limits.h"
#include "store/attempts.h"
#include "time/timezone.h"

/* -- Tables ----------------------------------------------------------------------------------- */

#define QUOTA(member_, admin_flags, doc_)                                                          \
    INTEGER(User, member_, .flags = NULLABLE | SPARSE | (admin_flags),                             \
            .doc = doc_ "; null: what everybody may.", .example = "100000")

/* What can be written of an account, by the person and by administrators. */
#define WRITABLE_FIELDS(required, admin_flags)                                                     \
    INTEGER(User, id, .flags = READ_ONLY, .doc = "Assigned by the server.", .example = "7"),       \
        USERNAME_FIELD(User, required), EMAIL_FIELD(User, required),                               \
        TEXT(User, display_name, .flags = NULLABLE, .max = LIMIT_DISPLAY_NAME,                     \
             .doc = "What the person wants to be called; null: no more than the user name.",       \
             .example = "\"Amira Haddad\""),                                                       \
        BOOLEAN(User, is_admin, .flags = (admin_flags), .doc = "May manage accounts.",             \
                .example = "false"),                                                               \
        BOOLEAN(User, is_active, .flags = (admin_flags),                                           \
                .doc = "False: the account is disabled and cannot sign in.", .example = "true"),   \
        TIMEZONE_FIELD(User),                                                                      \
        CHOICE(User, free_busy, .choices = free_busy_names,                                        \
               .doc = "Who sees when the person is busy: people they know, everyone, or nobody. "  \
                      "Left out of a new account: as FASTI_FREE_BUSY says.",                       \
               .example = "\"known\""),                                                            \
        QUOTA(quota_events, admin_flags, "The most live events that they may own"),                \
        QUOTA(quota_bytes, admin_flags, "The most bytes of these"),                                \
        QUOTA(quota_history_bytes, admin_flags, "The most bytes of history that they may write"),  \
        QUOTA(quota_grants, admin_flags, "The most roles that they may give to others"),           \
        INSTANT(User, created_at, .flags = READ_ONLY, .doc = "When the account was made.",         \
                .example = "\"2026-03-01T08:00:00Z\""),                                            \
        INSTANT(User, updated_at, .flags = READ_ONLY, .doc = "When it was last changed.",          \
                .example = "\"2026-03-01T08:00:00Z\"")

static const Field own_account_fields[] = { WRITABLE_FIELDS(REQUIRED, READ_ONLY) };

const Schema own_account_schema = SCHEMA_NAMED("OwnAccount", User, own_account_fields,
                                               .doc = "What one may change of one's own account.");

static const Field new_account_fields[] = { WRITABLE_FIELDS(REQUIRED, 0),
                                            PASSWORD_FIELD(User, REQUIRED) };

const Schema new_account_schema = SCHEMA_NAMED("NewAccount", User, new_account_fields,
                                               .doc = "An account, made by an administrator.");

static const Field person_fields[] = {
    INTEGER(User, id, .flags = READ_ONLY, .doc = "Names the person.", .example = "8"),
    TEXT(User, username, .flags = READ_ONLY, .max = 255, .doc = "The person's name.",
         .example = "\"bela\""),
    TEXT(User, display_name, .flags = READ_ONLY | NULLABLE, .max = LIMIT_DISPLAY_NAME,
         .doc = "What they want to be called, or null.", .example = "\"Béla Kovács\""),
};

const Schema person_schema =
    SCHEMA_NAMED("Person", User, person_fields, .doc = "What other people see of an account.");

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

    if ((query->events == EVENTS_TRANSFER) == (query->to != INTEGER_NULL))
        return true;
    return decode_fault_at(d, "to", "missing",
                           "`to` goes with `events=transfer` and says who gets the events.");
}

const Schema delete_account_query_schema =
    SCHEMA(DeleteAccountQuery, delete_account_fields, .check = check_delete_account);

/* -- Steps and rules -------------------------------------------------------------------------- */

bool timezone_check(const Decoder *d, const Field *field, const char *name)
{
    (void)field;
    if (timezone_find(name) != NULL)
        return true;
    return decode_fault(d, "timezone",
                        "Give an IANA time zone that this server knows, such as Europe/Zurich.");
}

Reply check_is_free(Request *req)
{
    return accounts_are_free(req->db, req->arena, req->body, &req->error) ? reply_go_on()
                                                                          : reply_error(req);
}

Reply hash_for_next_step(Request *req, const char *password)
{
    char *hash = arena_alloc(req->arena, PASSWORD_HASH_BYTES);

    if (!password_hash(password, (int)req->app->config->bcrypt_cost, hash, &req->error))
        return reply_error(req);
    req->state = hash;
    return reply_go_on();
}

Reply hash_password_of_body(Request *req)
{
    return hash_for_next_step(req, ((const User *)req->body)->password);
}

/* Is `count` within what may be done in a day? */
static bool is_within_the_day(Request *req, int64_t count, int64_t limit, const char *sentence)
{
    if (count <= limit)
        return true;
    req->error.retry_after_s = 24 * 3600;
    return error_set(&req->error, ERROR_TOO_MANY_REQUESTS, "%s", sentence);
}

bool account_count_change(Request *req)
{
    const char *key =
        arena_printf(req->arena, ATTEMPTS_OF_A_DAY "changes %lld", (long long)req->user->user_id);
    int64_t count = 0;

    if (!req->app->config->rate_limit || req->user->is_admin)
        return true;
    return attempts_count(req->db, key, req->now, DAY_US, &count, &req->error) &&
           is_within_the_day(req, count, LIMIT_ACCOUNT_CHANGES,
                             "You have changed your account many times today: come back tomorrow.");
}

bool account_update(Request *req, const Schema *schema, const User *before, const User *patch,
                    User *ret_after)
{
    const Author author = author_of(req, NULL);

    if (!schema_check_read_only(schema, before, patch, req->arena, &body_location, &req->error))
        return false;
    *ret_after = *before;
    schema_apply(schema, patch, ret_after);
    if (schema_compare(schema, before, ret_after, 0) != 0 && !account_count_change(req))
        return false;
    return accounts_update(req->db, req->arena, &author, before, ret_after, &req->error);
}

Reply account_look_at_legacy(Request *req, int64_t id)
{
    const DeleteAccountQuery *query = req->query;
    LegacyView *view = ARENA_NEW(req->arena, LegacyView);

    if (query->events != EVENTS_DELETE && !legacy_look(req->db, id, query->to, view, &req->error))
        return reply_error(req);
    req->state = view;
    return reply_go_on();
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
    /* An administrator decides for others, and the audit trail has it. */
    if (leaving->id != req->user->user_id)
        return accounts_find_heir(req->db, req->arena, query->to, &at, ret_heir, &req->error);
    return accounts_find_willing_heir(req->db, req->arena, leaving->id, query->to, ret_heir,
                                      &req->error);
}

bool account_delete(Request *req, const User *user)
{
    const DeleteAccountQuery *query = req->query;
    const Author author = author_of(req, NULL);
    User *heir = NULL;

    if (!find_heir(req, user, &heir))
        return false;
    const Legacy legacy = {
        .heir = heir,
        .may_delete_shared = query->events == EVENTS_DELETE,
        .view = req->state,
    };
    return accounts_delete(req->db, req->arena, &author, user, &legacy, &req->error);
}

Reply account_find_strangers(Request *req, const int64_t ids[], size_t count)
{
    int64_t *strangers = ARENA_NEW(req->arena, int64_t);
    Writer w = writer_start(req->arena);

    if (!req->app->config->rate_limit || req->user->is_admin)
        return reply_go_on();
    write_array(&w);
    for (size_t i = 0; i < count; i++)
        write_integer(&w, ids[i]);
    write_end_array(&w);
    if (!users_count_strangers(req->db, req->user->user_id, writer_text(&w), strangers,
                               &req->error))
        return reply_error(req);
    if (*strangers > 0)
        req->state = strangers;
    return reply_go_on();
}

bool account_names_strangers(const Request *req)
{
    return req->state != NULL;
}

static bool count_stranger(Request *req)
{
    const char *key =
        arena_printf(req->arena, ATTEMPTS_OF_A_DAY "by id %lld", (long long)req->user->user_id);
    int64_t count = 0;

    return attempts_count(req->db, key, req->now, DAY_US, &count, &req->error) &&
           is_within_the_day(req, count, LIMIT_STRANGERS_BY_ID,
                             "You have named many people by their number today: name further ones "
                             "by user name or address.");
}

Reply account_count_strangers(Request *req)
{
    const int64_t *strangers = req->state;

    for (int64_t i = 0; i < *strangers; i++) {
        if (count_stranger(req))
            continue;
        bool is_over = req->error.code == ERROR_TOO_MANY_REQUESTS;
        Reply reply = reply_error(req);
        reply.stays = is_over;
        return reply;
    }
    return reply_go_on();
}
