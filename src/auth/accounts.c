#include "auth/accounts.h"

#include <assert.h>

#include "auth/account_text.h"
#include "auth/departure.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/erasures.h"
#include "store/known.h"
#include "store/sessions.h"
#include "store/usage.h"

static bool record(Db *db, Arena *arena, const Author *author, int64_t user_id, const char *action,
                   Error *err)
{
    const char *subject = arena_printf(arena, "user %lld", (long long)user_id);

    return audit_record(db, author, action, subject, NULL, err);
}

static bool refuse_taken(Error *err)
{
    return error_set(err, ERROR_CONFLICT, "This user name or e-mail address is taken.");
}

/* After a statement that failed. */
static bool refuse_if_taken(Error *err)
{
    return err->code == ERROR_DUPLICATE && refuse_taken(err);
}

static bool same_quotas(const User *a, const User *b)
{
    return a->quota_events == b->quota_events && a->quota_bytes == b->quota_bytes &&
           a->quota_history_bytes == b->quota_history_bytes && a->quota_grants == b->quota_grants;
}

static bool is_in_charge(const User *user)
{
    return user->is_admin && user->is_active;
}

/* Of two who go at the same moment, the second one waits here, and then sees the first one gone. */
static bool may_leave_office(Db *db, Error *err)
{
    int64_t admins = 0;

    if (!users_lock_admins(db, &admins, err))
        return false;
    if (admins <= 1)
        return error_set(err, ERROR_CONFLICT,
                         "This is the last administrator: make somebody else one first.");
    return true;
}

/* -- Making ----------------------------------------------------------------------------------- */

static bool insert(Db *db, Arena *arena, Instant at, User *user, Error *err)
{
    user->created_at = user->updated_at = at;
    user->quota_events = user->quota_bytes = INTEGER_NULL;
    user->quota_history_bytes = user->quota_grants = INTEGER_NULL;
    return users_insert(db, user, account_username_key(arena, user->username),
                        account_email_key(arena, user->email), err) ||
           refuse_if_taken(err);
}

static bool record_made(Db *db, Arena *arena, const Author *author, const User *user, Error *err)
{
    return record(db, arena, author, user->id, "user.create", err) &&
           (!user->is_admin || record(db, arena, author, user->id, "user.promote", err));
}

bool accounts_create(Db *db, Arena *arena, const Author *author, User *user, Error *err)
{
    return insert(db, arena, author->at, user, err) && record_made(db, arena, author, user, err);
}

bool accounts_register(Db *db, Arena *arena, const Author *author, User *user, Error *err)
{
    if (!insert(db, arena, author->at, user, err))
        return false;
    const Identity self = { .user_id = user->id, .username = user->username };
    const Author same = { .by = &self, .at = author->at, .address = author->address };
    return record_made(db, arena, &same, user, err);
}

bool accounts_are_free(Db *db, Arena *arena, const User *user, Error *err)
{
    User *holder = NULL;

    if (!users_take(users_ask_by_key(db, arena, account_username_key(arena, user->username),
                                     account_email_key(arena, user->email)),
                    arena, &holder, err))
        return false;
    return holder == NULL || refuse_taken(err);
}

bool accounts_found(Db *db, Arena *arena, const Author *author, User *user, bool *ret_is_first,
                    Error *err)
{
    int64_t admins = 0;

    *ret_is_first = false;
    if (!users_lock_founding(db, err) || !users_count_admins(db, &admins, err))
        return false;
    *ret_is_first = admins == 0;
    user->is_admin = user->is_active = true;
    return admins > 0 || accounts_create(db, arena, author, user, err);
}

/* -- Changing --------------------------------------------------------------------------------- */

typedef struct Deed {
    bool is_done;
    const char *action;
} Deed;

enum { DEEDS = 6 };

static bool list_deeds(const User *before, const User *after, Deed ret_deeds[DEEDS])
{
    const Deed deeds[DEEDS] = {
        { !text_equal(before->username, after->username) ||
              !text_equal(before->email, after->email) ||
              !text_equal(before->display_name, after->display_name) ||
              !text_equal(before->timezone, after->timezone) ||
              before->free_busy != after->free_busy,
          "user.update" },
        { !before->is_admin && after->is_admin, "user.promote" },
        { before->is_admin && !after->is_admin, "user.demote" },
        { before->is_active && !after->is_active, "user.disable" },
        { !before->is_active && after->is_active, "user.enable" },
        { !same_quotas(before, after), "user.quota" },
    };
    bool is_any_done = false;

    for (size_t i = 0; i < DEEDS; i++) {
        ret_deeds[i] = deeds[i];
        is_any_done = is_any_done || deeds[i].is_done;
    }
    return is_any_done;
}

bool accounts_update(Db *db, Arena *arena, const Author *author, const User *before, User *after,
                     Error *err)
{
    Deed deeds[DEEDS];

    if (!list_deeds(before, after, deeds))
        return true;
    if (is_in_charge(before) && !is_in_charge(after) && !may_leave_office(db, err))
        return false;
    after->updated_at = author->at;
    if (!users_update(db, before, after, account_username_key(arena, after->username),
                      account_email_key(arena, after->email), err))
        return refuse_if_taken(err);
    if (!same_quotas(before, after) && !users_set_quotas(db, after, err))
        return false;
    if (before->is_active && !after->is_active &&
        !sessions_revoke_all(db, after->id, 0, author->at, NULL, err))
        return false;
    for (size_t i = 0; i < DEEDS; i++) {
        if (deeds[i].is_done && !record(db, arena, author, after->id, deeds[i].action, err))
            return false;
    }
    return true;
}

bool accounts_set_admin(Db *db, Arena *arena, const Author *author, const User *user, bool is_admin,
                        Error *err)
{
    User after = *user;

    after.is_admin = is_admin;
    return accounts_update(db, arena, author, user, &after, err);
}

bool accounts_set_active(Db *db, Arena *arena, const Author *author, const User *user,
                         bool is_active, Error *err)
{
    User after = *user;

    after.is_active = is_active;
    return accounts_update(db, arena, author, user, &after, err);
}

bool accounts_set_password(Db *db, Arena *arena, const Author *author, int64_t user_id,
                           const NewPassword *password, Error *err)
{
    return users_set_password(db, user_id, password->old_hash, password->hash, author->at, err) &&
           sessions_revoke_all(db, user_id, password->spared_session, author->at, NULL, err) &&
           record(db, arena, author, user_id, "user.password", err);
}

/* -- Ending ----------------------------------------------------------------------------------- */

bool accounts_find_heir(Db *db, Arena *arena, int64_t id, const Location *where, User **ret_heir,
                        Error *err)
{
    if (!users_find_held(db, arena, id, ret_heir, err))
        return false;
    if (*ret_heir == NULL || !(*ret_heir)->is_active)
        return error_fault(err, arena, where, "unknown_user",
                           "Name somebody who has an account here.");
    return true;
}

bool accounts_find_willing_heir(Db *db, Arena *arena, int64_t giver, int64_t id, User **ret_heir,
                                Error *err)
{
    bool is_willing = false;

    /* He is held, and who blocks the giver or him stands, before it is asked. */
    if (!users_find_held(db, arena, id, ret_heir, err) || !users_lock_both(db, giver, id, err) ||
        !known_is_trusted(db, id, giver, &is_willing, err))
        return false;
    return (*ret_heir != NULL && is_willing) ||
           error_set(err, ERROR_NOT_KNOWN,
                     "There is nobody of this id who knows you: they have to share something "
                     "with you first, or say yes to an event of yours.");
}

/* On SQLite, where all others wait meanwhile, what was counted before is only looked at again. */
static bool count_shared(Db *db, const User *leaving, const LegacyView *view, int64_t *ret_shared,
                         Error *err)
{
    int64_t news = 0;

    *ret_shared = view != NULL ? view->shared : 0;
    if (view != NULL && db_kind(db) == DB_SQLITE &&
        !legacy_count_shares_since(db, leaving->id, view->last_entry, &news, err))
        return false;
    bool is_known = view != NULL && db_kind(db) == DB_SQLITE && news == 0;
    return is_known || legacy_count_shared(db, leaving->id, ret_shared, err);
}

/* Of an author who has an allowance nobody's is overdrawn (store/edits.h), also not later. */
static bool has_room(Db *db, Arena *arena, const Author *author, const User *leaving,
                     const User *heir, Error *err)
{
    const Holder holder = { .user_id = heir->id };
    Allowance *legacy = NULL;
    Allowance *allowance = NULL;

    if (author->by == NULL || author->by->allowance == NULL)
        return true;
    if (!usage_find(db, arena, leaving->id, &legacy, err) ||
        !usage_find(db, arena, heir->id, &allowance, err))
        return false;
    if (legacy == NULL || allowance == NULL)
        return error_set(err, ERROR_RETRY, "One of the two accounts is gone by now.");
    const Usage more = { .events = legacy->used.events, .event_bytes = legacy->used.event_bytes };
    return usage_permits(db, arena, holder, allowance, &more, err);
}

static bool may_leave_events(Db *db, Arena *arena, const Author *author, const User *leaving,
                             const Legacy *legacy, Error *err)
{
    int64_t shared = 0;

    if (legacy->heir != NULL && legacy->view != NULL && legacy->view->same_uids > 0)
        return error_set(err, ERROR_CONFLICT,
                         "The new owner has %lld of these events already, under the same uid: "
                         "delete them on either side first.",
                         (long long)legacy->view->same_uids);
    if (legacy->heir != NULL)
        return has_room(db, arena, author, leaving, legacy->heir, err);
    if (legacy->may_delete_shared)
        return true;
    if (!count_shared(db, leaving, legacy->view, &shared, err))
        return false;
    return shared == 0 ||
           error_set(err, ERROR_CONFLICT,
                     "Others share events of this account: delete them too (`events=delete`, "
                     "or `--with-events` on the command line), or hand them over "
                     "(`events=transfer` and `to` whom).");
}

bool accounts_delete(Db *db, Arena *arena, const Author *author, const User *leaving,
                     const Legacy *legacy, Error *err)
{
    const Departure departure = {
        .user_id = leaving->id,
        .username = leaving->username,
        .heir_id = legacy->heir != NULL ? legacy->heir->id : INTEGER_NULL,
        .by_id = author->by != NULL ? author->by->user_id : INTEGER_NULL,
        .by_name = author->by != NULL ? author->by->username : NULL,
        .address = author->address,
    };
    bool is_gone = false;

    assert(legacy->heir == NULL || legacy->heir->id != leaving->id);
    if (is_in_charge(leaving) && !may_leave_office(db, err))
        return false;
    return may_leave_events(db, arena, author, leaving, legacy, err) &&
           departures_begin(db, &departure, author->at, err) &&
           departure_go_on(db, arena, &departure, author->at, &is_gone, err) &&
           record(db, arena, author, leaving->id, "user.delete", err);
}

bool accounts_erase(Db *db, Arena *arena, const Author *author, const User *leaving,
                    const Legacy *legacy, Error *err)
{
    return erasures_begin(db, leaving->id, err) &&
           accounts_delete(db, arena, author, leaving, legacy, err) &&
           record(db, arena, author, leaving->id, "user.erase", err);
}
