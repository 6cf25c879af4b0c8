/* ZoneWatch - notices that the rules of a zone are others (a new tzdata), at start and while the
 * server runs, and derives anew what they touch (calendar/wall_clock.h).
 *
 * One task, by turns in two lanes: in SCAN it looks for events that were derived by other rules,
 * where no writer waits for it; in WRITE it derives some of them, in pieces. Who reads an event
 * meanwhile has the moments of today's rules all the same, and who changes one derives it first.
 * An event that cannot be derived is passed over with a line in the log, and holds up no other.
 * Nothing is kept: a restart looks again. Every node of several does it. */
#pragma once

#include <stddef.h>

#include "work/schedule.h"

enum { ZONE_WATCH_IDS = 512, ZONE_WATCH_LEAST = 16 };

typedef struct ZoneWatch {
    Task task;
    Schedule *schedule;
    uint64_t seen;               /* timezone_look, when the present or last walk began */
    bool is_walking;             /* through the events; else all of them have been looked at */
    Error fault;                 /* of this run */
    int64_t after;               /* how far the walk has come */
    int64_t ids[ZONE_WATCH_IDS]; /* found, and not yet derived */
    size_t count;
    size_t next;
    size_t tried;   /* of them in this run */
    size_t at_once; /* how many of them a piece has … */
    size_t alone;   /* … but for so many of the next, of which one failed: one by one */
} ZoneWatch;

/* `watch` lives until the schedule and the lanes are stopped, which stops it. */
void zone_watch_start(ZoneWatch *watch, Schedule *schedule);

/* How many the next piece should have, when one of so many took so long without its commit: as many
 * as LIMIT_PIECE_MS have room for. On SQLite every writer waits for a piece. */
size_t zone_watch_learn(size_t at_once, int64_t took_us);
