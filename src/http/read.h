/* Read - answers reads that came together in one round trip to the database. */
#pragma once

#include "http/exchange.h"

/* A list of at most LIMIT_GROUP_READ exchanges (by `next`) whose only step is a read that asks
 * before it takes (route.h, `ask`). True: each has its reply. False: the database failed, perhaps
 * because of one of them, and nothing was done: run each alone, and each learns what concerns it.
 */
bool read_group(Db *db, Exchange *first);
