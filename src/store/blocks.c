#include "store/blocks.h"

#include "base/limits.h"
#include "store/rows.h"

static const Field block_fields[] = {
    INTEGER(Block, user_id, .doc = "Who is blocked.", .example = "8"),
    TEXT(Block, username, .max = 255, .doc = "Their user name.", .example = "\"bela\""),
    TEXT(Block, display_name, .flags = NULLABLE, .max = LIMIT_DISPLAY_NAME,
         .doc = "What they call themselves.", .example = "\"Béla\""),
    INSTANT(Block, created_at, .doc = "Since when.", .example = "\"2026-03-01T08:00:00Z\""),
};

const Schema block_schema =
    SCHEMA(Block, block_fields, .doc = "Somebody whose shares one does not take.");

SQL(select_blocks, "SELECT b.blocked_id AS user_id, u.username, u.display_name, b.created_at"
                   " FROM blocks b JOIN users u ON u.id = b.blocked_id WHERE b.user_id = $1"
                   " ORDER BY b.blocked_id");

SQL(insert_block, "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES ($1, $2, $3)"
                  " ON CONFLICT DO NOTHING");

SQL(delete_block, "DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2");

SQL(count_blocks, "SELECT count(*) AS n FROM blocks WHERE user_id = $1 AND blocked_id = $2");

/* What $2 gave $1, and every role of $1 on an event of $2, but what $1 owns; in a range of events.
 * SQLite goes along the grants of $1, some at a time; PostgreSQL, where others need not wait, takes
 * all at once, and so goes along what there is of the two. */
#define RANGE " AND p.event_id > $4 AND p.event_id <= $5"
#define NOT_MINE                                                                                   \
    " AND NOT EXISTS (SELECT 1 FROM events m WHERE m.id = p.event_id AND m.owner_id = $1)"
#define SQLITE_GIVEN                                                                               \
    " p.user_id = $1" RANGE                                                                        \
    " AND (p.granted_by = $2 OR EXISTS (SELECT 1 FROM events o WHERE o.id = p.event_id"            \
    " AND o.owner_id = $2))" NOT_MINE
#define ALL_GIVEN                                                                                  \
    " p.user_id = $1 AND p.event_id IN ("                                                          \
    "SELECT q.event_id FROM event_permissions q WHERE q.granted_by = $2 AND q.user_id = $1"        \
    " AND q.granted_by <> q.user_id"                                                               \
    " UNION SELECT o.id FROM events o WHERE o.owner_id = $2"                                       \
    " AND EXISTS (SELECT 1 FROM event_permissions r WHERE r.event_id = o.id AND r.user_id = "      \
    "$1))" NOT_MINE

/* Who changes an event changes its grants too: the same rows in the same order. */
SQL_DIALECTS(lock_given, .sqlite = "SELECT e.id FROM events e WHERE $1 = $2 AND e.id = $1",
             .postgres = "SELECT e.id FROM events e WHERE e.id IN"
                         " (SELECT p.event_id FROM event_permissions p WHERE" ALL_GIVEN ")"
                         " ORDER BY e.id FOR UPDATE");

/* The last of the next ones behind $2; INT64_MAX: there are no more. */
SQL(next_given,
    "SELECT CASE WHEN count(*) < $3 THEN 9223372036854775807 ELSE max(event_id) END AS n"
    " FROM (SELECT event_id FROM event_permissions WHERE user_id = $1 AND event_id > $2"
    " ORDER BY event_id LIMIT $3) few");

/* $3: 1 or -1. */
#define COUNT_TAKEN(shard, given)                                                                  \
    "INSERT INTO event_counts (user_id, shard, events)"                                            \
    " SELECT p.user_id, " shard                                                                    \
    ", CAST($3 AS BIGINT) * count(*) FROM event_permissions p WHERE" given                         \
    " AND NOT p.hidden GROUP BY p.user_id HAVING count(*) > 0"                                     \
    " ON CONFLICT (user_id, shard) DO UPDATE SET events = event_counts.events + excluded.events"

SQL_DIALECTS(count_taken, .sqlite = COUNT_TAKEN("0", SQLITE_GIVEN),
             .postgres = COUNT_TAKEN("pg_backend_pid() % 16", ALL_GIVEN RANGE));

#define REFUSE                                                                                     \
    "UPDATE event_permissions AS p SET refused = $3, hidden = ($3 OR EXISTS"                       \
    " (SELECT 1 FROM events t WHERE t.id = p.event_id AND t.deleted_at IS NOT NULL))"              \
    " WHERE p.refused <> $3 AND"

SQL_DIALECTS(refuse_given, .sqlite = REFUSE SQLITE_GIVEN, .postgres = REFUSE ALL_GIVEN RANGE);

/* "FG" in front: no other advisory lock of ours has it. */
#define GIVER LOCK_NUMBER("users", "$1")
SQL_DIALECTS(hold_giver, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock_shared(" GIVER ")");
SQL_DIALECTS(lock_giver, .sqlite = "SELECT 1",
             .postgres = "SELECT pg_advisory_xact_lock(" GIVER ")");

static const RowReader block_rows = { .schema = &block_schema };

Ask *blocks_ask(Db *db, Arena *arena, int64_t user_id)
{
    return db_ask(db, arena, &select_blocks, PARAMS(INT(user_id)));
}

bool blocks_take(Ask *ask, Arena *arena, List *ret_blocks, Error *err)
{
    return rows_all(ask, arena, &block_rows, ret_blocks, err);
}

static Value giver_key(int64_t giver)
{
    return INT(INT64_C(0x4647000000000000) + giver);
}

void blocks_ask_hold(Db *db, Arena *arena, int64_t giver)
{
    if (db_kind(db) == DB_POSTGRES)
        (void)db_ask(db, arena, &hold_giver, PARAMS(giver_key(giver)));
}

bool blocks_lock_giver(Db *db, int64_t giver, Error *err)
{
    return db_kind(db) != DB_POSTGRES ||
           db_execute(db, &lock_giver, PARAMS(giver_key(giver)), NULL, err);
}

bool blocks_lock_given(Db *db, int64_t user_id, int64_t blocked_id, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    return db_query(db, &lock_given, PARAMS(INT(user_id), INT(blocked_id)), &rows, err) &&
           rows_finish(&rows, err);
}

bool blocks_add(Db *db, int64_t user_id, int64_t blocked_id, Instant now, Error *err)
{
    return db_execute_later(db, &insert_block, PARAMS(INT(user_id), INT(blocked_id), TIME(now)),
                            err);
}

bool blocks_remove(Db *db, int64_t user_id, int64_t blocked_id, bool *ret_found, Error *err)
{
    int64_t changed = 0;

    if (!db_execute(db, &delete_block, PARAMS(INT(user_id), INT(blocked_id)), &changed, err))
        return false;
    *ret_found = changed > 0;
    return true;
}

static bool find_end(Db *db, int64_t user_id, int64_t from, int64_t *ret_to, Error *err)
{
    *ret_to = INT64_MAX;
    return db_kind(db) == DB_POSTGRES ||
           rows_number(db, &next_given, PARAMS(INT(user_id), INT(from), INT(LIMIT_GRANTS_PIECE)),
                       ret_to, err);
}

/* What counted before does not any more, and what counts now, of what is refused nothing, is
 * counted anew. */
bool blocks_follow(Db *db, int64_t user_id, int64_t blocked_id, int64_t *place, Error *err)
{
    int64_t is_blocked = 0;
    int64_t to;

    if (!rows_number(db, &count_blocks, PARAMS(INT(user_id), INT(blocked_id)), &is_blocked, err) ||
        !find_end(db, user_id, *place, &to, err))
        return false;
#define PIECE(value) PARAMS(INT(user_id), INT(blocked_id), value, INT(*place), INT(to))
    if (!db_execute_later(db, &count_taken, PIECE(INT(-1)), err) ||
        !db_execute_later(db, &refuse_given, PIECE(BOOL(is_blocked > 0)), err) ||
        (is_blocked == 0 && !db_execute_later(db, &count_taken, PIECE(INT(1)), err)))
        return false;
#undef PIECE
    *place = to;
    return true;
}
