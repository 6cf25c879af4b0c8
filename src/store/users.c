#include "store/users.h"

#include "base/text.h"
#include "store/rows.h"

SQL(select_user, "SELECT {u.columns} FROM users u WHERE u.id = $1", .table = &user_schema);

/* The exact name first: the old system told names apart by case. */
SQL(select_user_by_login,
    "SELECT {u.columns} FROM users u"
    " WHERE u.username = $1 OR u.username_key = $2 OR u.email_key = $2"
    " ORDER BY CASE WHEN u.username = $1 THEN 0"
    "               WHEN u.username_key = $2 THEN 1 ELSE 2 END"
    " LIMIT 1",
    .table = &user_schema);

SQL(select_user_by_key,
    "SELECT {u.columns} FROM users u"
    " WHERE u.username_key = $1 OR u.email_key = $2 ORDER BY u.id LIMIT 1",
    .table = &user_schema);

/* NO KEY UPDATE: rows that refer to the user may be written meanwhile. */
SQL_DIALECTS(lock_user, .sqlite = "SELECT id FROM users WHERE id = $1",
             .postgres = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE");

SQL(insert_user,
    "INSERT INTO users (username, username_key, email, email_key, hashed_password, is_admin,"
    " is_active, timezone, created_at, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id");

SQL(update_user, "UPDATE users SET username = $2, username_key = $3, email = $4, email_key = $5,"
                 " is_admin = $6, is_active = $7, timezone = $8, updated_at = $9"
                 " WHERE id = $1 AND updated_at = $10");

SQL(update_quotas, "UPDATE users SET quota_events = $2, quota_bytes = $3,"
                   " quota_history_bytes = $4, quota_grants = $5 WHERE id = $1");

SQL(update_password, "UPDATE users SET hashed_password = $2, updated_at = $3"
                     " WHERE id = $1 AND ($4 IS NULL OR hashed_password = $4)");

SQL(renew_hash, "UPDATE users SET hashed_password = $3 WHERE id = $1 AND hashed_password = $2");

SQL(delete_user, "DELETE FROM users WHERE id = $1 AND updated_at = $2");

SQL_DIALECTS(select_users, .table = &user_schema,
             .sqlite = "SELECT {u.columns} FROM users u"
                       " WHERE u.id > $1 AND ($2 IS NULL OR u.username LIKE $2 ESCAPE '\\'"
                       " OR u.email LIKE $2 ESCAPE '\\') ORDER BY u.id LIMIT $3 OFFSET $4",
             .postgres = "SELECT {u.columns} FROM users u"
                         " WHERE u.id > $1 AND ($2 IS NULL OR u.username ILIKE $2 ESCAPE '\\'"
                         " OR u.email ILIKE $2 ESCAPE '\\') ORDER BY u.id LIMIT $3 OFFSET $4");

SQL_DIALECTS(count_users,
             .sqlite = "SELECT count(*) AS n FROM users u WHERE $1 IS NULL OR u.username LIKE $1"
                       " ESCAPE '\\' OR u.email LIKE $1 ESCAPE '\\'",
             .postgres = "SELECT count(*) AS n FROM users u WHERE $1 IS NULL OR u.username ILIKE $1"
                         " ESCAPE '\\' OR u.email ILIKE $1 ESCAPE '\\'");

/* In one order for all, so that no two wait for each other. */
SQL_DIALECTS(lock_admins, .sqlite = "SELECT id FROM users WHERE is_admin AND is_active",
             .postgres = "SELECT id FROM users WHERE is_admin AND is_active ORDER BY id"
                         " FOR NO KEY UPDATE");

SQL(count_admins, "SELECT count(*) AS n FROM users WHERE is_admin AND is_active");

SQL(any_user, "SELECT count(*) AS n FROM (SELECT id FROM users ORDER BY id LIMIT 1) one");

/* The number is "admin" in ASCII. */
SQL_DIALECTS(lock_founding, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(418296719726)");

/* Of what looks like bcrypt's: 60 characters, the cost in the fifth and sixth. */
SQL(highest_cost, "SELECT max(substr(hashed_password, 5, 2)) AS cost FROM users"
                  " WHERE length(hashed_password) = 60 AND substr(hashed_password, 2, 1) = '2'"
                  " AND substr(hashed_password, 5, 2) BETWEEN '04' AND '31'");

#define KNOWN_USERS                                                                                \
    "(u.id = $1 OR EXISTS (SELECT 1 FROM event_permissions mine"                                   \
    " JOIN event_permissions theirs ON theirs.event_id = mine.event_id"                            \
    " WHERE mine.user_id = $1 AND NOT mine.hidden AND theirs.user_id = u.id))"

/* Along the reader's own grants, not along all users there are. */
SQL(select_known_users,
    "SELECT {u.columns} FROM users u WHERE u.id IN (SELECT CAST($1 AS BIGINT)"
    " WHERE CAST($1 AS BIGINT) > $2"
    " UNION SELECT theirs.user_id FROM event_permissions mine"
    " JOIN event_permissions theirs ON theirs.event_id = mine.event_id"
    " WHERE mine.user_id = $1 AND NOT mine.hidden AND theirs.user_id > $2)"
    " ORDER BY u.id LIMIT $3 OFFSET $4",
    .table = &user_schema);

SQL(count_known_users, "SELECT count(*) AS n FROM (SELECT id FROM users WHERE id = $1"
                       " UNION SELECT theirs.user_id FROM event_permissions mine"
                       " JOIN event_permissions theirs ON theirs.event_id = mine.event_id"
                       " WHERE mine.user_id = $1 AND NOT mine.hidden) known");

SQL(is_known_user, "SELECT count(*) AS n FROM users u WHERE u.id = $2 AND " KNOWN_USERS);

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

    return db_query(db, &lock_user, PARAMS(INT(id)), &rows, err) && rows_finish(&rows, err);
}

bool users_lock_admins(Db *db, int64_t *ret_count, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &lock_admins, NO_PARAMS, &rows, err))
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

bool users_insert(Db *db, User *user, const char *username_key, const char *email_key, Error *err)
{
    return db_insert(db, &insert_user,
                     PARAMS(TXT(user->username), TXT(username_key), TXT(user->email),
                            TXT(email_key), TXT(user->hashed_password), BOOL(user->is_admin),
                            BOOL(user->is_active), TXT(user->timezone), TIME(user->created_at)),
                     &user->id, err);
}

/* A statement about the account as it was read: there is no such row when another transaction was
 * faster. */
static bool change_as_read(Db *db, const Sql *sql, Params params, Error *err)
{
    int64_t changed = 0;

    if (!db_execute(db, sql, params, &changed, err))
        return false;
    if (changed == 0)
        return error_set(err, ERROR_RETRY,
                         "The account was changed by somebody else at the same moment; try again.");
    return true;
}

bool users_update(Db *db, Instant read_updated_at, const User *user, const char *username_key,
                  const char *email_key, Error *err)
{
    return change_as_read(db, &update_user,
                          PARAMS(INT(user->id), TXT(user->username), TXT(username_key),
                                 TXT(user->email), TXT(email_key), BOOL(user->is_admin),
                                 BOOL(user->is_active), TXT(user->timezone), TIME(user->updated_at),
                                 TIME(read_updated_at)),
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

bool users_delete(Db *db, int64_t id, Instant read_updated_at, Error *err)
{
    return change_as_read(db, &delete_user, PARAMS(INT(id), TIME(read_updated_at)), err);
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
