#include "store/legacy.h"

#include "store/rows.h"

#define SHARED                                                                                     \
    " AND e.deleted_at IS NULL AND EXISTS (SELECT 1 FROM event_permissions p"                      \
    " WHERE p.event_id = e.id AND p.user_id <> $1 AND p.user_id <> e.owner_id)"

SQL(count_shared_events, "SELECT count(*) AS n FROM events e WHERE e.owner_id = $1" SHARED);

SQL(count_shared_legacies, "SELECT count(*) AS n FROM departures d"
                           " JOIN events e ON e.owner_id = d.user_id WHERE d.heir_id = $1" SHARED);

SQL(count_uids_of_both, "SELECT count(*) AS n FROM events e"
                        " JOIN events other ON other.owner_id = $2 AND other.uid = e.uid"
                        " WHERE e.owner_id = $1");

SQL(last_entry,
    "SELECT coalesce((SELECT id FROM changelog WHERE id > 0 ORDER BY id DESC LIMIT 1), 0)"
    " AS n");

SQL(count_shares_since, "SELECT count(*) AS n FROM changelog c JOIN events e ON e.id = c.event_id"
                        " WHERE c.id > $2 AND e.owner_id = $1"
                        " AND c.change_type IN ('share', 'transfer')");

bool legacy_count_shared(Db *db, int64_t owner_id, int64_t *ret_count, Error *err)
{
    int64_t own = 0;
    int64_t inherited = 0;
    const Params owner = PARAMS(INT(owner_id));

    if (!rows_number(db, &count_shared_events, owner, &own, err) ||
        !rows_number(db, &count_shared_legacies, owner, &inherited, err))
        return false;
    *ret_count = own + inherited;
    return true;
}

bool legacy_look(Db *db, int64_t owner_id, int64_t heir_id, LegacyView *ret_view, Error *err)
{
    return rows_number(db, &last_entry, NO_PARAMS, &ret_view->last_entry, err) &&
           legacy_count_shared(db, owner_id, &ret_view->shared, err) &&
           rows_number(db, &count_uids_of_both, PARAMS(INT(owner_id), INT(heir_id)),
                       &ret_view->same_uids, err);
}

bool legacy_count_shares_since(Db *db, int64_t owner_id, int64_t entry, int64_t *ret_count,
                               Error *err)
{
    return rows_number(db, &count_shares_since, PARAMS(INT(owner_id), INT(entry)), ret_count, err);
}
