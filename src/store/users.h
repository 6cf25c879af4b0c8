/* Users - the accounts.
 *
 * `username_key` and `email_key` are the canonical forms (auth/account_text.h) that decide who is
 * the same person; the unique indexes on them decide races. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

/* What the row of somebody who has left has for a hash, which no password gives: his events are
 * still to go (store/departures.h). A condition for statements about users `u` is that it is not
 * so. */
#define DEPARTED     "'#'"
#define USER_IS_HERE "u.hashed_password <> " DEPARTED

/* The record of an account, without its secrets: what rows are read by. */
extern const Schema user_schema;

/* Each gives NULL in *ret_user when there is none. */
bool users_find(Db *db, Arena *arena, int64_t id, User **ret_user, Error *err);
bool users_find_by_login(Db *db, Arena *arena, const char *login, const char *key, User **ret_user,
                         Error *err);

/* The same in two halves; by its keys, of which one may be NULL. */
Ask *users_ask(Db *db, Arena *arena, int64_t id);
Ask *users_ask_by_login(Db *db, Arena *arena, const char *login, const char *key);
Ask *users_ask_by_key(Db *db, Arena *arena, const char *username_key, const char *email_key);
bool users_take(Ask *ask, Arena *arena, User **ret_user, Error *err);

/* Keeps other transactions that ask for the same out until this one ends: what is judged over all
 * that one person has stays true (PostgreSQL; on SQLite there is one writer anyway). */
bool users_lock(Db *db, int64_t id, Error *err);

/* Both, the lower id first: so nobody waits for one of them who has the other. */
bool users_lock_both(Db *db, int64_t one, int64_t other, Error *err);

/* How many administrators there are whose account is not disabled; their rows are locked. Who may
 * bring an administrator out of office has locked the office, before any account: who asks for it
 * next waits until this transaction ends. users_ask_office does so when `id` is one, and `asker` is
 * the same or another. */
bool users_lock_office(Db *db, Error *err);
void users_ask_office(Db *db, Arena *arena, int64_t id, int64_t asker);
bool users_lock_admins(Db *db, int64_t *ret_count, Error *err);

/* Administrators whose account is not disabled. */
bool users_count_admins(Db *db, int64_t *ret_count, Error *err);

/* Is there any account? */
bool users_exist(Db *db, bool *ret_exist, Error *err);

/* Keeps out others who would make the first administrator (as users_lock). */
bool users_lock_founding(Db *db, Error *err);

/* The highest cost of any stored hash; 0: there is none. A walk over all accounts: at start. */
bool users_highest_cost(Db *db, int *ret_cost, Error *err);

/* What a person writes and what ends his right to write do not overlap: who writes holds the
 * account of who is asking until his transaction ends, and judges then; who changes an account, or
 * ends a session of it, locks it alone, and judges then. So what is acknowledged after a session
 * has ended was never begun in it. On SQLite there is one writer anyway, and on a read connection
 * nothing is locked.
 *
 * Asked before everything that is judged by it, and all at once: in the order of ids, so that no
 * two wait for each other. INTEGER_NULL is nobody. */
typedef struct AccountLock {
    int64_t id;
    bool is_alone;
    int64_t
        asker; /* with is_alone: the person, or an administrator; for others nothing is locked */
} AccountLock;

void users_ask_locks(Db *db, Arena *arena, AccountLock *wanted, size_t count);

/* Locks it alone and reads it then; users_find_held holds it. What is changed in an account was
 * read like this. */
Ask *users_ask_locked(Db *db, Arena *arena, int64_t id);
bool users_find_locked(Db *db, Arena *arena, int64_t id, User **ret_user, Error *err);
bool users_find_held(Db *db, Arena *arena, int64_t id, User **ret_user, Error *err);

/* Sets user->id. ERROR_DUPLICATE when the name or the address is taken. */
bool users_insert(Db *db, User *user, const char *username_key, const char *email_key, Error *err);

/* Writes what of username, email, display_name, timezone, free_busy, is_admin and is_active `after`
 * has otherwise, and updated_at; nothing else of the row. ERROR_RETRY when the account is gone. */
bool users_update(Db *db, const User *before, const User *after, const char *username_key,
                  const char *email_key, Error *err);

/* Writes the quotas. Does not wait (db_execute_later). */
bool users_set_quotas(Db *db, const User *user, Error *err);

/* False with ERROR_CONFLICT when the stored hash is no longer `old_hash` (NULL: whatever it is). */
bool users_set_password(Db *db, int64_t id, const char *old_hash, const char *new_hash, Instant now,
                        Error *err);

/* Another hash of the same password; when it is not `old_hash` any more, nothing happens. Does not
 * wait (db_execute_later). */
bool users_renew_hash(Db *db, int64_t id, const char *old_hash, const char *new_hash, Error *err);

typedef struct UserFilter {
    const char *search; /* folded words in name or address, or NULL */
    int64_t after_id;   /* keyset: ids above it */
    int64_t skip;
    int64_t limit;
} UserFilter;

/* In the order of their ids. */
bool users_list(Db *db, Arena *arena, const UserFilter *filter, List *ret_users, Error *err);
bool users_count(Db *db, const char *search, int64_t *ret_count, Error *err);

/* The people who share an event with `reader`, himself among them. */
bool users_list_known(Db *db, Arena *arena, int64_t reader, const UserFilter *filter,
                      List *ret_users, Error *err);
bool users_count_known(Db *db, int64_t reader, int64_t *ret_count, Error *err);
bool users_is_known(Db *db, int64_t reader, int64_t id, bool *ret_known, Error *err);

/* How many of the people with these `ids`, a JSON array, share no event with `reader` and are not
 * himself; ids of nobody count, each once. One walk, however many they are. */
bool users_count_strangers(Db *db, int64_t reader, const char *ids, int64_t *ret_count, Error *err);
