#include "cli/account_errands.h"

#include "auth/account_text.h"
#include "auth/accounts.h"
#include "auth/departure.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/limits.h"
#include "permit/user.h"
#include "store/erasures.h"
#include "store/permissions.h"
#include "store/usage.h"

/* -- Tables ----------------------------------------------------------------------------------- */

const char *const quota_names[] = { "events", "bytes", "history", "grants", NULL };

#define NAME                                                                                       \
    TEXT(AccountInput, name, .flags = REQUIRED, .min = 1, .max = LIMIT_EMAIL,                      \
         .doc = "A user name or an e-mail address.")
#define HASH                                                                                       \
    TEXT(AccountInput, password_hash, .flags = REQUIRED, .min = PASSWORD_HASH_BYTES - 1,           \
         .max = PASSWORD_HASH_BYTES - 1, .doc = "bcrypt, as it is stored.")

static const Field add_fields[] = {
    TEXT(AccountInput, name, .flags = REQUIRED, .check = account_check_username,
         .doc = "The user name."),
    TEXT(AccountInput, email, .flags = REQUIRED, .check = account_check_email,
         .doc = "The e-mail address."),
    HASH,
    CHOICE(AccountInput, free_busy, .choices = free_busy_names,
           .doc = "Who sees when the person is busy; left out, people they know."),
    BOOLEAN(AccountInput, admin, .doc = "Makes an administrator."),
};
static const Field passwd_fields[] = { NAME, HASH };
static const Field switch_fields[] = {
    NAME,
    BOOLEAN(AccountInput, off, .doc = "Takes it back."),
};
static const Field quota_fields[] = {
    NAME,
    CHOICE(AccountInput, quota, .flags = NULLABLE, .choices = quota_names,
           .doc = "Which one; left out, it is shown."),
    INTEGER(AccountInput, most, .flags = NULLABLE, .doc = "How much; null: what everybody may."),
};
static const Field delete_fields[] = {
    NAME,
    BOOLEAN(AccountInput, with_events, .doc = "Deletes also events that others share."),
};
static const Field erase_fields[] = {
    NAME,
    BOOLEAN(AccountInput, with_events, .doc = "Deletes also events that others share."),
    TEXT(AccountInput, heir, .flags = NULLABLE, .min = 1, .max = LIMIT_EMAIL,
         .doc = "Who gets the events; null: nobody."),
};
static const Field some_fields[] = { NAME };

static const Schema add_schema = SCHEMA(AccountInput, add_fields, .doc = "A new account.");
static const Schema passwd_schema = SCHEMA(AccountInput, passwd_fields, .doc = "Another password.");
static const Schema switch_schema =
    SCHEMA(AccountInput, switch_fields, .doc = "What an account is or may.");
static const Schema quota_schema =
    SCHEMA(AccountInput, quota_fields, .doc = "How much of the database an account may take.");
static const Schema delete_schema =
    SCHEMA(AccountInput, delete_fields, .doc = "The end of an account.");
static const Schema erase_schema =
    SCHEMA(AccountInput, erase_fields, .doc = "The end of an account and of its name.");
static const Schema some_schema = SCHEMA(AccountInput, some_fields, .doc = "Whom to name.");

/* -- Doing it --------------------------------------------------------------------------------- */

/* Whoever runs the server: nobody by name. */
static Author author_now(void)
{
    return (Author){ .at = clock_now_us() };
}

static bool add(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    const Author author = author_now();
    User user = {
        .username = wanted->name,
        .email = wanted->email,
        .hashed_password = wanted->password_hash,
        .is_admin = wanted->admin,
        .is_active = true,
        .free_busy = wanted->free_busy != INTEGER_NULL ? wanted->free_busy : FREE_BUSY_KNOWN,
    };

    if (!accounts_create(db, arena, &author, &user, err))
        return false;
    buffer_printf(out, "Made user %lld, %s%s.\n", (long long)user.id, user.username,
                  user.is_admin ? ", an administrator" : "");
    return true;
}

static bool find_by_name(Db *db, Arena *arena, const char *name, User **ret_user, Error *err)
{
    const char *key = account_key(arena, name);

    *ret_user = NULL;
    if (key != NULL && !users_find_by_login(db, arena, name, key, ret_user, err))
        return false;
    return *ret_user != NULL || error_set(err, ERROR_NOT_FOUND, "There is no user %s.", name);
}

/* The person locked alone, and the heir, if there is to be one, held: both at once, see
 * users_ask_locks. */
static bool find_with_heir(Db *db, Arena *arena, const AccountInput *wanted, User **ret_user,
                           User **ret_heir, Error *err)
{
    *ret_heir = NULL;
    if (!users_lock_office(db, err) || !find_by_name(db, arena, wanted->name, ret_user, err) ||
        (wanted->heir != NULL && !find_by_name(db, arena, wanted->heir, ret_heir, err)))
        return false;
    int64_t id = (*ret_user)->id;
    int64_t heir_id = *ret_heir != NULL ? (*ret_heir)->id : INTEGER_NULL;
    AccountLock locks[] = { { .id = id, .is_alone = true, .asker = id }, { .id = heir_id } };
    users_ask_locks(db, arena, locks, heir_id == id ? 1 : 2);
    if (!users_find(db, arena, id, ret_user, err) ||
        (wanted->heir != NULL && !users_find(db, arena, heir_id, ret_heir, err)))
        return false;
    if (*ret_user != NULL && (*ret_heir != NULL || wanted->heir == NULL))
        return true;
    return error_set(err, ERROR_NOT_FOUND, "There is no user %s.",
                     *ret_user == NULL ? wanted->name : wanted->heir);
}

static bool find_user(Db *db, Arena *arena, const char *name, User **ret_user, Error *err)
{
    User *nobody = NULL;

    return find_with_heir(db, arena, &(AccountInput){ .name = name }, ret_user, &nobody, err);
}

static bool say(Buffer *out, const User *user, const char *what)
{
    buffer_printf(out, "%s %s.\n", user->username, what);
    return true;
}

static bool set_password(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    const NewPassword password = { .hash = wanted->password_hash };
    const Author author = author_now();
    User *user = NULL;

    return find_user(db, arena, wanted->name, &user, err) &&
           accounts_set_password(db, arena, &author, user->id, &password, err) &&
           say(out, user, "has a new password and is signed out everywhere");
}

static bool set_admin(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    const Author author = author_now();
    User *user = NULL;

    return find_user(db, arena, wanted->name, &user, err) &&
           accounts_set_admin(db, arena, &author, user, !wanted->off, err) &&
           say(out, user, wanted->off ? "is no administrator" : "is an administrator");
}

static bool set_disabled(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    const Author author = author_now();
    User *user = NULL;

    return find_user(db, arena, wanted->name, &user, err) &&
           accounts_set_active(db, arena, &author, user, wanted->off, err) &&
           say(out, user, wanted->off ? "may sign in again" : "is signed out and cannot sign in");
}

/* Of what, how much they have and may have. */
static void show_quotas(Buffer *out, const User *user, const Allowance *allowance)
{
    const int64_t rows[][2] = {
        { allowance->used.events, allowance->most.events },
        { allowance->used.event_bytes, allowance->most.event_bytes },
        { allowance->used.history_bytes, allowance->most.history_bytes },
        { allowance->used.grants, allowance->most.grants },
    };

    buffer_printf(out, "%s has\n", user->username);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        buffer_printf(out, "%-8s %12lld of %lld\n", quota_names[i], (long long)rows[i][0],
                      (long long)rows[i][1]);
}

static bool set_quota(Db *db, Arena *arena, const User *before, const AccountInput *wanted,
                      Error *err)
{
    const Author author = author_now();
    User after = *before;
    int64_t *const quotas[] = { &after.quota_events, &after.quota_bytes, &after.quota_history_bytes,
                                &after.quota_grants };

    if (wanted->quota == INTEGER_NULL)
        return true;
    *quotas[wanted->quota] = wanted->most;
    return accounts_update(db, arena, &author, before, &after, err);
}

static bool quota(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    Allowance *allowance = NULL;
    User *user = NULL;

    if (!find_user(db, arena, wanted->name, &user, err) ||
        !set_quota(db, arena, user, wanted, err) ||
        !usage_find(db, arena, user->id, &allowance, err))
        return false;
    show_quotas(out, user, allowance);
    return true;
}

static bool delete_account(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    const Legacy legacy = { .may_delete_shared = wanted->with_events };
    const Author author = author_now();
    User *user = NULL;

    return find_user(db, arena, wanted->name, &user, err) &&
           accounts_delete(db, arena, &author, user, &legacy, err) && say(out, user, "is deleted");
}

static bool may_inherit(const User *user, const User *heir, Error *err)
{
    if (heir == NULL || (heir->id != user->id && heir->is_active))
        return true;
    return error_set(err, ERROR_CONFLICT,
                     heir->id == user->id ? "%s cannot inherit from themselves."
                                          : "%s may not sign in, and cannot inherit.",
                     heir->username);
}

static bool erase_account(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    const Author author = author_now();
    User *user = NULL;
    User *heir = NULL;

    if (!find_with_heir(db, arena, wanted, &user, &heir, err) || !may_inherit(user, heir, err))
        return false;
    const Legacy legacy = { .heir = heir, .may_delete_shared = wanted->with_events };
    return accounts_erase(db, arena, &author, user, &legacy, err) && say(out, user, "is deleted");
}

/* What others are doing just now comes again with the next piece. */
static bool forget_some(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const AccountInput *wanted = input;
    bool is_more = false;

    if (!departure_next(db, arena, clock_now_us(), &is_more, err) ||
        (!is_more && !erasures_go_on(db, &is_more, err)) ||
        (!is_more && !erasures_are_pending(db, &is_more, err)))
        return false;
    if (!is_more)
        buffer_printf(out, "Nothing in the database names %s any more.\n", wanted->name);
    return true;
}

const Errand user_add = ERRAND("/commands/user-add", add, &add_schema);
const Errand user_passwd = ERRAND("/commands/user-passwd", set_password, &passwd_schema);
const Errand user_admin = ERRAND("/commands/user-admin", set_admin, &switch_schema);
const Errand user_disable = ERRAND("/commands/user-disable", set_disabled, &switch_schema);
const Errand user_quota = ERRAND("/commands/user-quota", quota, &quota_schema);
const Errand user_delete = ERRAND("/commands/user-delete", delete_account, &delete_schema);
const Errand user_erase = ERRAND("/commands/user-erase", erase_account, &erase_schema);
const Errand erase_some = ERRAND("/commands/erase-some", forget_some, &some_schema);
