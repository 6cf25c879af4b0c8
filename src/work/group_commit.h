/* Group commit - runs tasks of the WRITE lane in transactions of its connection. */
#pragma once

#include "base/limits.h"
#include "work/lately.h"
#include "work/task.h"

/* Who has spoiled groups lately. */
typedef struct Suspect {
    int64_t who;
    int64_t last_us; /* monotonic */
    unsigned times;  /* 0: this place is free */
    unsigned losses; /* of these: the transaction was lost */
} Suspect;

/* What is known of who writes; { 0 } at first. */
typedef struct Writers {
    Lately long_lately;
    Suspect suspects[LIMIT_SUSPECTS]; /* for the one thread that has groups, on SQLite */
} Writers;

/* Runs a list of tasks in one transaction and commits once: one fsync pays for all. A clash is
 * tried again, each task alone and at most three times more. Afterwards each has run and is
 * committed, or was refused or failed and has left nothing behind. True: something may have been
 * committed. */
bool group_commit(Writers *writers, Worker *worker, Task *first);
