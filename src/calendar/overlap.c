#include "calendar/overlap.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/vector.h"

/* How it works: ours are all there, in order. Theirs are fetched a few at a time, and before each
 * fetch everything that lies before the next of ours is jumped over: a daily series against a
 * yearly one costs a few looks a year. Within a fetch two fingers move, one along theirs, one along
 * ours behind which everything has ended; as occurrences that were changed may last longer than
 * others, some of those ahead of that finger may have ended too. */

enum { FETCH = 32 };

static int compare(const void *a, const void *b)
{
    const OverlapItem *left = a;
    const OverlapItem *right = b;
    Instant starts[] = { left->occurrence.from, right->occurrence.from };

    if (starts[0] != starts[1])
        return starts[0] < starts[1] ? -1 : 1;
    return (left->of > right->of) - (left->of < right->of);
}

static Instant earlier(Instant a, Instant b)
{
    return a < b ? a : b;
}

static Instant later(Instant a, Instant b)
{
    return a > b ? a : b;
}

void overlap_sort(OverlapSide *side)
{
    Instant reaches = INSTANT_MIN;

    if (side->count > 1)
        qsort(side->items, side->count, sizeof(*side->items), compare);
    for (size_t i = 0; i < side->count; i++) {
        reaches = later(reaches, side->items[i].occurrence.until);
        side->items[i].reaches = reaches;
    }
}

static void keep_occupying(Arena *arena, const Event *event, const OccurrenceList *list,
                           OverlapSide *side)
{
    side->items = ARENA_ARRAY(arena, OverlapItem, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (occurrence_occupies(event, &list->items[i]))
            side->items[side->count++] = (OverlapItem){ .occurrence = list->items[i] };
    }
    overlap_sort(side);
}

bool overlap_prepare(Arena *arena, const Event *event, Instant from, const OverlapLimits *limits,
                     OverlapSide *ret_side, Error *err)
{
    const OccurrenceWindow window = {
        .from = from,
        .to = INSTANT_END + DAYS_FARTHEST_US,
        .days = limits->days,
        .limit = limits->starts + 1,
        .work_left = limits->work_left,
    };
    OccurrenceList list;

    if (!occurrences_find(arena, event, &window, &list, err))
        return false;
    const Timezone *own = event->all_day ? limits->days : NULL;
    *ret_side = (OverlapSide){ .from = days_begin(own, event->start_time),
                               .until = days_begin(own, event->end_time),
                               .all_until = INSTANT_END };
    if (list.count > limits->starts) {
        list.count = limits->starts;
        ret_side->until = ret_side->all_until = list.items[list.count].from;
    } else {
        for (size_t i = 0; i < list.count; i++)
            ret_side->until = later(ret_side->until, list.items[i].until);
    }
    if (list.count > 0)
        ret_side->from = list.items[0].from;
    keep_occupying(arena, event, &list, ret_side);
    return true;
}

void overlap_add(Arena *arena, const OverlapSide *side, size_t of, OverlapSide *all)
{
    for (size_t i = 0; i < side->count; i++) {
        all->items =
            vector_room(arena, all->items, all->count, &all->capacity, sizeof(*all->items));
        all->items[all->count] = side->items[i];
        all->items[all->count++].of = of;
    }
    all->from = earlier(all->from, side->from);
    all->until = later(all->until, side->until);
    all->all_until = earlier(all->all_until, side->all_until);
}

typedef struct Pairs {
    Arena *arena;
    OverlapList *list;
    size_t capacity;
    const OverlapLimits *limits;
} Pairs;

/* False: the limit is reached. */
static bool add_pair(Pairs *pairs, const OverlapItem *ours, const OverlapItem *theirs)
{
    OverlapList *list = pairs->list;

    if (list->count == pairs->limits->pairs) {
        list->has_more = true;
        return false;
    }
    list->items =
        vector_room(pairs->arena, list->items, list->count, &pairs->capacity, sizeof(Overlap));
    list->items[list->count++] = (Overlap){ ours->occurrence, theirs->occurrence, ours->of,
                                            theirs->of, ours->is_new || theirs->is_new };
    return true;
}

/* Counts one look. False: there is nothing left for it. */
static bool look(const OverlapLimits *limits)
{
    return limits->work_left == NULL || --*limits->work_left >= 0;
}

static bool refuse_work(Error *err)
{
    return error_set(err, ERROR_INVALID,
                     "The repeating events in this time are too complex together: look at a "
                     "shorter time, or give them simpler rules and fewer overrides.");
}

/* False: the limit is reached, or there is nothing left for more. */
static bool add_pairs(Pairs *pairs, const OverlapSide *side, size_t first, const Occurrence *theirs)
{
    for (size_t i = first; i < side->count; i++) {
        const Occurrence *ours = &side->items[i].occurrence;
        if (!look(pairs->limits))
            return false;
        if (ours->from >= theirs->until)
            return true;
        if (ours->until > theirs->from &&
            !add_pair(pairs, &side->items[i], &(const OverlapItem){ .occurrence = *theirs }))
            return false;
    }
    return true;
}

/* Behind which of ours has everything ended at `instant`? */
static size_t skip_ended(const OverlapSide *side, size_t first, Instant instant)
{
    size_t end = side->count;

    if (first < end && side->items[first].reaches > instant)
        return first;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (side->items[middle].reaches <= instant)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static bool has_work_left(const OverlapLimits *limits)
{
    return limits->work_left == NULL || *limits->work_left >= 0;
}

bool overlap_find(Arena *arena, const OverlapSide *side, const Event *other,
                  const OverlapLimits *limits, OverlapList *ret_list, Error *err)
{
    Pairs pairs = { .arena = arena, .list = ret_list, .limits = limits };
    OccurrenceWindow window = { .days = limits->days,
                                .limit = FETCH,
                                .work_left = limits->work_left };
    OccurrenceList theirs = { .has_more = true };
    Occurrence last;
    size_t first = 0;

    *ret_list = (OverlapList){ 0 };
    if (side->count > 0)
        window.to = earlier(side->items[side->count - 1].reaches, side->until);
    while (theirs.has_more && first < side->count) {
        window.from = side->items[first].occurrence.from;
        if (!occurrences_find(arena, other, &window, &theirs, err))
            return false;
        for (size_t i = 0; i < theirs.count; i++) {
            first = skip_ended(side, first, theirs.items[i].from);
            if (occurrence_occupies(other, &theirs.items[i]) &&
                !add_pairs(&pairs, side, first, &theirs.items[i]))
                return has_work_left(limits) || refuse_work(err);
        }
        if (theirs.count > 0) {
            last = theirs.items[theirs.count - 1];
            window.after = &last;
        }
    }
    return true;
}

bool overlap_find_within(Arena *arena, const OverlapSide *side, const OverlapLimits *limits,
                         OverlapList *ret_list, Error *err)
{
    Pairs pairs = { .arena = arena, .list = ret_list, .limits = limits };

    *ret_list = (OverlapList){ 0 };
    for (size_t i = 0; i < side->count; i++) {
        const OverlapItem *early = &side->items[i];
        for (size_t j = i + 1; j < side->count; j++) {
            const OverlapItem *late = &side->items[j];
            if (!look(limits))
                return refuse_work(err);
            if (late->occurrence.from >= early->occurrence.until)
                break;
            if (late->of != early->of && !add_pair(&pairs, late, early))
                return true;
        }
    }
    return true;
}
