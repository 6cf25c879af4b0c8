/* Departures - accounts that are gone, while what was theirs is still to go, in pieces.
 *
 * Who leaves keeps a row among the users until then, because events refer to it: without a name, an
 * address, a password or a right, and found by none of the questions of store/users.h. His events
 * are there for nobody any more (store/events.h), unless there is an heir: then they stay as they
 * are until it is their turn.
 *
 * An event whose history is long goes likewise when it is purged: nobody holds a role on it any
 * more, so that nobody sees it. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

typedef struct Departure {
    int64_t user_id;
    const char *username; /* as it was */
    int64_t heir_id;      /* INTEGER_NULL: the events go for good */
    int64_t by_id;        /* who asked for it; INTEGER_NULL: the command line */
    const char *by_name;
    const char *address; /* where from, or NULL */
} Departure;

/* From now on the account is gone, and its name and address are free. What he was to inherit goes
 * where his own events go. */
bool departures_begin(Db *db, const Departure *departure, Instant now, Error *err);

/* One that is not at its end, kept from other nodes until this transaction ends; NULL: none. */
bool departures_next(Db *db, Arena *arena, Departure **ret_departure, Error *err);

/* Ids of some events of a person that nobody is busy with (at most `at_most`). */
bool departures_events(Db *db, int64_t user_id, int64_t *ids, size_t at_most, size_t *ret_count,
                       Error *err);

/* Some of what else there is of him: grants on other people's events, sessions. *ret_gone: that was
 * all, no event was left either, and he is gone altogether. */
bool departures_end_some(Db *db, int64_t user_id, int64_t at_most, bool *ret_gone, Error *err);

/* An event that nobody holds a role on any more: its history goes later, and then the event. */
bool removals_begin(Db *db, int64_t event_id, Error *err);

/* Removes some of one of them; *ret_more: there was one. */
bool removals_go_on(Db *db, bool *ret_more, Error *err);
