#include "store/permissions.h"

#include <stdlib.h>
#include <string.h>

#include "calendar/extent.h"
#include "store/known.h"
#include "store/rows.h"
#include "store/usage.h"
#include "store/users.h"

/* The order is settled in C: the statement needs no more than the ids, so it can be asked before
 * the event is known. */
#define IS_NAMED      "p.named_by = $2 AND u.email_key = p.named_email"
#define GRANTEE_EMAIL VISIBLE_EMAIL("$2", "p.user_id", IS_NAMED, "u.email")
#define SELECT_PERMISSIONS                                                                         \
    "SELECT p.id, p.event_id, p.user_id, u.username, p.role_id, p.meaning, r.name AS role_name,"   \
    " p.granted_by, p.granted_at, p.answer," GRANTEE_EMAIL                                         \
    " FROM event_permissions p JOIN users u ON u.id = p.user_id JOIN roles r ON r.id = p.role_id"  \
    " WHERE p.event_id = $1 AND " USER_IS_HERE

SQL_FOR_HOLDERS(select_permissions, SELECT_PERMISSIONS, "");

SQL(select_permission, SELECT_PERMISSIONS " AND p.user_id = $3");

/* The role is told by its meaning, of which several may be: an old database's ids are its own. */
#define ROLE_ID "(SELECT min(id) FROM roles WHERE meaning = $3)"

SQL(insert_permission,
    "INSERT INTO event_permissions (event_id, user_id, meaning, granted_by, granted_at, start_time,"
    " extent_class, hidden, role_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, " ROLE_ID ")");

SQL(update_permission, "UPDATE event_permissions SET meaning = $3, granted_by = $4,"
                       " granted_at = $5, role_id = " ROLE_ID " WHERE event_id = $1"
                       " AND user_id = $2");

SQL(update_role_id, "UPDATE event_permissions SET role_id = $3 WHERE event_id = $1"
                    " AND user_id = $2 AND meaning = (SELECT meaning FROM roles WHERE id = $3)");

/* $10: who named the person, by the address $11. */
SQL(give_permission,
    "INSERT INTO event_permissions (event_id, user_id, meaning, granted_by, granted_at, start_time,"
    " extent_class, hidden, refused, named_by, named_email, role_id, id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");

/* As of next_ids (store/events.c). */
SQL_DIALECTS(next_permission_ids,
             .sqlite = "SELECT coalesce((SELECT seq FROM sqlite_sequence"
                       " WHERE name = 'event_permissions'), 0) + 1 AS id WHERE $1 > 0",
             .postgres = "SELECT nextval('event_permissions_id_seq') AS id"
                         " FROM generate_series(1, $1)");

SQL(hand_over,
    "UPDATE event_permissions SET meaning = $3, granted_by = $4, granted_at = $5,"
    " hidden = $6, refused = $7, role_id = " ROLE_ID " WHERE event_id = $1 AND user_id = $2");

SQL(answer_permission, "UPDATE event_permissions SET answer = $3, accepted_from = $4"
                       " WHERE event_id = $1 AND user_id = $2");

SQL(delete_permission, "DELETE FROM event_permissions WHERE event_id = $1 AND user_id = $2");

SQL(delete_permissions, "DELETE FROM event_permissions WHERE event_id = $1");

SQL(copy_permissions,
    "INSERT INTO event_permissions (event_id, user_id, role_id, meaning, granted_by, granted_at,"
    " start_time, extent_class, hidden, refused, answer, accepted_from, known_giver, named_by,"
    " named_email)"
    " SELECT e.id, p.user_id, p.role_id, p.meaning, p.granted_by, p.granted_at, e.start_time,"
    " CAST($3 AS SMALLINT), e.deleted_at IS NOT NULL OR p.refused, p.refused, p.answer,"
    " p.accepted_from, p.known_giver, p.named_by, p.named_email"
    " FROM event_permissions p JOIN events e ON e.id = $2 WHERE p.event_id = $1 ORDER BY p.id");

SQL(move_permissions, "UPDATE event_permissions SET start_time = $2, extent_class = $3,"
                      " hidden = ($4 OR refused)"
                      " WHERE event_id = $1");

/* $2: of whom, null: of all; $3: 1 or -1. On PostgreSQL a person's number is the sum of several
 * rows, so that those who write at once for the same person hardly ever wait for one another. */
#define COUNT_EVENT(shard)                                                                         \
    "INSERT INTO event_counts (user_id, shard, events)"                                            \
    " SELECT p.user_id, " shard ", CAST($3 AS BIGINT) FROM event_permissions p"                    \
    " WHERE p.event_id = $1 AND ($2 IS NULL OR p.user_id = $2) AND NOT p.hidden"                   \
    " ORDER BY p.user_id ON CONFLICT (user_id, shard)"                                             \
    " DO UPDATE SET events = event_counts.events + excluded.events"

SQL_DIALECTS(count_event, .sqlite = COUNT_EVENT("0"),
             .postgres = COUNT_EVENT("pg_backend_pid() % 16"));

/* The same for who gave those roles to others (store/usage.h). On PostgreSQL they are locked, for
 * what a person who has left held goes without a look at the event. */
#define COUNT_GIVEN(shard, locked)                                                                 \
    "INSERT INTO event_counts (user_id, shard, events, given_roles)"                               \
    " SELECT g.granted_by, " shard ", 0, CAST($3 AS BIGINT) * count(*) FROM (SELECT p.granted_by"  \
    " FROM event_permissions p WHERE p.event_id = $1 AND ($2 IS NULL OR p.user_id = $2)"           \
    " AND p.granted_by <> p.user_id" locked ") g JOIN users u ON u.id = g.granted_by"              \
    " GROUP BY g.granted_by ORDER BY g.granted_by ON CONFLICT (user_id, shard)"                    \
    " DO UPDATE SET given_roles = event_counts.given_roles + excluded.given_roles"

SQL_DIALECTS(count_given, .sqlite = COUNT_GIVEN("0", ""),
             .postgres = COUNT_GIVEN("pg_backend_pid() % 16", " FOR UPDATE"));

/* Grants of the event $1 of the owner $3, of $2 (null: of all), that are not refused as they should
 * be. */
#define SHOULD_BE_REFUSED "(p.user_id <> $3 AND " REFUSED_BY("p.user_id", "p.granted_by", "$3") ")"
#define WRONGLY_REFUSED                                                                            \
    " p.event_id = $1 AND ($2 IS NULL OR p.user_id = $2) AND p.refused <> " SHOULD_BE_REFUSED

#define COUNT_WRONGLY(shard)                                                                       \
    "INSERT INTO event_counts (user_id, shard, events)"                                            \
    " SELECT p.user_id, " shard ", CASE WHEN p.refused THEN 1 ELSE -1 END"                         \
    " FROM event_permissions p WHERE" WRONGLY_REFUSED " ORDER BY p.user_id"                        \
    " ON CONFLICT (user_id, shard) DO UPDATE SET events = event_counts.events + excluded.events"

SQL_DIALECTS(count_wrongly, .sqlite = COUNT_WRONGLY("0"),
             .postgres = COUNT_WRONGLY("pg_backend_pid() % 16"));

SQL(refuse_rightly, "UPDATE event_permissions AS p SET refused = NOT p.refused,"
                    " hidden = ($4 OR NOT p.refused) WHERE" WRONGLY_REFUSED);

SQL(select_event_count, "SELECT CAST(coalesce(sum(events), 0) AS BIGINT) AS n FROM event_counts"
                        " WHERE user_id = $1");

SQL(count_holders,
    "SELECT count(*) AS n FROM event_permissions WHERE event_id = $1 AND meaning <> 1");

static const RowReader permission_rows = { .schema = &permission_schema };

static int compare_permissions(const void *left, const void *right)
{
    const Permission *a = left;
    const Permission *b = right;

    if (a->meaning != b->meaning)
        return a->meaning < b->meaning ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static void sort_permissions(Permission *list, size_t count, int64_t owner_id)
{
    size_t at = 0;

    qsort(list, count, sizeof(*list), compare_permissions);
    while (at < count && list[at].user_id != owner_id)
        at++;
    if (at == 0 || at == count)
        return;
    Permission owner = list[at];
    memmove(list + 1, list, at * sizeof(*list));
    list[0] = owner;
}

Ask *permissions_ask(Db *db, Arena *arena, int64_t event_id, int64_t reader)
{
    return db_ask(db, arena, &select_permissions, PARAMS(INT(event_id), INT(reader)));
}

bool permissions_take(Ask *ask, Arena *arena, const Event *event, List *ret_list, Error *err)
{
    if (!rows_all(ask, arena, &permission_rows, ret_list, err))
        return false;
    sort_permissions(ret_list->items, ret_list->count, event->owner_id);
    return true;
}

bool permissions_list(Db *db, Arena *arena, const Event *event, int64_t reader, List *ret_list,
                      Error *err)
{
    return permissions_take(permissions_ask(db, arena, event->id, reader), arena, event, ret_list,
                            err);
}

bool permissions_find(Db *db, Arena *arena, const Event *event, int64_t user_id, int64_t reader,
                      Permission **ret_permission, Error *err)
{
    Ask *ask =
        db_ask(db, arena, &select_permission, PARAMS(INT(event->id), INT(reader), INT(user_id)));

    return rows_one(ask, arena, &permission_rows, ret_permission, err);
}

/* The event counts for `user_id`, or for all who hold a role (INTEGER_NULL), no more (-1) or from
 * now on (1); one in the trash counts for nobody. */
static bool count_for(Db *db, int64_t event_id, int64_t user_id, int64_t change, Error *err)
{
    return db_execute_later(db, &count_event, PARAMS(INT(event_id), INT(user_id), INT(change)),
                            err);
}

static bool count_roles(Db *db, int64_t event_id, int64_t user_id, int64_t change, Error *err)
{
    return db_execute_later(db, &count_given, PARAMS(INT(event_id), INT(user_id), INT(change)),
                            err);
}

/* Both: before roles go, after they have come. */
static bool count_both(Db *db, int64_t event_id, int64_t user_id, int64_t change, Error *err)
{
    return count_for(db, event_id, user_id, change, err) &&
           count_roles(db, event_id, user_id, change, err);
}

static bool is_hidden(const Event *event)
{
    return event->deleted_at != INSTANT_NULL;
}

static bool insert(Db *db, const Event *event, int64_t user_id, Role role, int64_t granted_by,
                   Instant now, Error *err)
{
    return db_execute_later(db, &insert_permission,
                            PARAMS(INT(event->id), INT(user_id), INT((int64_t)role),
                                   INT(granted_by), TIME(now), TIME(event->start_time),
                                   INT(extent_class(event)), BOOL(is_hidden(event))),
                            err);
}

bool permissions_insert_owner(Db *db, const Event *event, Instant now, Error *err)
{
    return insert(db, event, event->owner_id, ROLE_OWNER, event->owner_id, now, err);
}

bool permissions_insert(Db *db, const Event *event, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err)
{
    return insert(db, event, user_id, role, granted_by, now, err) &&
           count_both(db, event->id, user_id, 1, err);
}

Ask *permissions_ask_ids(Db *db, Arena *arena, size_t count)
{
    return db_ask(db, arena, &next_permission_ids, PARAMS(INT((int64_t)count)));
}

bool permissions_take_ids(Ask *ask, int64_t ret_ids[], size_t count, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t given = 0;

    if (!db_take(ask, &rows, err))
        return false;
    for (; given < count && rows_next(&rows); given++)
        ret_ids[given] = rows_int(&rows, "id");
    for (; given > 0 && given < count; given++)
        ret_ids[given] = ret_ids[given - 1] + 1;
    return rows_finish(&rows, err);
}

bool permissions_give(Db *db, const Event *event, const Gift *gift, Error *err)
{
    const Usage nothing = { 0 };
    bool hidden = is_hidden(event) || gift->is_refused;
    int64_t named_by = gift->named_email != NULL ? gift->by : INTEGER_NULL;

    return db_execute_later(db, &give_permission,
                            PARAMS(INT(event->id), INT(gift->user_id), INT((int64_t)gift->role),
                                   INT(gift->by), TIME(gift->at), TIME(event->start_time),
                                   INT(extent_class(event)), BOOL(hidden), BOOL(gift->is_refused),
                                   INT(named_by), TXT(gift->named_email), INT(gift->role_id),
                                   INT(gift->id)),
                            err) &&
           usage_charge(db, gift->user_id, &nothing, (Extra){ .readable = !hidden }, err);
}

bool permissions_hand_over(Db *db, const Event *event, int64_t user_id, int64_t granted_by,
                           Instant now, Error *err)
{
    return count_both(db, event->id, user_id, -1, err) &&
           db_execute_later(db, &hand_over,
                            PARAMS(INT(event->id), INT(user_id), INT((int64_t)ROLE_OWNER),
                                   INT(granted_by), TIME(now), BOOL(is_hidden(event)), BOOL(false)),
                            err) &&
           count_both(db, event->id, user_id, 1, err);
}

bool permissions_answer(Db *db, int64_t event_id, int64_t user_id, int64_t answer,
                        int64_t accepted_from, Error *err)
{
    const char *name = answer != INTEGER_NULL ? answer_names[answer] : NULL;

    return db_execute_later(db, &answer_permission,
                            PARAMS(INT(event_id), INT(user_id), TXT(name), INT(accepted_from)),
                            err);
}

bool permissions_update(Db *db, int64_t event_id, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err)
{
    return count_roles(db, event_id, user_id, -1, err) &&
           db_execute_later(
               db, &update_permission,
               PARAMS(INT(event_id), INT(user_id), INT((int64_t)role), INT(granted_by), TIME(now)),
               err) &&
           count_roles(db, event_id, user_id, 1, err);
}

/* In the trash it counts for nobody. */
bool permissions_follow_blocks(Db *db, const Event *event, int64_t user_id, Error *err)
{
    const Value whose = INT(user_id);
    const Value owner = INT(event->owner_id);

    return (is_hidden(event) ||
            db_execute_later(db, &count_wrongly, PARAMS(INT(event->id), whose, owner), err)) &&
           db_execute_later(db, &refuse_rightly,
                            PARAMS(INT(event->id), whose, owner, BOOL(is_hidden(event))), err);
}

bool permissions_set_role_id(Db *db, int64_t event_id, int64_t user_id, int64_t role_id, Error *err)
{
    return db_execute_later(db, &update_role_id, PARAMS(INT(event_id), INT(user_id), INT(role_id)),
                            err);
}

bool permissions_delete(Db *db, int64_t event_id, int64_t user_id, Error *err)
{
    return count_both(db, event_id, user_id, -1, err) &&
           db_execute_later(db, &delete_permission, PARAMS(INT(event_id), INT(user_id)), err);
}

Ask *permissions_ask_given(Db *db, Arena *arena, int64_t event_id)
{
    return db_ask(db, arena, &count_holders, PARAMS(INT(event_id)));
}

bool permissions_copy(Db *db, int64_t from, const Event *to, Error *err)
{
    return db_execute_later(db, &copy_permissions,
                            PARAMS(INT(from), INT(to->id), INT(extent_class(to))), err) &&
           count_both(db, to->id, INTEGER_NULL, 1, err);
}

bool permissions_follow(Db *db, const Event *before, const Event *after, Error *err)
{
    bool is_same_time =
        before->start_time == after->start_time && extent_class(before) == extent_class(after);
    bool goes = !is_hidden(before) && is_hidden(after);
    bool comes = is_hidden(before) && !is_hidden(after);

    if (is_same_time && !goes && !comes)
        return true;
    return (!goes || count_for(db, after->id, INTEGER_NULL, -1, err)) &&
           db_execute_later(db, &move_permissions,
                            PARAMS(INT(after->id), TIME(after->start_time),
                                   INT(extent_class(after)), BOOL(is_hidden(after))),
                            err) &&
           (!comes || count_for(db, after->id, INTEGER_NULL, 1, err));
}

bool permissions_delete_all(Db *db, int64_t event_id, Error *err)
{
    return db_execute_later(db, &delete_permissions, PARAMS(INT(event_id)), err);
}

bool permissions_forget(Db *db, int64_t event_id, Error *err)
{
    return count_both(db, event_id, INTEGER_NULL, -1, err);
}

Ask *permissions_ask_event_count(Db *db, Arena *arena, int64_t user_id)
{
    return db_ask(db, arena, &select_event_count, PARAMS(INT(user_id)));
}
