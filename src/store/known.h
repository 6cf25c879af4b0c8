/* Known - who is known to whom, and what follows from it. Said here and nowhere else.
 *
 * Known to me is whom I gave a grant, whose event I answered with yes, and whose grant is older
 * than this rule. Only what I do counts: nothing that others do makes them known to me, neither
 * what they give me nor what becomes of an event that I have answered. Whom I block is as one I do
 * not know, but for what waits.
 *
 * What it decides: whose events occupy my time before I have answered, who sees when I am busy, and
 * who may make me the owner of something. */
#pragma once

#include "calendar/event.h"
#include "store/driver/db.h"

/* Is `other` known to `me`? Two expressions of SQL. */
#define KNOWN_TO(me, other)                                                                        \
    "(EXISTS (SELECT 1 FROM event_permissions k WHERE k.granted_by = " me                          \
    " AND k.user_id = " other " AND k.granted_by <> k.user_id)"                                    \
    " OR EXISTS (SELECT 1 FROM event_permissions k WHERE k.user_id = " me                          \
    " AND k.accepted_from = " other ")"                                                            \
    " OR EXISTS (SELECT 1 FROM event_permissions k WHERE k.user_id = " me                          \
    " AND k.known_giver = " other "))"

#define BLOCKED_BY(me, other)                                                                      \
    "EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = " me " AND b.blocked_id = " other            \
    " AND NOT b.ended)"

/* Does `me` not take what `giver` gave, of an event of `owner`? */
#define REFUSED_BY(me, giver, owner) "(" BLOCKED_BY(me, giver) " OR " BLOCKED_BY(me, owner) ")"

#define TRUSTED_BY(me, other) "(" KNOWN_TO(me, other) " AND NOT " BLOCKED_BY(me, other) ")"

/* Does the event `e`, which `me` may read, occupy the time of `me`? What one owns does; what one
 * was given, unless one has said no; of somebody unknown, only after yes. */
#define OCCUPIES(me)                                                                               \
    "(e.owner_id = " me " OR EXISTS (SELECT 1 FROM event_permissions g WHERE g.event_id = e.id"    \
    " AND g.user_id = " me " AND (g.answer = 'yes' OR (coalesce(g.answer, '') <> 'no'"             \
    " AND (g.known_giver IS NOT NULL OR " KNOWN_TO(me, "e.owner_id") ")))))"

/* May `reader` see when `user_id` is busy? Of oneself one may; nobody's times are nobody's. */
bool known_may_see_busy(Db *db, int64_t reader, int64_t user_id, bool *ret_may, Error *err);

/* Is there an account `user_id` that may sign in, and to whom `other` is known and not blocked? */
bool known_is_trusted(Db *db, int64_t user_id, int64_t other, bool *ret_trusted, Error *err);

/* What decides whether `giver` may give `user_id` a role on an event. */
typedef struct Room {
    bool has_role;   /* `user_id` has one on it already */
    int64_t holders; /* of roles on it */
    int64_t waiting; /* of what `giver` gave `user_id`, for an answer: up to LIMIT_WAITING_GRANTS;
                      * 0 when he is known */
    bool is_refused; /* `user_id` blocks the giver, or whose event it is */
} Room;

Ask *known_ask_room(Db *db, Arena *arena, const Event *event, int64_t giver, int64_t user_id);
bool known_take_room(Ask *ask, Room *ret_room, Error *err);

/* How many people could not be given a second event like this one: db_take_number. */
Ask *known_ask_overfull(Db *db, Arena *arena, int64_t event_id);
