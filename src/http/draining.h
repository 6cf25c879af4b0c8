/* Draining - the process is about to end: it takes no new connections and finishes what it has. All
 * servers of a process drain together. */
#pragma once

#include <stdbool.h>

void draining_set(bool is_draining);
bool is_draining(void);
