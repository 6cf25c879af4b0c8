/* Zone moves - what a new zone file makes of events that were read where other rules had made their
 * moments (event->stored): those of today, in a version of their own, by nobody, whose entry has
 * the releases before and after; no version where the rules alone are others.
 *
 * Nobody's quota pays for it. The rows are locked. */
#pragma once

#include "store/history.h"

/* What it makes of a stale event, which is then no longer stale: a version's number, and the change
 * for its history; `changes` NULL: nothing has moved, and there is no version. Writes nothing. */
Change zone_moves_of(Arena *arena, Instant at, Event *event);

/* `event` is stale. Of a request that changes something `set` is what that belongs to: its entries
 * follow one another, and so this one is of the set too. Does not wait (db_execute_later). */
bool zone_moves_follow(Db *db, Arena *arena, Instant at, ChangeSet *set, Event *event, Error *err);

/* How many were derived anew, and how many of them have another version. */
typedef struct ZoneMoves {
    int64_t derived;
    int64_t moved;
} ZoneMoves;

/* The same for a page of Event; those that are not stale are left alone. On PostgreSQL, where each
 * statement costs more than what it does here, it is one, which is waited for. */
bool zone_moves_follow_all(Db *db, Arena *arena, Instant at, List page, ZoneMoves *ret_moves,
                           Error *err);
