/* Group commit - runs tasks of the WRITE lane in transactions of its connection. */
#pragma once

#include "work/task.h"

/* Runs a list of tasks in one transaction and commits once: one fsync pays for all. A clash is
 * tried again, each task alone and at most three times more. Afterwards each has run and is
 * committed, or was refused or failed and has left nothing behind. True: something may have been
 * committed. */
bool group_commit(Worker *worker, Task *first);
