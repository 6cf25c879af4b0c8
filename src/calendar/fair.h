/* Fair - one budget of work for a view over many people's events: what one of them makes costly is
 * left out and named, and the view of all the others stays.
 *
 *   Fair fair = fair_start(arena, reader, work);
 *   do {
 *       for (each event in its order)
 *           if (fair_begin(&fair, event))
 *               fair_end(&fair, event, occurrences_find(… .work_left = &fair.work_left …));
 *   } while (fair_next_round(&fair));
 *   … fair_left_out(&fair, &left_out) …
 *
 * How it works: in the first round only the reader's own events have their turn, with most of the
 * work. Then each owner may spend a small part of it, and in the rounds after that those for whom
 * it was not enough share what is left, going on where they were cut off; but not strangers, who
 * have no more than that first part. So ordinary events of everybody are looked into before the
 * costly ones of anybody; of those that are left out their owner is named. All rounds see the same
 * events in the same order, by start and id. */
#pragma once

#include "calendar/event.h"

/* What was left out, and why. */
typedef struct LeftOut {
    Members given;
    int64_t event_id; /* INTEGER_NULL: more than one of this owner's */
    int64_t owner_id;
    const char *reason;
} LeftOut;

extern const char left_out_work[];    /* "too_much_work": of that owner's events together */
extern const char left_out_complex[]; /* "recurrence_too_complex": of that event alone */
extern const char left_out_series[];  /* "too_many_series": of that owner's */
extern const char left_out_times[];   /* "too_many_occurrences": likewise */

typedef struct FairOwner FairOwner;

typedef struct Fair {
    Arena *arena;
    int64_t reader;
    int64_t work_left; /* of the event whose turn it is */
    int64_t whole;     /* what the parts are parts of: the work that it was started with */
    /* NULL: nobody is. Asked once for each owner for whom his first part was not enough. */
    bool (*is_stranger)(void *context, int64_t owner_id);
    void *context;
    int round;
    int64_t all_left;   /* of all */
    int64_t given;      /* to the event whose turn it is */
    FairOwner **owners; /* by id */
    size_t count;
    size_t capacity;
    LeftOut *events; /* each too complex alone */
    size_t event_count;
    size_t event_capacity;
} Fair;

Fair fair_start(Arena *arena, int64_t reader, int64_t work);

/* Are only the reader's own events looked at in this round? Afterwards only those of others. */
bool fair_is_own_round(const Fair *fair);

/* Is it this event's turn? */
bool fair_begin(Fair *fair, const Event *event);

/* It was looked into; not `is_done`: its rule is too complex, or its owner's work is used up. */
void fair_end(Fair *fair, const Event *event, bool is_done);

/* Names an owner of whom something is left out anyway. */
void fair_name(Fair *fair, int64_t owner_id, const char *reason);

/* Leaves out all of an owner from here on, and names him. */
void fair_drop(Fair *fair, int64_t owner_id, const char *reason);

/* False: all is done that can be. */
bool fair_next_round(Fair *fair);

/* Would more work have shown more? */
bool fair_is_short(const Fair *fair);

/* What was left out, in the arena; never NULL. The owners first. */
size_t fair_left_out(const Fair *fair, LeftOut **ret_list);
