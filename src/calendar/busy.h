/* Busy - when somebody is busy: occurrences of many events as intervals in order, those that touch
 * or overlap joined.
 *
 *   Busy busy = { .arena = arena, .most = most };
 *   busy_add(&busy, &fair, event->owner_id, start, end) …
 *   busy_join(&busy, &fair, &intervals, &count)
 *
 * However many there are, a few thousand are held. Where they are too many to be told, those of the
 * owner who has the most are left out and he is named (fair_drop), but never those of the reader
 * himself. */
#pragma once

#include "calendar/fair.h"

typedef struct BusyInterval {
    Instant start;
    Instant end;
    int64_t owner_id;
} BusyInterval;

typedef struct Busy {
    Arena *arena;
    size_t most; /* that are told, at most LIMIT_OCCURRENCES */
    BusyInterval *items;
    size_t count;
    size_t capacity;
} Busy;

/* False: the reader's own are far more than `most`; this one is left out. */
bool busy_add(Busy *busy, Fair *fair, int64_t owner_id, Instant start, Instant end);

/* Joins all; false: the reader's own are more than `most`, and only the first of them stay. */
bool busy_join(Busy *busy, Fair *fair);
