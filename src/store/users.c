#include "store/users.h"

#include <stdlib.h>

#include "base/config.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/rows.h"
#include "store/words.h"

static const Field user_fields[] = {
    INTEGER(User, id, .flags = READ_ONLY, .doc = "Assigned by the server.", .example = "7"),
    TEXT(User, username, .flags = READ_ONLY, .max = 255, .doc = "The name to sign in with.",
         .example = "\"amira\""),
    TEXT(User, email, .flags = READ_ONLY, .max = 255, .format = "email",
         .doc = "Shown to the person and to administrators only.",
         .example = "\"amira@example.org\""),
    TEXT(User, display_name, .flags = READ_ONLY | NULLABLE, .max = LIMIT_DISPLAY_NAME,
         .doc = "What the person wants to be called; null: no more than the user name.",
         .example = "\"Amira Haddad\""),
    BOOLEAN(User, is_admin, .flags = READ_ONLY, .doc = "May manage accounts.", .example = "false"),
    BOOLEAN(User, is_active, .flags = READ_ONLY,
            .doc = "False: the account is disabled and cannot sign in.", .example = "true"),
    TEXT(User, timezone, .flags = READ_ONLY | NULLABLE, .max = 64,
         .doc = "IANA time zone that new events get when they name none; null is UTC.",
         .example = "\"Europe/Zurich\""),
    CHOICE(User, free_busy, .flags = READ_ONLY, .choices = free_busy_names,
           .doc = "Who sees when the person is busy: people they know, everyone, or nobody.",
           .example = "\"known\""),
    INSTANT(User, created_at, .flags = READ_ONLY, .doc = "When the account was made.",
            .example = "\"2026-03-01T08:00:00Z\""),
    INSTANT(User, updated_at, .flags = READ_ONLY, .doc = "When it was last changed.",
            .example = "\"2026-03-01T08:00:00Z\""),
    INTEGER(User, quota_events, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most live events that they may own; left out: what everybody may.",
            .example = "100000"),
    INTEGER(User, quota_bytes, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most bytes of these; left out: what everybody may."),
    INTEGER(User, quota_history_bytes, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most bytes of history that they may write; left out: what everybody may."),
    INTEGER(User, quota_grants, .flags = READ_ONLY | NULLABLE | SPARSE,
            .doc = "The most roles that they may give to others; left out: what everybody may."),
};

static const Field user_unseen[] = { TEXT(User, hashed_password, .flags = WRITE_ONLY) };

const Schema user_schema = SCHEMA(User, user_fields, UNSEEN(user_unseen), .doc = "An account.");

#define IS_THERE " AND " USER_IS_HERE

SQL(select_user, "SELECT {u.columns} FROM users u WHERE u.id = $1" IS_THERE, .table = &user_schema);

/* The exact name first: the old system told names apart by case. */
SQL(select_user_by_login,
    "SELECT {u.columns} FROM users u"
    " WHERE (u.username = $1 OR u.username_key = $2 OR u.email_key = $2)" IS_THERE
    " ORDER BY CASE WHEN u.username = $1 THEN 0"
    "               WHEN u.username_key = $2 THEN 1 ELSE 2 END"
    " LIMIT 1",
    .table = &user_schema);

SQL(select_user_by_key,
    "SELECT {u.columns} FROM users u"
    " WHERE u.username_key = $1 OR u.email_key = $2 ORDER BY u.id LIMIT 1",
    .table = &user_schema);

/* NO KEY UPDATE: rows that refer to the user may be written meanwhile. */
SQL_DIALECTS(lock_user, .sqlite = "SELECT 1",
             .postgres = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE");

#define MAY_ASK(id, asker)                                                                         \
    " AND (" asker " = " id " OR EXISTS (SELECT 1 FROM users a WHERE a.id = " asker                \
    " AND a.is_admin AND a.is_active))"

/* Statements of their own: what is judged must be read after they have waited. The row as well, for
 * those who write it and know nothing of the other lock. */
#define ACCOUNT LOCK_NUMBER("users", "$1")
SQL_DIALECTS(hold_account, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock_shared(" ACCOUNT ")");
SQL_DIALECTS(lock_account, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(" ACCOUNT ") FROM users u"
                         " WHERE u.id = $2" MAY_ASK("$2", "$3"));
SQL_DIALECTS(lock_account_row, .sqlite = "SELECT 1",
             .postgres = "SELECT u.id FROM users u WHERE u.id = $1" MAY_ASK(
                 "$1", "$2") " FOR NO KEY UPDATE");

SQL(insert_user,
    "INSERT INTO users (username, username_key, email, email_key, hashed_password, is_admin,"
    " is_active, timezone, created_at, updated_at, display_name, free_busy)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11) RETURNING id");

/* Null: is left as it is. */
SQL(update_user, "UPDATE users SET username = coalesce($2, username),"
                 " username_key = coalesce($3, username_key), email = coalesce($4, email),"
                 " email_key = coalesce($5, email_key), is_admin = coalesce($6, is_admin),"
                 " is_active = coalesce($7, is_active),"
                 " timezone = CASE WHEN $8 THEN $9 ELSE timezone END, updated_at = $10,"
                 " display_name = CASE WHEN $11 THEN $12 ELSE display_name END,"
                 " free_busy = coalesce($13, free_busy) WHERE id = $1");

SQL(update_quotas, "UPDATE users SET quota_events = $2, quota_bytes = $3,"
                   " quota_history_bytes = $4, quota_grants = $5 WHERE id = $1");

SQL(update_password, "UPDATE users SET hashed_password = $2, updated_at = $3"
                     " WHERE id = $1 AND ($4 IS NULL OR hashed_password = $4)");

SQL(renew_hash, "UPDATE users SET hashed_password = $3 WHERE id = $1 AND hashed_password = $2");

/* Names and addresses are ASCII (auth/account_text.h), where lower() is all there is to folding. */
#define USER_HAS_SQLITE(words)                                                                     \
    HAS_WORDS_SQLITE(LOWER_SQLITE("u.username"), words)                                            \
    " OR " HAS_WORDS_SQLITE(LOWER_SQLITE("u.email"), words)
#define USER_HAS_POSTGRES(words)                                                                   \
    HAS_WORDS_POSTGRES(LOWER_POSTGRES("u.username"), words)                                        \
    " OR " HAS_WORDS_POSTGRES(LOWER_POSTGRES("u.email"), words)

SQL_DIALECTS(select_users, .table = &user_schema,
             .sqlite = "SELECT {u.columns} FROM users u"
                       " WHERE u.id > $1 AND ($2 IS NULL OR " USER_HAS_SQLITE(
                           "$2") ")" IS_THERE " ORDER BY u.id LIMIT $3 OFFSET $4",
             .postgres = "SELECT {u.columns} FROM users u"
                         " WHERE u.id > $1 AND ($2 IS NULL OR " USER_HAS_POSTGRES(
                             "$2") ")" IS_THERE " ORDER BY u.id LIMIT $3 OFFSET $4");

SQL_DIALECTS(count_users,
             .sqlite = "SELECT count(*) AS n FROM users u"
                       " WHERE ($1 IS NULL OR " USER_HAS_SQLITE("$1") ")" IS_THERE,
             .postgres = "SELECT count(*) AS n FROM users u"
                         " WHERE ($1 IS NULL OR " USER_HAS_POSTGRES("$1") ")" IS_THERE);

/* One for the whole database, before any account is locked: then the administrators' rows can be
 * waited for by one alone. */
#define OFFICE LOCK_NUMBER("users", "439904236650")
SQL_DIALECTS(lock_office, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(" OFFICE ")");
SQL_DIALECTS(lock_office_of, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(" OFFICE ") FROM users u"
                         " WHERE u.id = $1 AND u.is_admin AND u.is_active" MAY_ASK("$1", "$2"));

SQL_DIALECTS(lock_admins, .sqlite = "SELECT id FROM users WHERE is_admin AND is_active",
             .postgres = "SELECT id FROM users WHERE is_admin AND is_active ORDER BY id"
                         " FOR NO KEY UPDATE");

SQL(count_admins, "SELECT count(*) AS n FROM users WHERE is_admin AND is_active");

SQL(any_user, "SELECT count(*) AS n FROM (SELECT id FROM users ORDER BY id LIMIT 1) one");

/* The number is "admin" in ASCII. */
SQL_DIALECTS(lock_founding, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(" LOCK_NUMBER("users", "418296719726") ")");

/* Of what looks like bcrypt's: 60 characters, the cost in the fifth and sixth. */
SQL(highest_cost, "SELECT max(substr(hashed_password, 5, 2)) AS cost FROM users"
                  " WHERE length(hashed_password) = 60 AND substr(hashed_password, 2, 1) = '2'"
                  " AND substr(hashed_password, 5, 2) BETWEEN '04' AND '31'");

#define KNOWN_USERS                                                                                \
    "(u.id = $1 OR EXISTS (SELECT 1 FROM event_permissions mine"                                   \
    " JOIN event_permissions theirs ON theirs.event_id = mine.event_id"                            \
    " WHERE mine.user_id = $1 AND NOT mine.hidden AND theirs.user_id = u.id))" IS_THERE

/* Along the reader's own grants, not along all users there are. */
SQL(select_known_users,
    "SELECT {u.columns} FROM users u WHERE u.id IN (SELECT CAST($1 AS BIGINT)"
    " WHERE CAST($1 AS BIGINT) > $2"
    " UNION SELECT theirs.user_id FROM event_permissions mine"
    " JOIN event_permissions theirs ON theirs.event_id = mine.event_id"
    " WHERE mine.user_id = $1 AND NOT mine.hidden AND theirs.user_id > $2)" IS_THERE
    " ORDER BY u.id LIMIT $3 OFFSET $4",
    .table = &user_schema);

SQL(count_known_users, "SELECT count(*) AS n FROM users u WHERE u.id IN"
                       " (SELECT CAST($1 AS BIGINT) UNION SELECT theirs.user_id"
                       " FROM event_permissions mine JOIN event_permissions theirs"
                       " ON theirs.event_id = mine.event_id"
                       " WHERE mine.user_id = $1 AND NOT mine.hidden)" IS_THERE);

SQL(is_known_user, "SELECT count(*) AS n FROM users u WHERE u.id = $2 AND " KNOWN_USERS);

#define STRANGERS(ids)                                                                             \
    "SELECT count(*) AS n FROM (SELECT DISTINCT " ids ") named WHERE named.id <> $1"               \
    " AND named.id NOT IN (SELECT u.id FROM users u WHERE u.id IN (SELECT theirs.user_id"          \
    " FROM event_permissions mine JOIN event_permissions theirs"                                   \
    " ON theirs.event_id = mine.event_id WHERE mine.user_id = $1 AND NOT mine.hidden)" IS_THERE    \
    ")"

SQL_DIALECTS(count_strangers, .sqlite = STRANGERS("value AS id FROM json_each($2)"),
             .postgres = STRANGERS("CAST(n.id AS BIGINT) AS id"
                                   " FROM jsonb_array_elements_text($2) AS n (id)"));

static const RowReader user_rows = { .schema = &user_schema };

bool users_take(Ask *ask, Arena *arena, User **ret_user, Error *err)
{
    return rows_one(ask, arena, &user_rows, ret_user, err);
}

Ask *users_ask(Db *db, Arena *arena, int64_t id)
{
    return db_ask(db, arena, &select_user, PARAMS(INT(id)));
}

Ask *users_ask_by_login(Db *db, Arena *arena, const char *login, const char *key)
{
    return db_ask(db, arena, &select_user_by_login, PARAMS(TXT(login), TXT(key)));
}

Ask *users_ask_by_key(Db *db, Arena *arena, const char *username_key, const char *email_key)
{
    return db_ask(db, arena, &select_user_by_key, PARAMS(TXT(username_key), TXT(email_key)));
}

bool users_find(Db *db, Arena *arena, int64_t id, User **ret_user, Error *err)
{
    return users_take(users_ask(db, arena, id), arena, ret_user, err);
}

bool users_find_by_login(Db *db, Arena *arena, const char *login, const char *key, User **ret_user,
                         Error *err)
{
    return users_take(users_ask_by_login(db, arena, login, key), arena, ret_user, err);
}

bool users_lock(Db *db, int64_t id, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    return db_kind(db) == DB_SQLITE ||
           (db_query(db, &lock_user, PARAMS(INT(id)), &rows, err) && rows_finish(&rows, err));
}

bool users_lock_both(Db *db, int64_t one, int64_t other, Error *err)
{
    return users_lock(db, one < other ? one : other, err) &&
           users_lock(db, one < other ? other : one, err);
}

bool users_lock_admins(Db *db, int64_t *ret_count, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!users_lock_office(db, err) || !db_query(db, &lock_admins, NO_PARAMS, &rows, err))
        return false;
    while (rows_next(&rows))
        (*ret_count)++;
    return rows_finish(&rows, err);
}

bool users_count_admins(Db *db, int64_t *ret_count, Error *err)
{
    return rows_number(db, &count_admins, NO_PARAMS, ret_count, err);
}

bool users_exist(Db *db, bool *ret_exist, Error *err)
{
    int64_t count = 0;

    if (!rows_number(db, &any_user, NO_PARAMS, &count, err))
        return false;
    *ret_exist = count > 0;
    return true;
}

bool users_lock_founding(Db *db, Error *err)
{
    return db_execute(db, &lock_founding, NO_PARAMS, NULL, err);
}

bool users_highest_cost(Db *db, int *ret_cost, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    Arena AUTO(arena_finish) scratch = { 0 };
    long long cost = 0;

    *ret_cost = 0;
    if (!db_query(db, &highest_cost, NO_PARAMS, &rows, err))
        return false;
    if (rows_next(&rows) && !rows_is_null(&rows, "cost")) {
        const char *digits = rows_text(&rows, "cost", &scratch);
        if (text_to_int64(digits + (digits[0] == '0'), &cost) && cost > 0)
            *ret_cost = (int)cost;
    }
    return rows_finish(&rows, err);
}

/* -- Locks on accounts ------------------------------------------------------------------------ */

static int64_t lock_key(int64_t id)
{
    return LOCK_KEY(0x4641, id); /* "FA" */
}

static int compare_locks(const void *a, const void *b)
{
    const AccountLock *left = a;
    const AccountLock *right = b;

    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    /* The stronger one first: nobody who holds an account can come to have it alone. */
    return (int)right->is_alone - (int)left->is_alone;
}

static bool locks(const Db *db)
{
    return db_kind(db) == DB_POSTGRES && db_mode(db) == DB_WRITE;
}

bool users_lock_office(Db *db, Error *err)
{
    return !locks(db) || db_execute_later(db, &lock_office, NO_PARAMS, err);
}

void users_ask_office(Db *db, Arena *arena, int64_t id, int64_t asker)
{
    if (locks(db))
        (void)db_ask(db, arena, &lock_office_of, PARAMS(INT(id), INT(asker)));
}

void users_ask_locks(Db *db, Arena *arena, AccountLock *wanted, size_t count)
{
    if (!locks(db))
        return;
    qsort(wanted, count, sizeof(*wanted), compare_locks);
    for (size_t i = 0; i < count; i++) {
        const AccountLock *lock = &wanted[i];
        const Value key = INT(lock_key(lock->id));
        if (lock->id == INTEGER_NULL)
            continue;
        (void)db_ask(db, arena, lock->is_alone ? &lock_account : &hold_account,
                     PARAMS(key, INT(lock->id), INT(lock->asker)));
        if (lock->is_alone)
            (void)db_ask(db, arena, &lock_account_row, PARAMS(INT(lock->id), INT(lock->asker)));
    }
}

Ask *users_ask_locked(Db *db, Arena *arena, int64_t id)
{
    users_ask_locks(db, arena, &(AccountLock){ .id = id, .is_alone = true, .asker = id }, 1);
    return users_ask(db, arena, id);
}

bool users_find_locked(Db *db, Arena *arena, int64_t id, User **ret_user, Error *err)
{
    return users_take(users_ask_locked(db, arena, id), arena, ret_user, err);
}

bool users_find_held(Db *db, Arena *arena, int64_t id, User **ret_user, Error *err)
{
    users_ask_locks(db, arena, &(AccountLock){ .id = id }, 1);
    return users_find(db, arena, id, ret_user, err);
}

/* -- Changes ---------------------------------------------------------------------------------- */

bool users_insert(Db *db, User *user, const char *username_key, const char *email_key, Error *err)
{
    return db_insert(db, &insert_user,
                     PARAMS(TXT(user->username), TXT(username_key), TXT(user->email),
                            TXT(email_key), TXT(user->hashed_password), BOOL(user->is_admin),
                            BOOL(user->is_active), TXT(user->timezone), TIME(user->created_at),
                            TXT(user->display_name), TXT(free_busy_names[user->free_busy])),
                     &user->id, err);
}

/* A statement about one account: there is none when another transaction was faster. */
static bool change_one(Db *db, const Sql *sql, Params params, Error *err)
{
    int64_t changed = 0;

    if (!db_execute(db, sql, params, &changed, err))
        return false;
    return changed > 0 || error_set(err, ERROR_RETRY, "The account is gone by now.");
}

/* Null where nothing changes. */
static const char *new_text(const char *before, const char *after)
{
    return text_equal(before, after) ? NULL : after;
}

static int64_t new_flag(bool before, bool after)
{
    return before == after ? INTEGER_NULL : after;
}

bool users_update(Db *db, const User *before, const User *after, const char *username_key,
                  const char *email_key, Error *err)
{
    const char *username = new_text(before->username, after->username);
    const char *email = new_text(before->email, after->email);
    bool is_other_choice = before->free_busy != after->free_busy;

    return change_one(db, &update_user,
                      PARAMS(INT(after->id), TXT(username),
                             TXT(username != NULL ? username_key : NULL), TXT(email),
                             TXT(email != NULL ? email_key : NULL),
                             BOOL(new_flag(before->is_admin, after->is_admin)),
                             BOOL(new_flag(before->is_active, after->is_active)),
                             BOOL(!text_equal(before->timezone, after->timezone)),
                             TXT(after->timezone), TIME(after->updated_at),
                             BOOL(!text_equal(before->display_name, after->display_name)),
                             TXT(after->display_name),
                             TXT(is_other_choice ? free_busy_names[after->free_busy] : NULL)),
                      err);
}

bool users_set_quotas(Db *db, const User *user, Error *err)
{
    return db_execute_later(db, &update_quotas,
                            PARAMS(INT(user->id), INT(user->quota_events), INT(user->quota_bytes),
                                   INT(user->quota_history_bytes), INT(user->quota_grants)),
                            err);
}

bool users_set_password(Db *db, int64_t id, const char *old_hash, const char *new_hash, Instant now,
                        Error *err)
{
    int64_t changed = 0;

    if (!db_execute(db, &update_password, PARAMS(INT(id), TXT(new_hash), TIME(now), TXT(old_hash)),
                    &changed, err))
        return false;
    if (changed == 0)
        return error_set(err, ERROR_CONFLICT,
                         "The password was changed by someone else meanwhile; try again.");
    return true;
}

bool users_renew_hash(Db *db, int64_t id, const char *old_hash, const char *new_hash, Error *err)
{
    return db_execute_later(db, &renew_hash, PARAMS(INT(id), TXT(old_hash), TXT(new_hash)), err);
}

bool users_list(Db *db, Arena *arena, const UserFilter *filter, List *ret_users, Error *err)
{
    return rows_page(db_ask(db, arena, &select_users,
                            PARAMS(INT(filter->after_id), TXT(filter->search), INT(filter->limit),
                                   INT(filter->skip))),
                     arena, &user_rows, ret_users, err);
}

bool users_count(Db *db, const char *search, int64_t *ret_count, Error *err)
{
    return rows_number(db, &count_users, PARAMS(TXT(search)), ret_count, err);
}

bool users_list_known(Db *db, Arena *arena, int64_t reader, const UserFilter *filter,
                      List *ret_users, Error *err)
{
    return rows_page(
        db_ask(db, arena, &select_known_users,
               PARAMS(INT(reader), INT(filter->after_id), INT(filter->limit), INT(filter->skip))),
        arena, &user_rows, ret_users, err);
}

bool users_count_known(Db *db, int64_t reader, int64_t *ret_count, Error *err)
{
    return rows_number(db, &count_known_users, PARAMS(INT(reader)), ret_count, err);
}

bool users_is_known(Db *db, int64_t reader, int64_t id, bool *ret_known, Error *err)
{
    int64_t count;

    if (!rows_number(db, &is_known_user, PARAMS(INT(reader), INT(id)), &count, err))
        return false;
    *ret_known = count > 0;
    return true;
}

bool users_count_strangers(Db *db, int64_t reader, const char *ids, int64_t *ret_count, Error *err)
{
    return rows_number(db, &count_strangers, PARAMS(INT(reader), JSONB(ids)), ret_count, err);
}
