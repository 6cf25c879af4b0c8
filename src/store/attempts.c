#include "store/attempts.h"

SQL(count_attempt,
    "INSERT INTO login_attempts (key, count, window_start) VALUES ($1, 1, $2)"
    " ON CONFLICT (key) DO UPDATE SET"
    " count = CASE WHEN login_attempts.window_start > $3 THEN login_attempts.count + 1 ELSE 1 END,"
    " window_start = CASE WHEN login_attempts.window_start > $3 THEN login_attempts.window_start"
    " ELSE $2 END RETURNING count AS id");

SQL(forgive_attempt, "UPDATE login_attempts SET count = count - 1 WHERE key = $1 AND count > 0");

SQL(delete_old_attempts,
    "DELETE FROM login_attempts WHERE key IN"
    " (SELECT key FROM login_attempts WHERE window_start < $1"
    " AND (window_start < $2 OR substr(key, 1, 4) <> '" ATTEMPTS_OF_A_DAY "') LIMIT $3)");

SQL(clear_attempts, "DELETE FROM login_attempts WHERE key = $1");

bool attempts_count(Db *db, const char *key, Instant now, int64_t window_us, int64_t *ret_count,
                    Error *err)
{
    return db_insert(db, &count_attempt, PARAMS(TXT(key), TIME(now), TIME(now - window_us)),
                     ret_count, err);
}

bool attempts_forgive(Db *db, const char *key, Error *err)
{
    return db_execute_later(db, &forgive_attempt, PARAMS(TXT(key)), err);
}

bool attempts_clear(Db *db, const char *key, Error *err)
{
    return db_execute_later(db, &clear_attempts, PARAMS(TXT(key)), err);
}

bool attempts_delete_old(Db *db, Instant now, int64_t at_most, int64_t *ret_count, Error *err)
{
    return db_execute(db, &delete_old_attempts,
                      PARAMS(TIME(now - DAY_US / 24), TIME(now - DAY_US), INT(at_most)), ret_count,
                      err);
}
