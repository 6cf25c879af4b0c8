#include "store/edits.h"

#include <assert.h>
#include <string.h>

#include "base/budget.h"
#include "base/limits.h"
#include "base/random.h"
#include "calendar/series/follow.h"
#include "history/diff.h"
#include "store/audit.h"
#include "store/departures.h"
#include "store/events.h"
#include "store/known.h"
#include "store/permissions.h"
#include "store/roles.h"
#include "store/search_texts.h"
#include "store/usage.h"
#include "store/users.h"
#include "store/zone_moves.h"

/* -- Quotas ----------------------------------------------------------------------------------- */

/* What a change takes of the author's quotas, beside what it makes of the event. */
typedef struct Cost {
    int64_t history_bytes;
    int64_t line_bytes; /* in the audit trail, which count as history */
    int64_t grants;
    int64_t copied_grants; /* which count as the owner's */
    int64_t readable;      /* events that he may read from now on */
    bool always_works;
} Cost;

/* Adds to *cost what the line takes. */
static bool audit(Db *db, Arena *arena, const Author *author, const char *action,
                  const Event *event, const char *detail, Cost *cost, Error *err)
{
    const char *subject = arena_printf(arena, "event %lld", (long long)event->id);

    return audit_record_charged(db, author, action, subject, detail, &cost->line_bytes, err);
}

/* What an event takes of its owner's. */
static Usage share_of(const Event *event)
{
    bool is_live = event->deleted_at == INSTANT_NULL;

    return (Usage){
        .events = is_live,
        .event_bytes = is_live ? event->document_bytes : 0,
    };
}

static void add_share(Usage *usage, const Event *event, int64_t times)
{
    const Usage share = share_of(event);

    usage->events += times * share.events;
    usage->event_bytes += times * share.event_bytes;
}

static bool charge_author(Db *db, Arena *arena, const Author *author, const Usage *more,
                          const Cost *cost, Error *err)
{
    const Holder holder = { .user_id = author->by->user_id, .is_asking = true };
    Allowance *allowance = author->by->allowance;
    Usage asked = *more;
    const Extra extra = { .readable = cost->readable, .given_roles = cost->grants };

    if (cost->always_works)
        asked.history_bytes = 0;
    if (allowance != NULL && !usage_permits(db, arena, holder, allowance, &asked, err))
        return false;
    if (allowance == NULL || allowance->bill == NULL)
        return usage_charge(db, holder.user_id, more, extra, err);
    usage_note(allowance->bill, more, extra);
    return true;
}

bool edits_has_room(Db *db, Arena *arena, const Author *author, size_t events, Error *err)
{
    const Holder holder = { .user_id = author->by->user_id, .is_asking = true };
    Allowance *allowance = author->by->allowance;
    const Usage more = { .events = (int64_t)events };
    const Usage less = { .events = -more.events };

    return allowance == NULL || (usage_permits(db, arena, holder, allowance, &more, err) &&
                                 usage_permits(db, arena, holder, allowance, &less, err));
}

/* Somebody else's event: only then is his allowance not at hand. */
static bool charge_owner(Db *db, Arena *arena, const Author *author, int64_t owner_id,
                         const Usage *more, Error *err)
{
    const Holder holder = { .user_id = owner_id };
    bool is_judged = author->by != NULL && author->by->allowance != NULL;
    Allowance *allowance = NULL;

    if (is_judged && (more->events > 0 || more->event_bytes > 0 || more->grants > 0) &&
        !usage_find(db, arena, owner_id, &allowance, err))
        return false;
    return (allowance == NULL || usage_permits(db, arena, holder, allowance, more, err)) &&
           usage_charge(db, owner_id, more, (Extra){ 0 }, err);
}

/* `before` or `after` NULL: the event was not, or is not any more. */
static bool charge(Db *db, Arena *arena, const Author *author, const Event *before,
                   const Event *after, const Cost *cost, Error *err)
{
    int64_t by = author->by != NULL ? author->by->user_id : INTEGER_NULL;
    bool same_owner = before != NULL && after != NULL && before->owner_id == after->owner_id;
    Usage own = {
        .history_bytes = cost->history_bytes + cost->line_bytes,
        .grants = cost->grants,
    };
    Usage less = { 0 };
    Usage more = { 0 };

    if (before != NULL)
        add_share(before->owner_id == by ? &own : same_owner ? &more : &less, before, -1);
    if (after != NULL) {
        Usage *owner = after->owner_id == by ? &own : &more;
        add_share(owner, after, 1);
        owner->grants += cost->copied_grants;
    }
    return (before == NULL || charge_owner(db, arena, author, before->owner_id, &less, err)) &&
           (after == NULL || charge_owner(db, arena, author, after->owner_id, &more, err)) &&
           (author->by == NULL || charge_author(db, arena, author, &own, cost, err));
}

/* -- Changes ---------------------------------------------------------------------------------- */

/* Who takes something away is never told that there is no room for it. */
static bool always_works(ChangeType type)
{
    return type == CHANGE_DELETE || type == CHANGE_UNSHARE;
}

/* `cost` has what the change takes beside its history. */
static bool record_at(Db *db, Arena *arena, const Author *author, const Change *change, Cost cost,
                      Error *err)
{
    cost.always_works = always_works(change->type);
    return budget_allows(arena, err) &&
           history_record(db, arena, change, &cost.history_bytes, err) &&
           charge(db, arena, author, change->before, change->after, &cost, err);
}

static Change change_of(const Author *author, ChangeType type, const Event *before, Event *after,
                        const char *changes)
{
    return (Change){
        .type = type,
        .before = before,
        .after = after,
        .by = author->by,
        .at = author->at,
        .comment = author->comment,
        .set = author->set,
        .changes = changes,
    };
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

    const Change change = change_of(author, CHANGE_CREATE, NULL, event, NULL);
    return events_insert(db, arena, event, err) && (!may_be_taken || db_flush(db, err)) &&
           search_texts_follow(db, arena, author->folded, NULL, event, err) &&
           permissions_insert_owner(db, event, author->at, err) &&
           record_at(db, arena, author, &change, (Cost){ .readable = 1 }, err);
}

bool edits_create_events(Db *db, Arena *arena, const Author *author, Event events[], size_t count,
                         Error *err)
{
    Allowance *allowance = author->by->allowance;
    Bill bill = { .more = { 0 } };
    bool is_good = true;

    if (allowance != NULL)
        allowance->bill = &bill;
    for (size_t i = 0; i < count && is_good; i++)
        is_good = edits_create_event(db, arena, author, &events[i], err);
    if (allowance != NULL)
        allowance->bill = NULL;
    return is_good && usage_charge(db, author->by->user_id, &bill.more, bill.extra, err);
}

/* Otherwise splits would give what sharing may not. */
static bool may_give_again(Ask *overfull, Error *err)
{
    int64_t people = 0;

    if (!db_take_number(overfull, &people, err))
        return false;
    return people == 0 ||
           error_set(err, ERROR_QUOTA,
                     "Somebody who shares this event has %d shares of its owner's that wait for an "
                     "answer, and cannot get one more: they have to answer some first.",
                     LIMIT_WAITING_GRANTS);
}

bool edits_split_event(Db *db, Arena *arena, const Author *author, const Event *from, Event *tail,
                       Error *err)
{
    tail->uid = NULL;
    begin(arena, author, tail);
    tail->owner_id = from->owner_id;
    tail->my_role = from->my_role;
    tail->series_of = from->id;

    const Change change = change_of(author, CHANGE_CREATE, NULL, tail, NULL);
    /* As who shares does: what waits is counted by one request after the other. */
    if (!users_lock(db, from->owner_id, err))
        return false;
    Ask *overfull = known_ask_overfull(db, arena, from->id);
    Ask *copies = permissions_ask_given(db, arena, from->id);
    Ask *ids = events_ask_ids(db, arena, 1);
    Cost cost = { .history_bytes = 0 };
    return may_give_again(overfull, err) && db_take_number(copies, &cost.copied_grants, err) &&
           events_take_ids(ids, tail, 1, err) && events_insert(db, arena, tail, err) &&
           search_texts_split(db, arena, author->folded, from, tail, err) &&
           audit(db, arena, author, "event.share", tail,
                 arena_printf(arena, "{\"as_event\":%lld}", (long long)from->id), &cost, err) &&
           record_at(db, arena, author, &change, cost, err) &&
           permissions_copy(db, from->id, tail, err);
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
    present.dropped_overrides = patch->dropped_overrides; /* of the last reply: says nothing now */
    bool may_write = event_check_patch(d, &present, patch);
    *ret_after = *before;
    ret_after->permissions = (List){ .items = NULL };
    ret_after->dropped_overrides = (List){ .items = NULL };
    schema_apply(&event_schema, patch, ret_after);
    ret_after->given = patch->given;
    return event_check_change(d, before, ret_after) && may_write;
}

/* `cost` has what the change takes beside its history. */
static bool update(Db *db, Arena *arena, const Author *author, Change change, Cost cost, Error *err)
{
    Event *after = change.after;
    Event moved = *change.before;

    if (moved.stored != NULL && !zone_moves_follow(db, arena, author->at, author->set, &moved, err))
        return false;
    change.before = &moved;
    after->stored = NULL;
    after->updated_at = author->at;
    after->updated_by = author->by->user_id;
    history_advance(&moved, after);
    return events_update(db, arena, after, err) &&
           search_texts_follow(db, arena, author->folded, &moved, after, err) &&
           permissions_follow(db, &moved, after, err) &&
           record_at(db, arena, author, &change, cost, err);
}

bool edits_update_event(Db *db, Arena *arena, const Author *author, ChangeType type,
                        const Event *before, Event *after, const char *changes, Error *err)
{
    if (type == CHANGE_UPDATE && diff_is_empty(before, after))
        return true;
    return update(db, arena, author, change_of(author, type, before, after, changes),
                  (Cost){ .history_bytes = 0 }, err);
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
    event->start_local = document->start_local;
    event->end_local = document->end_local;
    event->start_is_second = document->start_is_second;
    event->end_is_second = document->end_is_second;
    event->local_times = document->local_times;
}

/* What an older version, or the old system, allowed may break a rule of today. */
static bool check_brought_back(const Decoder *d, const Version *version, const Event *before,
                               Event *event)
{
    Error broken = { .code = ERROR_NONE };
    const Members changed = schema_compare(&event_schema, before, event, VERSIONED);
    Decoder checking = *d;

    checking.err = &broken;
    if (schema_check_values(&event_schema, changed, event, d->arena, d->location, &broken) &&
        event_check(&checking, event))
        return true;
    if (broken.faults == NULL) {
        *d->err = broken;
        return false;
    }
    return error_set(d->err, ERROR_CONFLICT,
                     "Version %lld breaks a rule of today, at %s, and cannot be brought back: %s",
                     (long long)version->version_number, broken.faults->location,
                     broken.faults->message);
}

bool edits_read_version(const Decoder *d, const Event *before, const Version *version,
                        Event *ret_after)
{
    Event *document = NULL;
    Event then;
    const SeriesFollowed same = { .before = &then };

    *ret_after = *before;
    if (!history_document(version, d->arena, &document, d->err))
        return false;
    copy_versioned(document, ret_after);
    then = *ret_after;
    if (!check_brought_back(d, version, before, ret_after))
        return false;
    ret_after->dropped_overrides = series_note_dropped(d->arena, &same, ret_after);
    if (diff_is_empty(before, ret_after))
        return error_set(d->err, ERROR_CONFLICT, "The event already is as it was in version %lld.",
                         (long long)version->version_number);
    return true;
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

    char uid[37]; /* none that its owner may have given to another event of his */
    Cost cost = { .always_works = true };
    bool is_all = false;

    random_uuid(uid);
    if (!audit(db, arena, author, "event.purge", event, writer_text(&w), &cost, err) ||
        !permissions_forget(db, event->id, err) ||
        !charge(db, arena, author, event, NULL, &cost, err) ||
        !history_delete_some(db, event->id, &is_all, err))
        return false;
    if (is_all)
        return events_delete(db, event->id, err);
    return permissions_delete_all(db, event->id, err) && events_set_uid(db, event->id, uid, err) &&
           removals_begin(db, event->id, err);
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

static bool write_permission(Db *db, const Author *author, const Event *event, const Grant *grant,
                             Error *err)
{
    int64_t by = author->by->user_id;
    int64_t user_id = grant->user->id;

    if (grant->after == ROLE_NONE)
        return permissions_delete(db, event->id, user_id, err);
    if (grant->before == ROLE_NONE && grant->after == ROLE_OWNER)
        return permissions_insert(db, event, user_id, grant->after, by, author->at, err);
    if (grant->before == ROLE_NONE) {
        const Gift gift = {
            .user_id = user_id,
            .role = grant->after,
            .id = grant->id,
            .role_id = grant->role_id,
            .by = by,
            .named_email = grant->named_email,
            .at = author->at,
            .is_refused = grant->is_refused,
        };
        return permissions_give(db, event, &gift, err);
    }
    if (grant->after == ROLE_OWNER)
        return permissions_hand_over(db, event, user_id, by, author->at, err);
    return permissions_update(db, event->id, user_id, grant->after, by, author->at, err);
}

bool edits_find_grant_ids(Db *db, Arena *arena, Grant *grant, Error *err)
{
    Ask *ids = permissions_ask_ids(db, arena, 1);
    List roles = { 0 };

    if (!roles_take(roles_ask(db, arena), arena, &roles, err) ||
        !permissions_take_ids(ids, &grant->id, 1, err))
        return false;
    const RoleRow *role = roles_choose(&roles, INTEGER_NULL, grant->after);
    grant->role_id = role != NULL ? role->id : 0;
    return true;
}

bool edits_grant(Db *db, Arena *arena, const Author *author, const Event *event, const Grant *grant,
                 Error *err)
{
    Event same = *event;
    const char *changes = grant_changes(arena, grant->user, grant->before, grant->after);
    ChangeType type = CHANGE_PERMISSION;

    assert(grant->before != grant->after && grant->after != ROLE_OWNER);
    assert(grant->before != ROLE_NONE || grant->id != 0);
    if (grant->before == ROLE_NONE)
        type = CHANGE_SHARE;
    if (grant->after == ROLE_NONE)
        type = CHANGE_UNSHARE;
    const char *action = arena_printf(arena, "event.%s", change_type_names[type]);
    const Change change = change_of(author, type, event, &same, changes);
    Cost cost = { .grants = type == CHANGE_SHARE };
    return audit(db, arena, author, action, event, changes, &cost, err) &&
           record_at(db, arena, author, &change, cost, err) &&
           write_permission(db, author, event, grant, err) &&
           (type != CHANGE_PERMISSION ||
            permissions_follow_blocks(db, event, grant->user->id, err));
}

static void write_answer(Writer *w, const char *key, int64_t answer)
{
    write_key(w, key);
    write_text(w, answer != INTEGER_NULL ? answer_names[answer] : NULL);
}

/* {"answer": {"old": …, "new": …}} */
static const char *answer_changes(Arena *arena, int64_t before, int64_t after)
{
    Writer w = writer_start(arena);

    write_object(&w);
    write_key(&w, "answer");
    write_object(&w);
    write_answer(&w, "old", before);
    write_answer(&w, "new", after);
    write_end_object(&w);
    write_end_object(&w);
    return writer_text(&w);
}

bool edits_answer(Db *db, Arena *arena, const Author *author, const Event *event, int64_t before,
                  int64_t after, Error *err)
{
    int64_t accepted_from = after == ANSWER_YES ? event->owner_id : INTEGER_NULL;
    const char *changes = answer_changes(arena, before, after);
    Event same = *event;
    const Change change = change_of(author, CHANGE_ANSWER, event, &same, changes);

    return record_at(db, arena, author, &change, (Cost){ .grants = 0 }, err) &&
           permissions_answer(db, event->id, author->by->user_id, after, accepted_from, err);
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
    const User owner = { .id = before->owner_id };
    const Grant until_now = { .user = &owner, .before = ROLE_OWNER, .after = ROLE_EDITOR };
    Permission *present = NULL;

    if (!permissions_find(db, arena, before, to->id, author->by->user_id, &present, err))
        return false;
    *after = *before;
    after->owner_id = to->id;
    if (author->by->user_id == before->owner_id)
        after->my_role = ROLE_EDITOR;
    const Grant from_now_on = {
        .user = to,
        .before = present != NULL ? (Role)present->meaning : ROLE_NONE,
        .after = ROLE_OWNER,
    };
    const char *changes = owner_changes(arena, before, after);
    const Change change = change_of(author, CHANGE_TRANSFER, before, after, changes);
    Cost cost = { .history_bytes = 0 };
    return audit(db, arena, author, "event.transfer", before, changes, &cost, err) &&
           write_permission(db, author, before, &from_now_on, err) &&
           write_permission(db, author, before, &until_now, err) &&
           permissions_follow_blocks(db, after, INTEGER_NULL, err) &&
           update(db, arena, author, change, cost, err) &&
           db_flush(db, err); /* now, because the new owner may have this uid already */
}
