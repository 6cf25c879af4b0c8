/* Budget - how much memory one request may take, and all of them together.
 *
 * An arena that has a budget goes on giving when it is past it, and when all are past theirs
 * together, and says so here. So whoever fills one in a loop asks at each turn that may take much
 * (a row that is read, a thing that is changed, an item that is written), and ends with what
 * budget_allows says: nothing is torn off in the middle, and the process goes on. What is made
 * between two questions, and the refusal itself, come out of a reserve: one document and what is
 * made of it is far below LIMIT_MEMORY_RESERVE. */
#pragma once

#include "base/error.h"

/* Must whoever fills this arena end? Never where it has no budget. */
bool budget_is_spent(const Arena *arena);

/* The same as a failure: ERROR_INVALID, with a fault at "request", when this one has asked for too
 * much, ERROR_UNAVAILABLE when the others leave it too little. */
bool budget_allows(Arena *arena, Error *err);

/* The same of an arena that is given back soon, `filled`: the fault outlives it in `arena`. */
bool budget_allows_other(const Arena *filled, Arena *arena, Error *err);
