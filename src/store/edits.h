/* Edits - the only way an event is ever altered: the event's row, its version and its changelog
 * entry in one go, inside the caller's transaction.
 *
 * Who may is decided before (permit/); that the event is sound is decided before
 * (calendar/event.h), but for a patch and a rollback, which are checked here. An event that is
 * written must have been read locked in this transaction.
 *
 * What makes an event, enlarges one, adds to history or gives a role is refused with ERROR_QUOTA
 * when the owner, or the author, has no room for it (store/usage.h): if the author has an
 * allowance. What takes something away always works. */
#pragma once

#include "store/history.h"

/* A new event, which has its id (events_take_ids), with its owner's grant and version 1. Sets
 * owner, version and times. ERROR_DUPLICATE: the owner has an event with this uid already. */
bool edits_create_event(Db *db, Arena *arena, const Author *author, Event *event, Error *err);

/* Several, as edits_create_event does it, and counted together. */
bool edits_create_events(Db *db, Arena *arena, const Author *author, Event events[], size_t count,
                         Error *err);

/* Has the author room for so many events more? To be asked before many are made of which the last
 * would be refused. Counts nothing. ERROR_QUOTA. */
bool edits_has_room(Db *db, Arena *arena, const Author *author, size_t events, Error *err);

/* `tail`, cut off the event `from`: another event of the same owner, shared with the same people
 * in the same roles: who is revoked on one of the two keeps the other. ERROR_QUOTA when one of them
 * would be given more than somebody unknown may give. Sets what edits_create_event sets, id and
 * series_of. */
bool edits_split_event(Db *db, Arena *arena, const Author *author, const Event *from, Event *tail,
                       Error *err);

/* `patch`, decoded, on top of `before` and checked (event_check_patch, event_check): *ret_after is
 * for edits_update_event, nothing is written. Faults stand at d->location. */
bool edits_apply_patch(Db *db, const Decoder *d, const Author *author, const Event *before,
                       const Event *patch, Event *ret_after);

/* `after` takes the place of `before` as a new version; sets its version and times. When no
 * versioned member differs and `type` is CHANGE_UPDATE, nothing is written. `changes` as in
 * Change. */
bool edits_update_event(Db *db, Arena *arena, const Author *author, ChangeType type,
                        const Event *before, Event *after, const char *changes, Error *err);

/* The event with what `version` of it says; owner, grants and trash stay. ERROR_CONFLICT: it is
 * like that already. Faults stand at d->location: what was sound then may not be any more.
 * edits_update_event brings it back (CHANGE_ROLLBACK). */
bool edits_read_version(const Decoder *d, const Event *before, const Version *version,
                        Event *ret_after);

/* Into the trash and out of it. */
bool edits_delete_event(Db *db, Arena *arena, const Author *author, const Event *before,
                        Event *after, Error *err);
bool edits_restore_event(Db *db, Arena *arena, const Author *author, const Event *before,
                         Event *after, Error *err);

/* Gone for good, a long history after it (removals_begin); only the audit trail remembers. */
bool edits_purge_event(Db *db, Arena *arena, const Author *author, const Event *event, Error *err);

/* A person and the role they get, and had before; ROLE_NONE is none. `user` needs id and username.
 * The rest as of a Gift, of those who had none. */
typedef struct Grant {
    const User *user;
    Role before;
    Role after;
    int64_t id;
    int64_t role_id;
    const char *named_email;
    bool is_refused;
} Grant;
/* The `id` and `role_id` of a new grant, for who has not asked for them beside something else. */
bool edits_find_grant_ids(Db *db, Arena *arena, Grant *grant, Error *err);
bool edits_grant(Db *db, Arena *arena, const Author *author, const Event *event, const Grant *grant,
                 Error *err);

/* What the author says to an event he was given: an Answer or INTEGER_NULL, before and after. */
bool edits_answer(Db *db, Arena *arena, const Author *author, const Event *event, int64_t before,
                  int64_t after, Error *err);

/* `to` becomes the owner; the owner until now stays as Editor. */
bool edits_transfer(Db *db, Arena *arena, const Author *author, const Event *before, const User *to,
                    Event *after, Error *err);
