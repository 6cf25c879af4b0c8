/* Permissions - who holds which role on which event. The owner of every event has a row here too,
 * so that "all I may read" is one walk along one index. */
#pragma once

#include "calendar/event.h"
#include "calendar/permission.h"
#include "store/driver/db.h"

/* All roles of an event, owner first, then by id. E-mail addresses are only given to the event's
 * owners and to the person themselves. */
bool permissions_list(Db *db, Arena *arena, const Event *event, int64_t reader, List *ret_list,
                      Error *err);

/* permissions_list of this event comes soon: db_foresee. */
void permissions_foresee(Db *db, int64_t event_id);

/* NULL when this user holds no role. */
bool permissions_find(Db *db, Arena *arena, const Event *event, int64_t user_id, int64_t reader,
                      Permission **ret_permission, Error *err);

/* Look first whether the user has a role: these do not wait (db_execute_later). */
bool permissions_insert(Db *db, int64_t event_id, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err);
bool permissions_update(Db *db, int64_t event_id, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err);
bool permissions_delete(Db *db, int64_t event_id, int64_t user_id, Error *err);
/* Gives `to` the same people in the same roles. */
bool permissions_copy(Db *db, int64_t from, int64_t to, Error *err);

bool permissions_count(Db *db, int64_t event_id, int64_t *ret_all, int64_t *ret_owners, Error *err);
