/* Permissions - who holds which role on which event. The owner of every event has a row here too,
 * so that "all I may read" is one walk along one index.
 *
 * A grant carries what lists look for, so that the walk goes in the order of start: copies of the
 * event's start_time and extent_class (calendar/extent.h), `hidden`, whether it is in the trash or
 * the grant is not taken (store/blocks.h), and what its role means (store/roles.h). And
 * event_counts keeps how many events that are not hidden each person may read. Both are kept true
 * here, by whoever changes an event or a grant:
 * store/edits.c. */
#pragma once

#include "calendar/event.h"
#include "calendar/permission.h"
#include "store/driver/db.h"
#include "store/records.h"

/* A statement about the event $1 that PostgreSQL is asked before it is known whether the reader $2
 * may: without a grant of his that he takes it gives nothing, and costs what it costs for an event
 * that is not there. SQLite is asked when the answer is taken, which is after that was judged. */
#define SQL_FOR_HOLDERS(name_, before, after)                                                      \
    SQL_DIALECTS(name_, .sqlite = before " AND $2 > 0" after, .postgres = before HAS_GRANT after)
#define HAS_GRANT                                                                                  \
    " AND EXISTS (SELECT 1 FROM event_permissions r WHERE r.event_id = $1 AND r.user_id = $2"      \
    " AND NOT r.refused)"

/* `email` of a `person`, in what there is of an event, where `reader` may see it: his own, any as
 * an administrator, or when it is the address by which he named the person (`is_named`).
 * Expressions of SQL; what they look up is looked up once for all rows. */
#define VISIBLE_EMAIL(reader, person, is_named, email)                                             \
    " CASE WHEN " person " = " reader " OR EXISTS (SELECT 1 FROM users a WHERE a.id = " reader     \
    " AND a.is_admin)"                                                                             \
    " OR (" is_named ") THEN " email " END AS email"

#define IS_NAMED_IN(event_id, reader, person)                                                      \
    person " IN (SELECT g.user_id FROM event_permissions g"                                        \
           " JOIN users n ON n.id = g.user_id AND n.email_key = g.named_email"                     \
           " WHERE g.event_id = " event_id " AND g.named_by = " reader ")"

/* All roles of an event, owner first, then by id; of addresses those that `reader` may see. */
bool permissions_list(Db *db, Arena *arena, const Event *event, int64_t reader, List *ret_list,
                      Error *err);

/* The same, asked before the event is known: none for who holds no role himself. */
Ask *permissions_ask(Db *db, Arena *arena, int64_t event_id, int64_t reader);
bool permissions_take(Ask *ask, Arena *arena, const Event *event, List *ret_list, Error *err);

/* NULL when this user holds no role. */
bool permissions_find(Db *db, Arena *arena, const Event *event, int64_t user_id, int64_t reader,
                      Permission **ret_permission, Error *err);

/* Of a new event. It counts nothing: usage_charge does. */
bool permissions_insert_owner(Db *db, const Event *event, Instant now, Error *err);

/* Look first whether the user has a role: these do not wait (db_execute_later). */
bool permissions_insert(Db *db, const Event *event, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err);
/* To somebody else than the owner, who may be blocked (store/blocks.h). That one more counts as
 * given is usage_charge's. */
typedef struct Gift {
    int64_t user_id;
    Role role;
    int64_t role_id; /* of several with one meaning, the one that was named; or INTEGER_NULL */
    int64_t by;
    const char *named_email; /* by which the person was named, as users.email_key; or NULL */
    Instant at;
} Gift;

bool permissions_give(Db *db, const Event *event, const Gift *gift, Error *err);
/* Of somebody who has a role: makes them the owner. */
bool permissions_hand_over(Db *db, const Event *event, int64_t user_id, int64_t granted_by,
                           Instant now, Error *err);
/* `accepted_from` is whose event it is, after ANSWER_YES; otherwise INTEGER_NULL. */
bool permissions_answer(Db *db, int64_t event_id, int64_t user_id, int64_t answer,
                        int64_t accepted_from, Error *err);
bool permissions_update(Db *db, int64_t event_id, int64_t user_id, Role role, int64_t granted_by,
                        Instant now, Error *err);
/* After either of them: what is refused where somebody blocks who gave a role on `event`, or whose
 * it is by now (store/blocks.h); of `user_id`, or of all who hold one (INTEGER_NULL). */
bool permissions_follow_blocks(Db *db, const Event *event, int64_t user_id, Error *err);
/* Of several roles that mean the same the first is written, unless another of them is named. */
bool permissions_set_role_id(Db *db, int64_t event_id, int64_t user_id, int64_t role_id,
                             Error *err);
bool permissions_delete(Db *db, int64_t event_id, int64_t user_id, Error *err);
/* Gives `to` the same people in the same roles. */
bool permissions_copy(Db *db, int64_t from, const Event *to, Error *err);

/* After every update of an event's row: its grants follow where it starts, how long it lasts, and
 * into the trash and out of it. Costs nothing when none of that changed. */
bool permissions_follow(Db *db, const Event *before, const Event *after, Error *err);

/* Before an event is deleted for good: the grants go with it, and it no longer counts. */
bool permissions_forget(Db *db, int64_t event_id, Error *err);

/* And then, where the event itself stays for a while: nobody holds a role on it any more. */
bool permissions_delete_all(Db *db, int64_t event_id, Error *err);

/* How many events this person may read, without the trash: db_take_number. */
Ask *permissions_ask_event_count(Db *db, Arena *arena, int64_t user_id);

/* How many hold a role on the event but Owner: db_take_number. */
Ask *permissions_ask_given(Db *db, Arena *arena, int64_t event_id);
