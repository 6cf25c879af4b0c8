#include "store/changed_since.h"

#include "base/limits.h"
#include "store/rows.h"

/* How it works: whatever alters when an event takes place, or who holds which role on it, writes an
 * entry of the changelog in the same transaction. Blocks do not; nor does a new file of a zone that
 * moves later occurrences alone, which makes no version and is seen by nobody who compares those.
 */

SQL(select_mark, "SELECT coalesce((SELECT id FROM changelog WHERE id > 0 ORDER BY id DESC LIMIT 1),"
                 " 0) AS entry, (SELECT count(*) FROM blocks WHERE user_id = $1) AS blocks,"
                 " (SELECT CAST(coalesce(sum(blocked_id), 0) AS BIGINT) FROM blocks"
                 " WHERE user_id = $1) AS blocked");

SQL(count_own_doings,
    "SELECT (SELECT count(*) FROM blocks WHERE user_id = $1 AND place IS NOT NULL)"
    " + (SELECT count(*) FROM changelog WHERE id > $2 AND user_id = $1 AND change_type IN"
    " ('share', 'permission_change', 'unshare', 'answer', 'transfer')) AS n");

SQL(select_changed_since,
    "SELECT DISTINCT e.id, e.version_number AS version, e.owner_id AS owner FROM changelog c"
    " JOIN events e ON e.id = c.event_id WHERE c.id > $2 AND EXISTS"
    " (SELECT 1 FROM event_permissions p WHERE p.event_id = e.id AND p.user_id = $1) LIMIT $3");

bool since_mark(Db *db, int64_t reader, SinceMark *ret_mark, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, &select_mark, PARAMS(INT(reader)), &rows, err))
        return false;
    *ret_mark = (SinceMark){ .last_entry = 0 };
    if (rows_next(&rows)) {
        ret_mark->last_entry = rows_int(&rows, "entry");
        ret_mark->blocks = rows_int(&rows, "blocks");
        ret_mark->blocked = rows_int(&rows, "blocked");
    }
    return rows_finish(&rows, err);
}

static bool take_changed(Db *db, Arena *arena, int64_t reader, const SinceMark *mark,
                         EventVersion **ret_versions, size_t *ret_count, Error *err)
{
    EventVersion *versions = ARENA_ARRAY(arena, EventVersion, LIMIT_CHANGED_SINCE + 1);
    Rows AUTO(rows_close) rows = { 0 };
    size_t count = 0;

    if (!db_query(db, &select_changed_since,
                  PARAMS(INT(reader), INT(mark->last_entry), INT(LIMIT_CHANGED_SINCE + 1)), &rows,
                  err))
        return false;
    while (count <= LIMIT_CHANGED_SINCE && rows_next(&rows)) {
        versions[count++] = (EventVersion){
            .id = rows_int(&rows, "id"),
            .version_number = rows_int(&rows, "version"),
            .owner_id = rows_int(&rows, "owner"),
        };
    }
    *ret_versions = versions;
    *ret_count = count;
    return rows_finish(&rows, err);
}

bool since_changed(Db *db, Arena *arena, int64_t reader, const SinceMark *mark,
                   EventVersion **ret_versions, size_t *ret_count, bool *ret_is_known, Error *err)
{
    int64_t own_doings = 0;
    SinceMark now;

    *ret_is_known = false;
    if (db_kind(db) != DB_SQLITE)
        return true;
    if (!since_mark(db, reader, &now, err) ||
        !rows_number(db, &count_own_doings, PARAMS(INT(reader), INT(mark->last_entry)), &own_doings,
                     err))
        return false;
    if (now.blocks != mark->blocks || now.blocked != mark->blocked || own_doings > 0)
        return true;
    if (!take_changed(db, arena, reader, mark, ret_versions, ret_count, err))
        return false;
    *ret_is_known = *ret_count <= LIMIT_CHANGED_SINCE;
    return true;
}
