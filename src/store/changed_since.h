/* Changed since - what may have come into somebody's way since all that occupies his time was
 * looked at: a few events of thousands, so that the writer need not go through them again. */
#pragma once

#include "store/event_windows.h"

/* Where things stood. */
typedef struct SinceMark {
    int64_t last_entry; /* of the changelog */
    int64_t blocks;     /* that the reader has, those that are ending too … */
    int64_t blocked;    /* … and the sum of whom they are about: one may come as another goes */
} SinceMark;

/* Before he is looked at. */
bool since_mark(Db *db, int64_t reader, SinceMark *ret_mark, Error *err);

/* The events that have changed since, of those that the reader holds a role on, in no order.
 * *ret_is_known false: nobody can tell, and all must be looked at: there are more of them than
 * LIMIT_CHANGED_SINCE, or what he did himself may let others' events occupy him (store/known.h,
 * store/blocks.h), or it is PostgreSQL, where an entry with a lower number may come later. */
bool since_changed(Db *db, Arena *arena, int64_t reader, const SinceMark *mark,
                   EventVersion **ret_versions, size_t *ret_count, bool *ret_is_known, Error *err);
