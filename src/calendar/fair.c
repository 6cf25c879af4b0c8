#include "calendar/fair.h"

#include <string.h>

#include "base/vector.h"

enum {
    OWN_ROUND,
    FIRST_OF_OTHERS,
    LAST_ROUND = 4,
    SHARES = 256,      /* of the whole, each owner's in the first round of others */
    MOST_EVENTS = 100, /* that are named; more helps nobody */
};

const char left_out_work[] = "too_much_work";
const char left_out_complex[] = "recurrence_too_complex";
const char left_out_series[] = "too_many_series";
const char left_out_times[] = "too_many_occurrences";

typedef struct FairPlace {
    Instant start;
    int64_t id;
} FairPlace;

struct FairOwner {
    int64_t id;
    int64_t work_left;
    const char *reason; /* why he is named; NULL: is_cut says */
    bool is_dropped;    /* for good */
    bool is_over;       /* he has had all that strangers have */
    bool is_cut;        /* in this round, at `place` */
    bool goes_on;       /* in this round, from `place` on, where he was cut off before */
    FairPlace place;
};

Fair fair_start(Arena *arena, int64_t reader, int64_t work)
{
    return (Fair){ .arena = arena, .reader = reader, .whole = work, .all_left = work };
}

bool fair_is_own_round(const Fair *fair)
{
    return fair->round == OWN_ROUND;
}

static size_t place_of(const Fair *fair, int64_t owner_id)
{
    size_t low = 0;
    size_t high = fair->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fair->owners[middle]->id < owner_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Own events may use up nearly all, so that something is left for what others share. */
static int64_t first_share(const Fair *fair, int64_t owner_id)
{
    return owner_id == fair->reader ? fair->all_left / 16 * 15 : fair->whole / SHARES;
}

static FairOwner *owner_of(Fair *fair, int64_t owner_id)
{
    size_t place = place_of(fair, owner_id);

    if (place < fair->count && fair->owners[place]->id == owner_id)
        return fair->owners[place];
    FairOwner *owner = ARENA_NEW(fair->arena, FairOwner);
    *owner = (FairOwner){ .id = owner_id, .work_left = first_share(fair, owner_id) };
    fair->owners =
        vector_room(fair->arena, fair->owners, fair->count, &fair->capacity, sizeof(FairOwner *));
    memmove(fair->owners + place + 1, fair->owners + place,
            (fair->count - place) * sizeof(FairOwner *));
    fair->owners[place] = owner;
    fair->count++;
    return owner;
}

static bool is_before(const Event *event, const FairPlace *place)
{
    return event->start_time != place->start ? event->start_time < place->start
                                             : event->id < place->id;
}

static void cut(FairOwner *owner, const Event *event)
{
    owner->is_cut = true;
    owner->place = (FairPlace){ event->start_time, event->id };
}

bool fair_begin(Fair *fair, const Event *event)
{
    bool is_own = event->owner_id == fair->reader;

    if (is_own != fair_is_own_round(fair))
        return false;
    FairOwner *owner = owner_of(fair, event->owner_id);
    if (owner->is_dropped || owner->is_over || owner->is_cut)
        return false;
    if (fair->round > FIRST_OF_OTHERS && (!owner->goes_on || is_before(event, &owner->place)))
        return false;
    fair->given = owner->work_left < fair->all_left ? owner->work_left : fair->all_left;
    fair->work_left = fair->given;
    if (fair->given <= 0)
        cut(owner, event);
    return fair->given > 0;
}

void fair_end(Fair *fair, const Event *event, bool is_done)
{
    FairOwner *owner = owner_of(fair, event->owner_id);
    int64_t spent = fair->given - fair->work_left;

    owner->work_left -= spent;
    fair->all_left -= spent;
    if (is_done)
        return;
    if (fair->work_left < 0) {
        cut(owner, event);
    } else if (fair->event_count < MOST_EVENTS) {
        fair->events = vector_room(fair->arena, fair->events, fair->event_count,
                                   &fair->event_capacity, sizeof(*fair->events));
        fair->events[fair->event_count++] = (LeftOut){ .event_id = event->id,
                                                       .owner_id = event->owner_id,
                                                       .reason = left_out_complex };
    }
}

void fair_name(Fair *fair, int64_t owner_id, const char *reason)
{
    owner_of(fair, owner_id)->reason = reason;
}

void fair_drop(Fair *fair, int64_t owner_id, const char *reason)
{
    fair_name(fair, owner_id, reason);
    owner_of(fair, owner_id)->is_dropped = true;
}

static bool is_left_out(const FairOwner *owner)
{
    return owner->is_cut && !owner->is_dropped && !owner->is_over;
}

static void end_strangers(Fair *fair)
{
    for (size_t i = 0; i < fair->count && fair->is_stranger != NULL; i++) {
        FairOwner *owner = fair->owners[i];
        owner->is_over = owner->id != fair->reader && is_left_out(owner) && owner->work_left <= 0 &&
                         fair->is_stranger(fair->context, owner->id);
    }
}

bool fair_next_round(Fair *fair)
{
    int64_t waiting = 0;

    if (fair->round++ == OWN_ROUND)
        return true;
    if (fair->round == FIRST_OF_OTHERS + 1)
        end_strangers(fair);
    for (size_t i = 0; i < fair->count; i++)
        waiting += is_left_out(fair->owners[i]) && fair->owners[i]->id != fair->reader;
    if (waiting == 0 || fair->round > LAST_ROUND || fair->all_left / SHARES < waiting)
        return false;
    for (size_t i = 0; i < fair->count; i++) {
        FairOwner *owner = fair->owners[i];
        if (owner->id == fair->reader)
            continue;
        owner->goes_on = is_left_out(owner);
        owner->is_cut = owner->is_over;
        owner->work_left = fair->all_left / waiting;
    }
    return true;
}

bool fair_is_short(const Fair *fair)
{
    for (size_t i = 0; i < fair->count; i++) {
        if (is_left_out(fair->owners[i]))
            return true;
    }
    return false;
}

size_t fair_left_out(const Fair *fair, LeftOut **ret_list)
{
    size_t count = 0;

    *ret_list = ARENA_ARRAY(fair->arena, LeftOut, fair->count + fair->event_count + 1);
    for (size_t i = 0; i < fair->count; i++) {
        const FairOwner *owner = fair->owners[i];
        if (owner->reason == NULL && !owner->is_cut)
            continue;
        (*ret_list)[count++] = (LeftOut){
            .event_id = INTEGER_NULL,
            .owner_id = owner->id,
            .reason = owner->reason != NULL ? owner->reason : left_out_work,
        };
    }
    for (size_t i = 0; i < fair->event_count; i++)
        (*ret_list)[count++] = fair->events[i];
    return count;
}
