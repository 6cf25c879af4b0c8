#include "calendar/overlap.h"

#include "base/limits.h"
#include "base/vector.h"

/* How it works: ours are all there, in order. Theirs are fetched a few at a time, and before each
 * fetch everything that lies before the next of ours is jumped over: a daily series against a
 * yearly one costs a few looks a year. Within a fetch two fingers move, one along theirs, one along
 * ours behind which everything has ended; as occurrences that were changed may last longer than
 * others, some of those ahead of that finger may have ended too. */

enum { FETCH = 32 };

static void keep_occupying(const Event *event, OccurrenceList *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (occurrence_occupies(event, &list->items[i]))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

bool overlap_prepare(Arena *arena, const Event *event, OverlapSide *ret_side, Error *err)
{
    const OccurrenceWindow window = {
        .from = INSTANT_MIN,
        .to = INSTANT_END,
        .limit = LIMIT_CONFLICT_STARTS + 1,
    };
    OccurrenceList list;

    if (!occurrences_find(arena, event, &window, &list, err))
        return false;
    *ret_side = (OverlapSide){ .from = event->start_time, .until = event->end_time };
    if (list.count > LIMIT_CONFLICT_STARTS) {
        list.count = LIMIT_CONFLICT_STARTS;
        ret_side->until = list.items[list.count].start;
    } else {
        for (size_t i = 0; i < list.count; i++) {
            if (ret_side->until < list.items[i].end)
                ret_side->until = list.items[i].end;
        }
    }
    if (list.count > 0)
        ret_side->from = list.items[0].start;
    keep_occupying(event, &list);
    ret_side->occurrences = list;
    return true;
}

typedef struct Pairs {
    Arena *arena;
    OverlapList *list;
    size_t capacity;
    size_t limit;
} Pairs;

/* False: the limit is reached. */
static bool add_pair(Pairs *pairs, const Occurrence *ours, const Occurrence *theirs)
{
    OverlapList *list = pairs->list;

    if (list->count == pairs->limit) {
        list->has_more = true;
        return false;
    }
    list->items =
        vector_room(pairs->arena, list->items, list->count, &pairs->capacity, sizeof(Overlap));
    list->items[list->count++] = (Overlap){ *ours, *theirs };
    return true;
}

static bool add_pairs(Pairs *pairs, const OverlapSide *side, size_t first, const Occurrence *theirs)
{
    const OccurrenceList *ours = &side->occurrences;

    for (size_t i = first; i < ours->count && ours->items[i].start < theirs->end; i++) {
        if (ours->items[i].end > theirs->start && theirs->start < side->until &&
            !add_pair(pairs, &ours->items[i], theirs))
            return false;
    }
    return true;
}

/* Behind which of ours has everything ended at `instant`? */
static size_t skip_ended(const OccurrenceList *ours, size_t first, Instant instant)
{
    while (first < ours->count && ours->items[first].end <= instant)
        first++;
    return first;
}

static Instant last_end(const OccurrenceList *list)
{
    Instant last = INSTANT_MIN;

    for (size_t i = 0; i < list->count; i++) {
        if (last < list->items[i].end)
            last = list->items[i].end;
    }
    return last;
}

bool overlap_find(Arena *arena, const OverlapSide *side, const Event *other,
                  const OverlapLimits *limits, OverlapList *ret_list, Error *err)
{
    const OccurrenceList *ours = &side->occurrences;
    Pairs pairs = { .arena = arena, .list = ret_list, .limit = limits->pairs };
    OccurrenceWindow window = {
        .to = last_end(ours),
        .limit = FETCH,
        .work_left = limits->work_left,
    };
    OccurrenceList theirs = { .has_more = true };
    Occurrence last;
    size_t first = 0;

    *ret_list = (OverlapList){ 0 };
    while (theirs.has_more && first < ours->count) {
        window.from = ours->items[first].start;
        if (!occurrences_find(arena, other, &window, &theirs, err))
            return false;
        for (size_t i = 0; i < theirs.count; i++) {
            first = skip_ended(ours, first, theirs.items[i].start);
            if (occurrence_occupies(other, &theirs.items[i]) &&
                !add_pairs(&pairs, side, first, &theirs.items[i]))
                return true;
        }
        if (theirs.count > 0) {
            last = theirs.items[theirs.count - 1];
            window.after = &last;
        }
    }
    return true;
}
