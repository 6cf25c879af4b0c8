#include "store/blocks.h"

#include "base/limits.h"
#include "store/known.h"
#include "store/rows.h"
#include "store/users.h"

static const Field block_fields[] = {
    INTEGER(Block, user_id, .doc = "Who is blocked.", .example = "8"),
    TEXT(Block, username, .max = 255, .doc = "Their user name.", .example = "\"bela\""),
    TEXT(Block, display_name, .flags = NULLABLE, .max = LIMIT_DISPLAY_NAME,
         .doc = "What they call themselves.", .example = "\"Béla\""),
    INSTANT(Block, created_at, .doc = "Since when.", .example = "\"2026-03-01T08:00:00Z\""),
};

const Schema block_schema =
    SCHEMA(Block, block_fields, .doc = "Somebody whose shares one does not take.");

#define THIS " WHERE user_id = $1 AND blocked_id = $2"

SQL(select_blocks, "SELECT b.blocked_id AS user_id, u.username, u.display_name, b.created_at"
                   " FROM blocks b JOIN users u ON u.id = b.blocked_id"
                   " WHERE b.user_id = $1 AND NOT b.ended ORDER BY b.blocked_id");

/* Also in the place of one that is just ending. */
SQL(insert_block,
    "INSERT INTO blocks (user_id, blocked_id, created_at, place) VALUES ($1, $2, $3, 0)"
    " ON CONFLICT (user_id, blocked_id) DO UPDATE SET created_at = CASE WHEN blocks.ended"
    " THEN excluded.created_at ELSE blocks.created_at END, ended = FALSE, place = 0");

SQL(end_block, "UPDATE blocks SET ended = TRUE, place = 0" THIS " AND NOT ended");

SQL(select_unfinished, "SELECT ended, place FROM blocks" THIS " AND place IS NOT NULL");
SQL(advance_block, "UPDATE blocks SET place = $3" THIS);
SQL(delete_block, "DELETE FROM blocks" THIS);

SQL(next_unfinished, "SELECT user_id, blocked_id FROM blocks WHERE place IS NOT NULL"
                     " ORDER BY user_id, blocked_id LIMIT 1");

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

/* $3: there is the block. Where it has ended there may be another, of who gave it or whose it is.
 */
#define IS_REFUSED                                                                                 \
    REFUSED_BY("$1", "p.granted_by", "(SELECT o.owner_id FROM events o WHERE o.id = p.event_id)")
#define REFUSE                                                                                     \
    "UPDATE event_permissions AS p SET refused = " IS_REFUSED ", hidden = (" IS_REFUSED            \
    " OR EXISTS (SELECT 1 FROM events t WHERE t.id = p.event_id AND t.deleted_at IS NOT NULL))"    \
    " WHERE p.refused <> $3 AND"

SQL_DIALECTS(refuse_given, .sqlite = REFUSE SQLITE_GIVEN, .postgres = REFUSE ALL_GIVEN RANGE);

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
    return INT(LOCK_KEY(0x4647, giver)); /* "FG" */
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

    if (!db_execute(db, &end_block, PARAMS(INT(user_id), INT(blocked_id)), &changed, err))
        return false;
    *ret_found = changed > 0;
    return true;
}

/* -- In pieces -------------------------------------------------------------------------------- */

/* Where one of them stands. */
typedef struct Pending {
    int64_t user_id;
    int64_t blocked_id;
    bool is_there; /* or nothing is left to be done */
    bool is_end;
    int64_t place;
    int64_t to; /* where the next piece ends; INT64_MAX: it is the last one */
} Pending;

static bool find_end(Db *db, Pending *pending, Error *err)
{
    const Params piece =
        PARAMS(INT(pending->user_id), INT(pending->place), INT(LIMIT_GRANTS_PIECE));

    pending->to = INT64_MAX;
    return db_kind(db) == DB_POSTGRES || rows_number(db, &next_given, piece, &pending->to, err);
}

static bool find_pending(Db *db, Pending *pending, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, &select_unfinished, PARAMS(INT(pending->user_id), INT(pending->blocked_id)),
                  &rows, err))
        return false;
    pending->is_there = rows_next(&rows);
    if (pending->is_there) {
        pending->is_end = rows_bool(&rows, "ended");
        pending->place = rows_int(&rows, "place");
    }
    return rows_finish(&rows, err);
}

static bool note_place(Db *db, const Pending *pending, bool is_all, Error *err)
{
    const Value user_id = INT(pending->user_id);
    const Value blocked_id = INT(pending->blocked_id);

    if (is_all && pending->is_end)
        return db_execute_later(db, &delete_block, PARAMS(user_id, blocked_id), err);
    return db_execute_later(db, &advance_block,
                            PARAMS(user_id, blocked_id, INT(is_all ? INTEGER_NULL : pending->to)),
                            err);
}

/* What counted before does not any more, and what counts now, of what is refused nothing, is
 * counted anew. */
static bool take_piece(Db *db, const Pending *pending, Error *err)
{
#define PIECE(value)                                                                               \
    PARAMS(INT(pending->user_id), INT(pending->blocked_id), value, INT(pending->place),            \
           INT(pending->to))
    return db_execute_later(db, &count_taken, PIECE(INT(-1)), err) &&
           db_execute_later(db, &refuse_given, PIECE(BOOL(!pending->is_end)), err) &&
           (!pending->is_end || db_execute_later(db, &count_taken, PIECE(INT(1)), err));
#undef PIECE
}

bool blocks_follow(Db *db, int64_t user_id, int64_t blocked_id, bool *ret_all, Error *err)
{
    Pending pending = { .user_id = user_id, .blocked_id = blocked_id };

    *ret_all = true;
    if (!find_pending(db, &pending, err))
        return false;
    if (!pending.is_there)
        return true;
    if (!find_end(db, &pending, err))
        return false;
    *ret_all = pending.to == INT64_MAX;
    return take_piece(db, &pending, err) && note_place(db, &pending, *ret_all, err);
}

static bool find_any(Db *db, Pending *pending, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, &next_unfinished, NO_PARAMS, &rows, err))
        return false;
    pending->is_there = rows_next(&rows);
    if (pending->is_there) {
        pending->user_id = rows_int(&rows, "user_id");
        pending->blocked_id = rows_int(&rows, "blocked_id");
    }
    return rows_finish(&rows, err);
}

bool blocks_go_on(Db *db, bool *ret_more, Error *err)
{
    Pending pending = { .is_there = false };
    bool is_all;

    if (!find_any(db, &pending, err))
        return false;
    *ret_more = pending.is_there;
    return !pending.is_there ||
           (blocks_lock_given(db, pending.user_id, pending.blocked_id, err) &&
            blocks_lock_giver(db, pending.blocked_id, err) &&
            users_lock(db, pending.blocked_id, err) &&
            blocks_follow(db, pending.user_id, pending.blocked_id, &is_all, err));
}
