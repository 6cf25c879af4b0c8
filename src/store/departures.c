#include "store/departures.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/events.h"
#include "store/history.h"
#include "store/rows.h"
#include "store/users.h"

/* No name that can be registered begins like this. */
SQL(empty_account, "UPDATE users SET username = '#' || $1, username_key = NULL, email = '#' || $1,"
                   " email_key = NULL, display_name = NULL, hashed_password = " DEPARTED
                   ", timezone = NULL, is_admin = FALSE, is_active = FALSE,"
                   " updated_at = $2 WHERE id = $3");

SQL(insert_departure, "INSERT INTO departures (user_id, username, heir_id, by_id, by_name,"
                      " address) VALUES ($1, $2, $3, $4, $5, $6)");

SQL(inherit_departures, "UPDATE departures SET heir_id = $2 WHERE heir_id = $1");

#define NEXT                                                                                       \
    "SELECT user_id, username, heir_id, by_id, by_name, address FROM departures"                   \
    " ORDER BY user_id LIMIT 1"
SQL_DIALECTS(next_departure, .sqlite = NEXT, .postgres = NEXT " FOR UPDATE SKIP LOCKED");

/* Not in the order of ids, for which all of them would have to be sorted. */
#define SOME_EVENTS                                                                                \
    "SELECT e.id FROM events e WHERE e.owner_id = $1"                                              \
    " AND (SELECT r.event_id FROM removals r WHERE r.event_id = e.id) IS NULL LIMIT $2"
SQL_DIALECTS(some_owned_events, .sqlite = SOME_EVENTS,
             .postgres = SOME_EVENTS " FOR UPDATE OF e SKIP LOCKED");

/* In the order of an index, so that both take the same ones. */
#define SOME_GRANTS                                                                                \
    "(SELECT id FROM event_permissions WHERE user_id = $1"                                         \
    " ORDER BY hidden, extent_class, start_time, event_id LIMIT $2"

/* As of count_given (store/permissions.c). */
#define FORGET_GIVEN(shard, locked)                                                                \
    "INSERT INTO event_counts (user_id, shard, events, given_roles)"                               \
    " SELECT p.granted_by, " shard ", 0, -count(*) FROM event_permissions p"                       \
    " JOIN users u ON u.id = p.granted_by WHERE p.id IN " SOME_GRANTS locked ")"                   \
    " AND p.granted_by <> p.user_id GROUP BY p.granted_by ORDER BY p.granted_by"                   \
    " ON CONFLICT (user_id, shard)"                                                                \
    " DO UPDATE SET given_roles = event_counts.given_roles + excluded.given_roles"

SQL_DIALECTS(forget_given, .sqlite = FORGET_GIVEN("0", ""),
             .postgres = FORGET_GIVEN("pg_backend_pid() % 16", " FOR UPDATE"));

SQL(delete_some_grants, "DELETE FROM event_permissions WHERE id IN " SOME_GRANTS ")");

SQL(delete_some_sessions, "DELETE FROM sessions WHERE id IN"
                          " (SELECT id FROM sessions WHERE user_id = $1 LIMIT $2)");

/* Somebody may be busy with one of his events. */
SQL(delete_departed, "DELETE FROM users WHERE id = $1 AND NOT EXISTS"
                     " (SELECT 1 FROM events e WHERE e.owner_id = $1)");

bool departures_begin(Db *db, const Departure *departure, Instant now, Error *err)
{
    char number[24];
    int64_t changed = 0;

    snprintf(number, sizeof(number), "%lld", (long long)departure->user_id);
    if (!db_execute(db, &empty_account, PARAMS(TXT(number), TIME(now), INT(departure->user_id)),
                    &changed, err))
        return false;
    if (changed == 0)
        return error_set(err, ERROR_RETRY, "The account is gone by now.");
    return db_execute(db, &insert_departure,
                      PARAMS(INT(departure->user_id), TXT(departure->username),
                             INT(departure->heir_id), INT(departure->by_id),
                             TXT(departure->by_name), TXT(departure->address)),
                      NULL, err) &&
           db_execute(db, &inherit_departures,
                      PARAMS(INT(departure->user_id), INT(departure->heir_id)), NULL, err);
}

bool departures_next(Db *db, Arena *arena, Departure **ret_departure, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_departure = NULL;
    if (!db_query(db, &next_departure, NO_PARAMS, &rows, err))
        return false;
    if (rows_next(&rows)) {
        *ret_departure = ARENA_NEW(arena, Departure);
        **ret_departure = (Departure){
            .user_id = rows_int(&rows, "user_id"),
            .username = rows_text(&rows, "username", arena),
            .heir_id = rows_int(&rows, "heir_id"),
            .by_id = rows_int(&rows, "by_id"),
            .by_name = rows_text(&rows, "by_name", arena),
            .address = rows_text(&rows, "address", arena),
        };
    }
    return rows_finish(&rows, err);
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t *left = a;
    const int64_t *right = b;

    return (*left > *right) - (*left < *right);
}

bool departures_events(Db *db, int64_t user_id, int64_t *ids, size_t at_most, size_t *ret_count,
                       Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &some_owned_events, PARAMS(INT(user_id), INT((int64_t)at_most)), &rows, err))
        return false;
    while (*ret_count < at_most && rows_next(&rows))
        ids[(*ret_count)++] = rows_int(&rows, "id");
    qsort(ids, *ret_count, sizeof(*ids), compare_ids);
    return rows_finish(&rows, err);
}

bool departures_end_some(Db *db, int64_t user_id, int64_t at_most, bool *ret_gone, Error *err)
{
    const Params some = PARAMS(INT(user_id), INT(at_most));
    int64_t grants = 0;
    int64_t sessions = 0;
    int64_t users = 0;

    *ret_gone = false;
    if (!db_execute(db, &forget_given, some, NULL, err) ||
        !db_execute(db, &delete_some_grants, some, &grants, err) ||
        !db_execute(db, &delete_some_sessions, some, &sessions, err))
        return false;
    if (grants == at_most || sessions == at_most)
        return true;
    if (!db_execute(db, &delete_departed, PARAMS(INT(user_id)), &users, err))
        return false;
    *ret_gone = users > 0;
    return true;
}

/* -- Events ----------------------------------------------------------------------------------- */

SQL(insert_removal, "INSERT INTO removals (event_id) VALUES ($1)");

#define NEXT_REMOVAL "SELECT event_id AS n FROM removals ORDER BY event_id LIMIT 1"
SQL_DIALECTS(next_removal, .sqlite = NEXT_REMOVAL,
             .postgres = NEXT_REMOVAL " FOR UPDATE SKIP LOCKED");

bool removals_begin(Db *db, int64_t event_id, Error *err)
{
    return db_execute_later(db, &insert_removal, PARAMS(INT(event_id)), err);
}

bool removals_go_on(Db *db, bool *ret_more, Error *err)
{
    int64_t event_id = 0;
    bool is_all = false;

    if (!rows_number(db, &next_removal, NO_PARAMS, &event_id, err))
        return false;
    *ret_more = event_id != 0;
    if (!*ret_more)
        return true;
    return history_delete_some(db, event_id, &is_all, err) &&
           (!is_all || events_delete(db, event_id, err));
}
