/* Users - the accounts.
 *
 * `username_key` and `email_key` are the canonical forms (auth/account_text.h) that decide who is
 * the same person; the unique indexes on them decide races. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

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

/* The same for every administrator whose account is not disabled, and how many they are. */
bool users_lock_admins(Db *db, int64_t *ret_count, Error *err);

/* Administrators whose account is not disabled. */
bool users_count_admins(Db *db, int64_t *ret_count, Error *err);

/* Is there any account? */
bool users_exist(Db *db, bool *ret_exist, Error *err);

/* Keeps out others who would make the first administrator (as users_lock). */
bool users_lock_founding(Db *db, Error *err);

/* The highest cost of any stored hash; 0: there is none. A walk over all accounts: at start. */
bool users_highest_cost(Db *db, int *ret_cost, Error *err);

/* Sets user->id. ERROR_DUPLICATE when the name or the address is taken. */
bool users_insert(Db *db, User *user, const char *username_key, const char *email_key, Error *err);

/* Writes username, email, timezone, is_admin, is_active and updated_at. ERROR_RETRY when the
 * account is gone or has another updated_at by now than `read_updated_at`: what was read is out of
 * date. */
bool users_update(Db *db, Instant read_updated_at, const User *user, const char *username_key,
                  const char *email_key, Error *err);

/* Writes the quotas. Does not wait (db_execute_later). */
bool users_set_quotas(Db *db, const User *user, Error *err);

/* False with ERROR_CONFLICT when the stored hash is no longer `old_hash` (NULL: whatever it is). */
bool users_set_password(Db *db, int64_t id, const char *old_hash, const char *new_hash, Instant now,
                        Error *err);

/* Another hash of the same password; when it is not `old_hash` any more, nothing happens. Does not
 * wait (db_execute_later). */
bool users_renew_hash(Db *db, int64_t id, const char *old_hash, const char *new_hash, Error *err);

/* ERROR_RETRY as users_update. */
bool users_delete(Db *db, int64_t id, Instant read_updated_at, Error *err);

typedef struct UserFilter {
    const char *search; /* LIKE pattern over name and address, or NULL */
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
