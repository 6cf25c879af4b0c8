#include "calendar/busy.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/vector.h"

enum { MOST_HELD = 4 * LIMIT_OCCURRENCES };

static int compare_starts(const void *a, const void *b)
{
    const BusyInterval *left = a;
    const BusyInterval *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

static int compare_owners(const void *a, const void *b)
{
    const BusyInterval *left = a;
    const BusyInterval *right = b;

    if (left->owner_id != right->owner_id)
        return left->owner_id < right->owner_id ? -1 : 1;
    return compare_starts(a, b);
}

/* How many intervals there are when those that touch are one; of all, or of each owner. Into
 * `joined`, which may be the same. */
static size_t join(const BusyInterval items[], size_t count, bool of_each, BusyInterval joined[])
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const BusyInterval next = items[i];
        BusyInterval *last = kept > 0 ? &joined[kept - 1] : NULL;
        if (last == NULL || last->end < next.start || (of_each && last->owner_id != next.owner_id))
            joined[kept++] = next;
        else if (last->end < next.end)
            last->end = next.end;
    }
    return kept;
}

static void join_of_each(Busy *busy)
{
    if (busy->count > 1)
        qsort(busy->items, busy->count, sizeof(*busy->items), compare_owners);
    busy->count = join(busy->items, busy->count, true, busy->items);
}

/* Takes away what the one of the others has who has the most. False: there is nobody else. They are
 * in the order of their owners. */
static bool drop_largest(Busy *busy, Fair *fair)
{
    size_t first = 0;
    size_t most = 0;
    size_t kept = 0;

    for (size_t i = 0, end = 0; i < busy->count; i = end) {
        while (end < busy->count && busy->items[end].owner_id == busy->items[i].owner_id)
            end++;
        if (busy->items[i].owner_id != fair->reader && end - i > most) {
            first = i;
            most = end - i;
        }
    }
    if (most == 0)
        return false;
    fair_drop(fair, busy->items[first].owner_id, left_out_times);
    for (size_t i = 0; i < busy->count; i++) {
        if (i < first || i >= first + most)
            busy->items[kept++] = busy->items[i];
    }
    busy->count = kept;
    return true;
}

bool busy_add(Busy *busy, Fair *fair, int64_t owner_id, Instant start, Instant end)
{
    if (busy->count == MOST_HELD) {
        join_of_each(busy);
        while (busy->count > MOST_HELD / 2) {
            if (!drop_largest(busy, fair))
                return false;
        }
    }
    busy->items =
        vector_room(busy->arena, busy->items, busy->count, &busy->capacity, sizeof(*busy->items));
    busy->items[busy->count++] = (BusyInterval){ start, end, owner_id };
    return true;
}

bool busy_join(Busy *busy, Fair *fair)
{
    BusyInterval *joined = ARENA_ARRAY(busy->arena, BusyInterval, busy->count + 1);
    size_t count;

    join_of_each(busy);
    for (;;) {
        for (size_t i = 0; i < busy->count; i++)
            joined[i] = busy->items[i];
        if (busy->count > 1)
            qsort(joined, busy->count, sizeof(*joined), compare_starts);
        count = join(joined, busy->count, false, joined);
        if (count <= busy->most || !drop_largest(busy, fair))
            break;
    }
    busy->items = joined;
    busy->count = count <= busy->most ? count : busy->most;
    return count <= busy->most;
}
