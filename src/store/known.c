#include "store/known.h"

#include "base/limits.h"
#include "store/rows.h"

SQL(may_see_busy,
    "SELECT count(*) AS n FROM users u WHERE u.id = $2 AND (u.id = $1"
    " OR u.free_busy = 'everyone' OR (u.free_busy = 'known' AND " TRUSTED_BY("u.id", "$1") "))");

SQL(is_trusted, "SELECT count(*) AS n FROM users u WHERE u.id = $1 AND u.is_active"
                " AND " TRUSTED_BY("u.id", "$2"));

/* No more than can matter. */
#define WAITING(giver, user)                                                                       \
    "(SELECT count(*) FROM (SELECT 1 AS one FROM event_permissions w"                              \
    " WHERE w.granted_by = " giver " AND w.user_id = " user                                        \
    " AND w.granted_by <> w.user_id AND w.answer IS NULL LIMIT " MOST ") few)"
#define MOST "200"
_Static_assert(LIMIT_WAITING_GRANTS == 200, "WAITING names it");

SQL(select_room,
    "SELECT count(*) AS holders, count(CASE WHEN user_id = $2 THEN 1 END) AS held,"
    " CASE WHEN " KNOWN_TO("$2", "$1") " THEN 0 ELSE " WAITING(
        "$1",
        "$2") " END AS waiting, " REFUSED_BY("$2", "$1",
                                             "$4") " AS is_refused"
                                                   " FROM event_permissions WHERE event_id = $3");

SQL(count_overfull,
    "SELECT count(*) AS n FROM event_permissions p WHERE p.event_id = $1"
    " AND p.granted_by <> p.user_id AND p.answer IS NULL"
    " AND NOT " KNOWN_TO("p.user_id", "p.granted_by") " AND " WAITING("p.granted_by",
                                                                      "p.user_id") " >= " MOST);

static bool is_any(Db *db, const Sql *sql, Params params, bool *ret_is, Error *err)
{
    int64_t count = 0;

    if (!rows_number(db, sql, params, &count, err))
        return false;
    *ret_is = count > 0;
    return true;
}

bool known_may_see_busy(Db *db, int64_t reader, int64_t user_id, bool *ret_may, Error *err)
{
    return is_any(db, &may_see_busy, PARAMS(INT(reader), INT(user_id)), ret_may, err);
}

bool known_is_trusted(Db *db, int64_t user_id, int64_t other, bool *ret_trusted, Error *err)
{
    return is_any(db, &is_trusted, PARAMS(INT(user_id), INT(other)), ret_trusted, err);
}

Ask *known_ask_room(Db *db, Arena *arena, const Event *event, int64_t giver, int64_t user_id)
{
    return db_ask(db, arena, &select_room,
                  PARAMS(INT(giver), INT(user_id), INT(event->id), INT(event->owner_id)));
}

bool known_take_room(Ask *ask, Room *ret_room, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_room = (Room){ 0 };
    if (!db_take(ask, &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_room = (Room){
            .has_role = rows_int(&rows, "held") > 0,
            .holders = rows_int(&rows, "holders"),
            .waiting = rows_int(&rows, "waiting"),
            .is_refused = rows_bool(&rows, "is_refused"),
        };
    }
    return rows_finish(&rows, err);
}

Ask *known_ask_overfull(Db *db, Arena *arena, int64_t event_id)
{
    return db_ask(db, arena, &count_overfull, PARAMS(INT(event_id)));
}
