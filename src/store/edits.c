#include "store/edits.h"

#include <assert.h>
#include <string.h>

#include "base/random.h"
#include "history/diff.h"
#include "store/audit.h"
#include "store/events.h"
#include "store/permissions.h"
#include "store/users.h"

static bool audit(Db *db, Arena *arena, const Author *author, const char *action,
                  const Event *event, const char *detail, Error *err)
{
    const char *subject = arena_printf(arena, "event %lld", (long long)event->id);

    return audit_record(db, author, action, subject, detail, err);
}

static bool record(Db *db, Arena *arena, const Author *author, ChangeType type, const Event *before,
                   Event *after, const char *changes, Error *err)
{
    const Change change = {
        .type = type,
        .before = before,
        .after = after,
        .by = author->by,
        .at = author->at,
        .comment = author->comment,
        .changes = changes,
    };
    return history_record(db, arena, &change, err);
}

/* What every new event has, whoever is its owner. */
static void begin(Arena *arena, const Author *author, Event *event)
{
    if (event->uid == NULL) {
        char *uid = arena_alloc(arena, 37);
        random_uuid(uid);
        event->uid = uid;
    }
    event->created_at = event->updated_at = author->at;
    event->updated_by = author->by->user_id;
    event->deleted_at = INSTANT_NULL;
    history_advance(NULL, event);
}

bool edits_create_event(Db *db, Arena *arena, const Author *author, Event *event, Error *err)
{
    bool may_be_taken = event->uid != NULL; /* what begin makes is not */

    begin(arena, author, event);
    event->owner_id = author->by->user_id;
    event->my_role = ROLE_OWNER;
    event->series_of = INTEGER_NULL;

    return events_insert(db, arena, event, err) && (!may_be_taken || db_flush(db, err)) &&
           permissions_insert(db, event, event->owner_id, ROLE_OWNER, event->owner_id, author->at,
                              err) &&
           record(db, arena, author, CHANGE_CREATE, NULL, event, NULL, err);
}

bool edits_split_event(Db *db, Arena *arena, const Author *author, const Event *from, Event *tail,
                       Error *err)
{
    tail->uid = NULL;
    begin(arena, author, tail);
    tail->owner_id = from->owner_id;
    tail->my_role = from->my_role;
    tail->series_of = from->id;

    return events_take_ids(events_ask_ids(db, arena, 1), tail, 1, err) &&
           events_insert(db, arena, tail, err) && permissions_copy(db, from->id, tail, err) &&
           audit(db, arena, author, "event.share", tail,
                 arena_printf(arena, "{\"as_event\":%lld}", (long long)from->id), err) &&
           record(db, arena, author, CHANGE_CREATE, NULL, tail, NULL, err);
}

/* What a client read it may send back: to compare its `permissions`, the present ones are needed.
 */
static bool load_what_is_compared(Db *db, const Decoder *d, const Author *author,
                                  const Event *patch, Event *before)
{
    return !schema_is_given(&event_schema, patch, offsetof(Event, permissions)) ||
           permissions_list(db, d->arena, before, author->by->user_id, &before->permissions,
                            d->err);
}

bool edits_apply_patch(Db *db, const Decoder *d, const Author *author, const Event *before,
                       const Event *patch, Event *ret_after)
{
    Event present = *before;

    if (!load_what_is_compared(db, d, author, patch, &present))
        return false;
    bool may_write = event_check_patch(d, &present, patch);
    *ret_after = *before;
    ret_after->permissions = (List){ .items = NULL };
    schema_apply(&event_schema, patch, ret_after);
    ret_after->given = patch->given;
    return event_check(d, ret_after) && may_write;
}

bool edits_update_event(Db *db, Arena *arena, const Author *author, ChangeType type,
                        const Event *before, Event *after, const char *changes, Error *err)
{
    if (type == CHANGE_UPDATE && diff_is_empty(before, after))
        return true;
    after->updated_at = author->at;
    after->updated_by = author->by->user_id;
    history_advance(before, after);

    return events_update(db, arena, after, err) && permissions_follow(db, before, after, err) &&
           record(db, arena, author, type, before, after, changes, err);
}

/* The VERSIONED members that the document has. */
static void copy_versioned(const Event *document, Event *event)
{
    for (size_t i = 0; i < event_schema.field_count; i++) {
        const Field *field = &event_schema.fields[i];
        if ((field->flags & VERSIONED) != 0 &&
            schema_is_given(&event_schema, document, field->offset))
            memcpy(field_of(field, event), field_in(field, document), field->size);
    }
}

bool edits_roll_back(Db *db, const Decoder *d, const Author *author, const Event *before,
                     const Version *version, Event *ret_after)
{
    Event *document = NULL;

    *ret_after = *before;
    if (!history_document(version, d->arena, &document, d->err))
        return false;
    copy_versioned(document, ret_after);
    if (!event_check(d, ret_after))
        return false;
    if (diff_is_empty(before, ret_after))
        return error_set(d->err, ERROR_CONFLICT, "The event already is as it was in version %lld.",
                         (long long)version->version_number);
    return edits_update_event(db, d->arena, author, CHANGE_ROLLBACK, before, ret_after, NULL,
                              d->err);
}

/* {"deleted_at": {"old": …, "new": …}} */
static const char *trash_changes(Arena *arena, const Event *before, const Event *after)
{
    Writer w = writer_start(arena);

    write_object(&w);
    write_key(&w, "deleted_at");
    write_object(&w);
    write_key(&w, "old");
    instant_write(&w, before->deleted_at);
    write_key(&w, "new");
    instant_write(&w, after->deleted_at);
    write_end_object(&w);
    write_end_object(&w);
    return writer_text(&w);
}

bool edits_delete_event(Db *db, Arena *arena, const Author *author, const Event *before,
                        Event *after, Error *err)
{
    *after = *before;
    after->deleted_at = author->at;
    return edits_update_event(db, arena, author, CHANGE_DELETE, before, after,
                              trash_changes(arena, before, after), err);
}

bool edits_restore_event(Db *db, Arena *arena, const Author *author, const Event *before,
                         Event *after, Error *err)
{
    *after = *before;
    after->deleted_at = INSTANT_NULL;
    return edits_update_event(db, arena, author, CHANGE_RESTORE, before, after,
                              trash_changes(arena, before, after), err);
}

bool edits_purge_event(Db *db, Arena *arena, const Author *author, const Event *event, Error *err)
{
    Writer w = writer_start(arena);

    write_object(&w);
    write_key(&w, "uid");
    write_text(&w, event->uid);
    write_key(&w, "owner_id");
    write_integer(&w, event->owner_id);
    write_key(&w, "versions");
    write_integer(&w, event->version_number);
    write_end_object(&w);

    return audit(db, arena, author, "event.purge", event, writer_text(&w), err) &&
           permissions_forget(db, event->id, err) && events_delete(db, event->id, err);
}

static void write_grant(Writer *w, const char *key, const User *user, Role role)
{
    write_key(w, key);
    if (role == ROLE_NONE) {
        write_null(w);
        return;
    }
    write_object(w);
    write_key(w, "user_id");
    write_integer(w, user->id);
    write_key(w, "username");
    write_text(w, user->username);
    write_key(w, "role");
    write_text(w, role_names[role]);
    write_end_object(w);
}

/* {"permissions": {"old": {user_id, username, role} or null, "new": …}} */
static const char *grant_changes(Arena *arena, const User *user, Role before, Role after)
{
    Writer w = writer_start(arena);

    write_object(&w);
    write_key(&w, "permissions");
    write_object(&w);
    write_grant(&w, "old", user, before);
    write_grant(&w, "new", user, after);
    write_end_object(&w);
    write_end_object(&w);
    return writer_text(&w);
}

static bool write_permission(Db *db, const Author *author, const Event *event, int64_t user_id,
                             Role before, Role after, Error *err)
{
    int64_t by = author->by->user_id;

    if (after == ROLE_NONE)
        return permissions_delete(db, event->id, user_id, err);
    if (before == ROLE_NONE)
        return permissions_insert(db, event, user_id, after, by, author->at, err);
    return permissions_update(db, event->id, user_id, after, by, author->at, err);
}

bool edits_grant(Db *db, Arena *arena, const Author *author, const Event *event, const User *user,
                 Role before, Role after, Error *err)
{
    Event same = *event;
    const char *changes = grant_changes(arena, user, before, after);
    ChangeType type = CHANGE_PERMISSION;

    assert(before != after);
    if (before == ROLE_NONE)
        type = CHANGE_SHARE;
    if (after == ROLE_NONE)
        type = CHANGE_UNSHARE;
    const char *action = arena_printf(arena, "event.%s", change_type_names[type]);
    return write_permission(db, author, event, user->id, before, after, err) &&
           audit(db, arena, author, action, event, changes, err) &&
           record(db, arena, author, type, event, &same, changes, err);
}

/* {"owner_id": {"old": …, "new": …}} */
static const char *owner_changes(Arena *arena, const Event *before, const Event *after)
{
    return arena_printf(arena, "{\"owner_id\":{\"old\":%lld,\"new\":%lld}}",
                        (long long)before->owner_id, (long long)after->owner_id);
}

bool edits_transfer(Db *db, Arena *arena, const Author *author, const Event *before, const User *to,
                    Event *after, Error *err)
{
    Permission *present = NULL;

    if (!permissions_find(db, arena, before, to->id, author->by->user_id, &present, err))
        return false;
    *after = *before;
    after->owner_id = to->id;
    if (author->by->user_id == before->owner_id)
        after->my_role = ROLE_EDITOR;
    Role role = present != NULL ? (Role)present->meaning : ROLE_NONE;
    const char *changes = owner_changes(arena, before, after);
    return audit(db, arena, author, "event.transfer", before, changes, err) &&
           (role == ROLE_OWNER ||
            write_permission(db, author, before, to->id, role, ROLE_OWNER, err)) &&
           write_permission(db, author, before, before->owner_id, ROLE_OWNER, ROLE_EDITOR, err) &&
           edits_update_event(db, arena, author, CHANGE_TRANSFER, before, after, changes, err) &&
           db_flush(db, err); /* now, because the new owner may have this uid already */
}
