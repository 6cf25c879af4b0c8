/* Events - the present state of every event. History is written beside it by store/history.h, in
 * the same transaction. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"
#include "store/rows.h"

/* The owner has not left and taken it along (store/departures.h): a condition for statements about
 * events `e`. Subqueries of their own, so that they have no say in how the rest is planned; nearly
 * always nobody is leaving, which is looked up once for all rows. */
#define OWNER_IS_THERE                                                                             \
    " AND (NOT EXISTS (SELECT 1 FROM departures WHERE user_id > 0)"                                \
    " OR (SELECT d.user_id FROM departures d"                                                      \
    " WHERE d.user_id = e.owner_id AND d.heir_id IS NULL) IS NULL)"

/* Events with the moments of today's rules, whatever lies in the database (Event.stored). */
extern const RowReader event_rows;

/* The event as `reader` sees it (my_role filled in), deleted ones too; NULL when there is none, or
 * he has no role on it. `locked` keeps other writers of this event out until the transaction ends
 * (PostgreSQL; on SQLite there is one writer anyway). */
bool events_find(Db *db, Arena *arena, int64_t id, int64_t reader, bool locked, Event **ret_event,
                 Error *err);

/* The same in two halves. */
typedef struct EventAsk {
    Ask *lock; /* NULL: none */
    Ask *event;
} EventAsk;

EventAsk events_ask(Db *db, Arena *arena, int64_t id, int64_t reader, bool locked);
bool events_take(EventAsk ask, Arena *arena, Event **ret_event, Error *err);

/* The same lock for several events at once, of those that `reader` may read; `ids` is a JSON array.
 * In the order of ids, so that no two who do this wait for each other. */
void events_ask_locks(Db *db, Arena *arena, const char *ids, int64_t reader);

/* Also one whose owner's account is gone (store/departures.h), as that owner sees it. */
bool events_find_departed(Db *db, Arena *arena, int64_t id, Event **ret_event, Error *err);

/* Has this owner an event with this uid? And another uid for one who moves to him. */
bool events_has_uid(Db *db, int64_t owner_id, const char *uid, bool *ret_has, Error *err);
bool events_set_uid(Db *db, int64_t id, const char *uid, Error *err);

/* Ids for `count` new events. Numbers that are not used then may be missing for ever. */
Ask *events_ask_ids(Db *db, Arena *arena, size_t count);
bool events_take_ids(Ask *ask, Event *events, size_t count, Error *err);

/* Does not wait (db_execute_later): db_flush tells whether the owner has this uid already
 * (ERROR_DUPLICATE). */
bool events_insert(Db *db, Arena *arena, const Event *event, Error *err);

/* Those of some ids, whoever may read them, locked; for what changes by itself. */
bool events_find_some(Db *db, Arena *arena, const int64_t ids[], size_t count, List *ret_events,
                      Error *err);

/* The same for who only looks, without a lock. */
bool events_look_at_some(Db *db, Arena *arena, const int64_t ids[], size_t count, List *ret_events,
                         Error *err);

/* Of the events behind `after`, up to `room`, of no more than a page's bytes, that were derived by
 * other rules than their zones have now. *ret_after: how far it has looked; INT64_MAX: to the end.
 */
bool events_find_stale(Db *db, int64_t after, int64_t ids[], size_t room, size_t *ret_count,
                       int64_t *ret_after, Error *err);

/* Only by which rules its moments were derived. Does not wait (db_execute_later). */
bool events_set_rules(Db *db, const Event *event, Error *err);

/* Writes everything that can change (WRITTEN_ONCE cannot). Does not wait (db_execute_later): when
 * the owner is another one, db_flush tells whether he has this uid already (ERROR_DUPLICATE). */
bool events_update(Db *db, Arena *arena, const Event *event, Error *err);

/* For good, with grants, versions and changelog. */
bool events_delete(Db *db, int64_t id, Error *err);
