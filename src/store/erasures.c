#include "store/erasures.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/rows.h"

/* How it works: four tables name people beside their accounts. They are gone through one after
 * another by their ids, a few rows at a time, as long as a piece may take, and then the tries to
 * sign in are deleted likewise; how far it came is written with it. It begins when the account's
 * row is gone, so that nothing is written behind it: who writes as somebody holds his account
 * (store/users.h). */

/* -- Going through a table -------------------------------------------------------------------- */

/* The last of the next rows behind $1; 0: there are none. As few as are quick with the largest
 * replies and documents, too. */
#define NEXT(table)                                                                                \
    "SELECT coalesce(max(id), 0) AS n FROM"                                                        \
    " (SELECT id FROM " table " WHERE id > $1 ORDER BY id LIMIT 32) few"

/* In all that follows $1 is whose name it is. */
#define RANGE    "id > $2 AND id <= $3"
#define NAMELESS "'" ERASED_NAME "'"
#define HIM      "CAST(CAST($1 AS BIGINT) AS TEXT)"

SQL(next_versions, NEXT("event_versions"));
SQL(next_entries, NEXT("changelog"));
SQL(next_lines, NEXT("audit"));
SQL(next_replies, NEXT("idempotency_keys"));

SQL(erase_from_versions, "UPDATE event_versions SET changed_by_name = " NAMELESS
                         " WHERE changed_by_user_id = $1 AND " RANGE);

SQL(erase_from_entries,
    "UPDATE changelog SET user_name = " NAMELESS " WHERE user_id = $1 AND " RANGE);

/* {"permissions": {"old": {user_id, username, role} or null, "new": …}}: of one person. */
#define SQLITE_GRANT(column)                                                                       \
    column " = json_replace(" column ", '$.permissions.old.username', " NAMELESS                   \
           ", '$.permissions.new.username', " NAMELESS ")"                                         \
           " WHERE coalesce(json_extract(" column ", '$.permissions.new.user_id'),"                \
           " json_extract(" column ", '$.permissions.old.user_id')) = $1"
#define POSTGRES_GRANT(column)                                                                     \
    column " = jsonb_set(jsonb_set(" column ", '{permissions,old,username}', '\"" ERASED_NAME      \
           "\"', false), '{permissions,new,username}', '\"" ERASED_NAME "\"', false)"              \
           " WHERE coalesce(" column " #>> '{permissions,new,user_id}',"                           \
           " " column " #>> '{permissions,old,user_id}') = " HIM
#define OF_GRANTS(column, prefix)                                                                  \
    " AND " column " IN ('" prefix "share', '" prefix "permission_change', '" prefix "unshare')"

SQL_DIALECTS(erase_from_changes,
             .sqlite = "UPDATE changelog SET " SQLITE_GRANT("changes")
                 OF_GRANTS("change_type", "") " AND " RANGE,
             .postgres = "UPDATE changelog SET " POSTGRES_GRANT("changes")
                 OF_GRANTS("change_type", "") " AND " RANGE);

/* Who failed to sign in is nobody, from an address that may be his. */
SQL(erase_from_lines,
    "UPDATE audit SET user_name = CASE WHEN user_id = $1 THEN " NAMELESS " END, address = NULL"
    " WHERE (user_id = $1 OR (user_id IS NULL AND subject = 'user ' || " HIM ")) AND " RANGE);

SQL_DIALECTS(erase_from_details,
             .sqlite = "UPDATE audit SET " SQLITE_GRANT("detail")
                 OF_GRANTS("action", "event.") " AND " RANGE,
             .postgres = "UPDATE audit SET " POSTGRES_GRANT("detail")
                 OF_GRANTS("action", "event.") " AND " RANGE);

/* A uid that a client made up may say whose it is. */
SQL_DIALECTS(erase_from_purges,
             .sqlite = "UPDATE audit SET detail = json_remove(detail, '$.uid')"
                       " WHERE action = 'event.purge' AND json_extract(detail, '$.owner_id') = $1"
                       " AND " RANGE,
             .postgres = "UPDATE audit SET detail = detail - 'uid'"
                         " WHERE action = 'event.purge' AND detail ->> 'owner_id' = " HIM
                         " AND " RANGE);

/* Replies that are kept for others may name him: a request that comes again is done again. */
#define NAMES(find, quote)                                                                         \
    "DELETE FROM idempotency_keys WHERE (user_id = $1 OR EXISTS (SELECT 1 FROM erasures e"         \
    " WHERE e.user_id = $1 AND (" find "(body, " quote(                                            \
        "e.username") ") > 0"                                                                      \
                      " OR " find "(body, " quote(                                                 \
                          "e.email") ") > 0"                                                       \
                                     " OR " find "(body, " quote(                                  \
                                         "coalesce(e.display_name, e.username)") ") > 0))) "       \
                                                                                 "AND " RANGE
#define SQLITE_QUOTE(text)   "json_quote(" text ")"
#define POSTGRES_QUOTE(text) "CAST(to_json(" text ") AS TEXT)"
SQL_DIALECTS(erase_replies, .sqlite = NAMES("instr", SQLITE_QUOTE),
             .postgres = NAMES("strpos", POSTGRES_QUOTE));

enum { MOST_CHANGES = 3 };

static const struct {
    const Sql *next;
    const Sql *changes[MOST_CHANGES];
} passes[] = {
    { &next_versions, { &erase_from_versions } },
    { &next_entries, { &erase_from_entries, &erase_from_changes } },
    { &next_lines, { &erase_from_lines, &erase_from_details, &erase_from_purges } },
    { &next_replies, { &erase_replies } },
};

/* Behind the tables come the tries, which have no ids. */
enum { TRIES = sizeof(passes) / sizeof(passes[0]), ENDED = TRIES + 1 };

/* -- Who is to be forgotten ------------------------------------------------------------------- */

SQL(insert_erasure,
    "INSERT INTO erasures (user_id, username, email, display_name, username_key, email_key)"
    " SELECT id, username, email, display_name, username_key, email_key FROM users WHERE id = $1");

#define NEXT_ERASURE                                                                               \
    "SELECT e.user_id, e.pass, e.last_id FROM erasures e WHERE e.pass IS NOT NULL"                 \
    " AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = e.user_id) ORDER BY e.user_id LIMIT 1"
SQL_DIALECTS(next_erasure, .sqlite = NEXT_ERASURE,
             .postgres = NEXT_ERASURE " FOR UPDATE OF e SKIP LOCKED");

SQL(advance_erasure, "UPDATE erasures SET pass = $2, last_id = $3 WHERE user_id = $1");

/* Some of what api/tries.c counts: of the account, and of all names that were nobody's, among which
 * former ones of his may be. On SQLite four ranges of the keys, whose order is that of bytes. */
#define SOME_TRIES(his)                                                                            \
    "DELETE FROM login_attempts WHERE key IN (SELECT key FROM login_attempts WHERE " his           \
    " OR key = 'all id:' || " HIM " LIMIT $2)"
SQL_DIALECTS(erase_tries,
             .sqlite = SOME_TRIES("(key >= 'all name:' AND key < 'all name;')"
                                  " OR (key >= 'here name:' AND key < 'here name;')"
                                  " OR (key >= 'here id:' || " HIM " || ' '"
                                  " AND key < 'here id:' || " HIM " || '!')"),
             .postgres = SOME_TRIES("key LIKE 'all name:%' OR key LIKE 'here name:%'"
                                    " OR starts_with(key, 'here id:' || " HIM " || ' ')"));

/* Those whose account he deleted. */
SQL(erase_from_departures, "UPDATE departures SET by_name = " NAMELESS " WHERE by_id = $1");

SQL_DIALECTS(end_erasure,
             .sqlite = "UPDATE erasures SET username = '', email = '', display_name = NULL,"
                       " username_key = NULL, email_key = NULL, pass = NULL WHERE user_id = $1",
             .postgres = "DELETE FROM erasures WHERE user_id = $1");

SQL(count_erasures, "SELECT count(*) AS n FROM erasures WHERE pass IS NOT NULL");

SQL(count_erasures_of, "SELECT count(*) AS n FROM erasures"
                       " WHERE username = $1 OR username_key = $2 OR email_key = $2");

SQL(count_erased, "SELECT count(*) AS n FROM erasures WHERE pass IS NULL");
SQL(delete_erased, "DELETE FROM erasures WHERE pass IS NULL");

typedef struct Erasure {
    int64_t user_id;
    int64_t pass; /* a row of `passes`, or TRIES, or ENDED */
    int64_t last_id;
} Erasure;

bool erasures_begin(Db *db, int64_t user_id, Error *err)
{
    return db_execute(db, &insert_erasure, PARAMS(INT(user_id)), NULL, err);
}

static bool find_next(Db *db, Erasure *ret_erasure, bool *ret_found, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_found = false;
    if (!db_query(db, &next_erasure, NO_PARAMS, &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_found = true;
        *ret_erasure = (Erasure){
            .user_id = rows_int(&rows, "user_id"),
            .pass = rows_int(&rows, "pass"),
            .last_id = rows_int(&rows, "last_id"),
        };
    }
    return rows_finish(&rows, err);
}

/* The next rows of the table that its turn is, or the next table. */
static bool take_step(Db *db, Erasure *erasure, Error *err)
{
    const Sql *const *changes = passes[erasure->pass].changes;
    int64_t to = 0;

    if (!rows_number(db, passes[erasure->pass].next, PARAMS(INT(erasure->last_id)), &to, err))
        return false;
    const Params range = PARAMS(INT(erasure->user_id), INT(erasure->last_id), INT(to));
    for (size_t i = 0; to > 0 && i < MOST_CHANGES && changes[i] != NULL; i++) {
        if (!db_execute(db, changes[i], range, NULL, err))
            return false;
    }
    erasure->last_id = to;
    erasure->pass += to == 0;
    return true;
}

static bool erase_some_tries(Db *db, Erasure *erasure, Error *err)
{
    enum { ROWS_AT_ONCE = 200 };
    int64_t count = 0;

    if (!db_execute(db, &erase_tries, PARAMS(INT(erasure->user_id), INT(ROWS_AT_ONCE)), &count,
                    err))
        return false;
    erasure->pass += count < ROWS_AT_ONCE;
    return true;
}

static bool end(Db *db, const Erasure *erasure, Error *err)
{
    const Params who = PARAMS(INT(erasure->user_id));

    return db_execute(db, &erase_from_departures, who, NULL, err) &&
           db_execute(db, &end_erasure, who, NULL, err);
}

bool erasures_go_on(Db *db, bool *ret_more, Error *err)
{
    int64_t until_us = clock_monotonic_us() + LIMIT_PIECE_MS * INT64_C(1000);
    Erasure erasure = { .user_id = INTEGER_NULL };

    if (!find_next(db, &erasure, ret_more, err))
        return false;
    if (!*ret_more)
        return true;
    while (erasure.pass < ENDED && clock_monotonic_us() < until_us) {
        if (erasure.pass < TRIES ? !take_step(db, &erasure, err)
                                 : !erase_some_tries(db, &erasure, err))
            return false;
    }
    if (erasure.pass == ENDED)
        return end(db, &erasure, err);
    return db_execute(db, &advance_erasure,
                      PARAMS(INT(erasure.user_id), INT(erasure.pass), INT(erasure.last_id)), NULL,
                      err);
}

static bool is_any(Db *db, const Sql *count, Params params, bool *ret_is, Error *err)
{
    int64_t found = 0;

    if (!rows_number(db, count, params, &found, err))
        return false;
    *ret_is = found > 0;
    return true;
}

bool erasures_are_pending(Db *db, bool *ret_pending, Error *err)
{
    return is_any(db, &count_erasures, NO_PARAMS, ret_pending, err);
}

bool erasures_is_pending(Db *db, const char *login, const char *key, bool *ret_pending, Error *err)
{
    return is_any(db, &count_erasures_of, PARAMS(TXT(login), TXT(key)), ret_pending, err);
}

/* -- The file --------------------------------------------------------------------------------- */

bool erasures_rewrite_file(Db *db, bool *ret_rewritten, Error *err)
{
    bool is_due = false;

    *ret_rewritten = false;
    if (db_kind(db) == DB_SQLITE && !is_any(db, &count_erased, NO_PARAMS, &is_due, err))
        return false;
    if (!is_due)
        return true;
    if (!db_set_statement_timeout(db, 0, err) ||
        !db_execute_script(db, "PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY",
                           err) ||
        !db_execute(db, &delete_erased, NO_PARAMS, NULL, err))
        return false;
    db_checkpoint(db); /* or the file has what was there before, and the log has it all */
    *ret_rewritten = true;
    return true;
}
