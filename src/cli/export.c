/* fasti export: all that is of one person, as JSON.
 *
 * How it works: one snapshot, and one JSON document that goes out piece by piece, an event at a
 * time, so that memory does not grow with what somebody has. */

#include <stdio.h>
#include <string.h>

#include "auth/account_text.h"
#include "base/clock.h"
#include "base/text.h"
#include "calendar/permission.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/version.h"
#include "store/audit.h"
#include "store/blocks.h"
#include "store/event_lists.h"
#include "store/history.h"
#include "store/permissions.h"
#include "store/sessions.h"
#include "store/users.h"

enum { AT_ONCE = 100 };

typedef struct Export {
    Db *db;
    Arena piece; /* what one event takes, or one page of something */
    Writer w;
    int64_t self_id;
    Error err;
} Export;

/* What is written so far goes out. */
static void flush_out(Export *export)
{
    fwrite(export->w.out.data, 1, export->w.out.length, stdout);
    export->w.out.length = 0;
    arena_reset(&export->piece);
}

static void write_list(Export *export, const Schema *schema, const List *list)
{
    const char *item = list->items;

    for (size_t i = 0; i < list->count; i++, item += schema->size)
        schema_encode(schema, &export->w, item, 0);
}

/* -- Events ----------------------------------------------------------------------------------- */

static bool write_grants(Export *export, const Event *event)
{
    List grants = { 0 };

    if (!permissions_list(export->db, &export->piece, event, export->self_id, &grants,
                          &export->err))
        return false;
    write_key(&export->w, "permissions");
    write_array(&export->w);
    write_list(export, &permission_schema, &grants);
    write_end_array(&export->w);
    return true;
}

static bool write_versions(Export *export, const Event *event)
{
    write_key(&export->w, "history");
    write_array(&export->w);
    for (int64_t number = 1; number <= event->version_number; number++) {
        Arena AUTO(arena_finish) scratch = { 0 };
        Version *version = NULL;
        Ask *ask = history_ask_version(export->db, &scratch, event->id, export->self_id, number);
        if (!history_take_version(ask, &scratch, &version, &export->err))
            return false;
        if (version != NULL)
            schema_encode(&version_detail_schema, &export->w, version, 0);
    }
    write_end_array(&export->w);
    return true;
}

static bool write_changelog(Export *export, const Event *event)
{
    HistoryPage page = {
        .event_id = event->id, .reader = export->self_id, .after = INTEGER_NULL, .limit = AT_ONCE
    };
    List entries = { 0 };

    write_key(&export->w, "changelog");
    write_array(&export->w);
    do {
        Arena AUTO(arena_finish) scratch = { 0 };
        if (!history_take_changelog(history_ask_changelog(export->db, &scratch, &page), &scratch,
                                    &entries, &export->err))
            return false;
        write_list(export, &changelog_schema, &entries);
        if (entries.count > 0)
            page.after = ((const ChangelogEntry *)entries.items)[entries.count - 1].id;
    } while (entries.count > 0);
    write_end_array(&export->w);
    return true;
}

/* One of his own, with everything; one of somebody else's as he sees it. */
static bool write_event(Export *export, const Event *event)
{
    write_object(&export->w);
    write_key(&export->w, "event");
    schema_encode(&event_schema, &export->w, event, 0);
    if (event->owner_id == export->self_id &&
        (!write_grants(export, event) || !write_versions(export, event) ||
         !write_changelog(export, event)))
        return false;
    write_end_object(&export->w);
    flush_out(export);
    return true;
}

/* All that he may read of one kind: live or in the trash; his own or others'. */
static bool write_events(Export *export, bool is_deleted, bool is_own)
{
    EventFilter filter = {
        .reader = export->self_id,
        .deleted = is_deleted,
        .owner_id = is_own ? export->self_id : INTEGER_NULL,
        .role = INTEGER_NULL,
        .is_recurring = INTEGER_NULL,
        .start_after = INSTANT_NULL,
        .start_before = INSTANT_NULL,
        .from = INSTANT_NULL,
        .to = INSTANT_NULL,
        .updated_since = INSTANT_NULL,
        .after_id = INTEGER_NULL,
        .after_time = INSTANT_NULL,
        .limit = AT_ONCE,
    };
    List events = { 0 };

    do {
        Arena AUTO(arena_finish) scratch = { 0 };
        Ask *ask = events_ask_list(export->db, &scratch, &filter);
        if (!events_take_page(ask, &scratch, &events, &export->err))
            return false;
        const Event *event = events.items;
        for (size_t i = 0; i < events.count; i++, event++) {
            filter.after_id = event->id;
            filter.after_time = event->start_time;
            if ((is_own || event->owner_id != export->self_id) && !write_event(export, event))
                return false;
        }
    } while (events.count > 0);
    return true;
}

/* -- What else there is ----------------------------------------------------------------------- */

static bool write_blocks(Export *export)
{
    List blocks = { 0 };

    if (!blocks_take(blocks_ask(export->db, &export->piece, export->self_id), &export->piece,
                     &blocks, &export->err))
        return false;
    write_list(export, &block_schema, &blocks);
    return true;
}

static bool write_sessions(Export *export)
{
    List sessions = { 0 };
    Ask *ask = sessions_ask_list(export->db, &export->piece, export->self_id, clock_now_us());

    if (!sessions_take_list(ask, &export->piece, &sessions, &export->err))
        return false;
    write_list(export, &session_schema, &sessions);
    return true;
}

static bool write_audit(Export *export)
{
    AuditFilter filter = { .user_id = export->self_id,
                           .from = INSTANT_NULL,
                           .to = INSTANT_NULL,
                           .before_id = INT64_MAX,
                           .limit = AT_ONCE };
    List entries = { 0 };

    do {
        Arena AUTO(arena_finish) scratch = { 0 };
        if (!audit_list(export->db, &scratch, &filter, &entries, &export->err))
            return false;
        write_list(export, &audit_schema, &entries);
        if (entries.count > 0)
            filter.before_id = ((const AuditEntry *)entries.items)[entries.count - 1].id;
        flush_out(export);
    } while (entries.count > 0);
    return true;
}

static bool write_own(Export *export)
{
    return write_events(export, false, true) && write_events(export, true, true);
}

static bool write_shared(Export *export)
{
    return write_events(export, false, false);
}

/* -- The document ----------------------------------------------------------------------------- */

static const struct {
    const char *key;
    bool (*write)(Export *export);
} parts[] = {
    { "events", write_own },         /* that he owns, those in the trash too */
    { "shared_with", write_shared }, /* others' that he may read */
    { "blocks", write_blocks },      { "sessions", write_sessions },
    { "audit", write_audit }, /* what he did, and from where */
};

static bool write_all(Export *export, const User *user)
{
    write_object(&export->w);
    write_key(&export->w, "program");
    write_text(&export->w, version_text);
    write_key(&export->w, "made_at");
    instant_write(&export->w, clock_now_us());
    write_key(&export->w, "account");
    schema_encode(&user_schema, &export->w, user, 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        write_key(&export->w, parts[i].key);
        write_array(&export->w);
        if (!parts[i].write(export))
            return false;
        write_end_array(&export->w);
        flush_out(export);
    }
    write_end_object(&export->w);
    flush_out(export);
    putchar('\n');
    return fflush(stdout) == 0 ||
           error_set(&export->err, ERROR_STORAGE_FULL, "The output cannot be written.");
}

static bool find(Call *call, Db *db, const char *name, User **ret_user, Error *err)
{
    const char *key = account_key(call->arena, name);

    *ret_user = NULL;
    if (key != NULL && !users_find_by_login(db, call->arena, name, key, ret_user, err))
        return false;
    return *ret_user != NULL || error_set(err, ERROR_NOT_FOUND, "There is no user %s.", name);
}

int run_export(Call *call)
{
    const char *name = call_take_option(call, "--user");
    Db AUTO(db_close) *db = NULL;
    User *user = NULL;
    Export export = { .w = writer_start(call->arena) };

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (name == NULL)
        return call_refuse_usage(call, "Say whose: --user NAME.");
    int code = database_open_to_read(call, &db);
    if (code != EXIT_OK)
        return code;
    if (!db_set_statement_timeout(db, 0, &export.err) || !db_begin(db, &export.err))
        return call_fail_database(&export.err);
    export.db = db;
    if (find(call, db, name, &user, &export.err)) {
        export.self_id = user->id;
        (void)write_all(&export, user);
    }
    db_rollback(db);
    arena_finish(&export.piece);
    return export.err.code == ERROR_NONE ? EXIT_OK : call_fail(&export.err);
}
