/* Departure - what somebody who has left leaves behind goes to the heir or for good, in pieces that
 * are short enough for a writer to be waited for (LIMIT_PIECE_MS). The first piece is done when the
 * account is deleted (auth/accounts.h), the others by the cleaner of a running server
 * (work/cleaner.h), whichever comes first after a restart. */
#pragma once

#include "store/departures.h"

/* Does one piece. *ret_gone: there is nothing left of him. */
bool departure_go_on(Db *db, Arena *arena, const Departure *departure, Instant now, bool *ret_gone,
                     Error *err);

/* Likewise of whoever is next, or of the history of an event that was purged; *ret_more: there may
 * be more to do. */
bool departure_next(Db *db, Arena *arena, Instant now, bool *ret_more, Error *err);
