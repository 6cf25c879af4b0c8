/* Legacy - what somebody leaves behind who leaves: events that others use, and that get another
 * owner or go with him (auth/accounts.h). */
#pragma once

#include "store/driver/db.h"

/* How many of the events he owns, or is still to get from who has left, others can read, without
 * the trash. */
bool legacy_count_shared(Db *db, int64_t owner_id, int64_t *ret_count, Error *err);

/* What must be known of the events of somebody who is about to leave; to count it is a walk over
 * all of them. */
typedef struct LegacyView {
    int64_t shared;     /* legacy_count_shared */
    int64_t same_uids;  /* how many have a uid that the heir has too */
    int64_t last_entry; /* of the changelog when it was counted */
} LegacyView;

/* `heir_id` may be INTEGER_NULL. */
bool legacy_look(Db *db, int64_t owner_id, int64_t heir_id, LegacyView *ret_view, Error *err);

/* How often an event of his was shared or changed hands after that entry, which on SQLite tells
 * whether it has to be counted again: there entries are in the order of commits. */
bool legacy_count_shares_since(Db *db, int64_t owner_id, int64_t entry, int64_t *ret_count,
                               Error *err);
