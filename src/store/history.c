#include "store/history.h"

#include <string.h>

#include "base/limits.h"
#include "calendar/wall_clock.h"
#include "history/diff.h"
#include "store/permissions.h"
#include "store/rows.h"
#include "store/usage.h"
#include "store/users.h"

const char *const change_type_names[] = {
    [CHANGE_CREATE] = "create",
    [CHANGE_UPDATE] = "update",
    [CHANGE_ROLLBACK] = "rollback",
    [CHANGE_DELETE] = "delete",
    [CHANGE_RESTORE] = "restore",
    [CHANGE_SHARE] = "share",
    [CHANGE_PERMISSION] = "permission_change",
    [CHANGE_UNSHARE] = "unshare",
    [CHANGE_TRANSFER] = "transfer",
    [CHANGE_ANSWER] = "answer",
    [CHANGE_ZONE_UPDATE] = "zone_update",
    NULL,
};

SQL(insert_version,
    "INSERT INTO event_versions (event_id, version_number, data, changed_by_user_id,"
    " changed_by_name, timestamp, change_type, comment, changed_fields, local_times, origin)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'fasti')");

/* Nobody has to wait for the id of the version that was just inserted, nor for that of the first
 * entry of a set, which is the set's. On SQLite one request writes after the other, so ids follow
 * one another: $11 entries of the set have gone before, and what was inserted last is the version,
 * if $2 says that there is one. */
SQL_DIALECTS(
    insert_entry,
    .sqlite =
        "INSERT INTO changelog (event_id, version_id, version_number, user_id, user_name, "
        "timestamp,"
        " change_type, changes, comment, bytes, change_set_id) VALUES ($1,"
        " CASE WHEN $2 IS NOT NULL THEN last_insert_rowid() END, $3, $4, $5, $6, $7, $8, $9, $10,"
        " (SELECT coalesce(max(seq), 0) + 1 - $11 FROM sqlite_sequence WHERE name = 'changelog'))");

/* On PostgreSQL the version is the last one of this connection, as is the entry before; $11 is told
 * apart here. */
#define INSERT_ENTRY(id, set, from)                                                                \
    "INSERT INTO changelog (id, change_set_id, event_id, version_id, version_number, user_id,"     \
    " user_name, timestamp, change_type, changes, comment, bytes)"                                 \
    " SELECT " id ", " set ", $1,"                                                                 \
    " CASE WHEN $2 IS NOT NULL THEN currval('event_versions_id_seq') END,"                         \
    " $3, $4, $5, $6, $7, $8, $9, $10" from

SQL_DIALECTS(insert_first_entry,
             .postgres = INSERT_ENTRY(
                 "n.id", "n.id", " FROM (SELECT nextval('changelog_id_seq') AS id OFFSET 0) n"));

SQL_DIALECTS(insert_next_entry,
             .postgres = INSERT_ENTRY("nextval('changelog_id_seq')", "c.change_set_id",
                                      " FROM changelog c"
                                      " WHERE c.id = (SELECT currval('changelog_id_seq'))"));

#define VERSION_COLUMNS                                                                            \
    "v.event_id, v.version_number, v.changed_by_user_id, v.changed_by_name, v.timestamp,"          \
    " v.change_type, v.comment, v.changed_fields, v.origin"

SQL_FOR_HOLDERS(select_versions,
                "SELECT " VERSION_COLUMNS " FROM event_versions v WHERE v.event_id = $1",
                " AND v.version_number < $3 ORDER BY v.version_number DESC LIMIT $4 OFFSET $5");

/* They are numbered without gaps. */
SQL_FOR_HOLDERS(count_versions,
                "SELECT max(version_number) AS n FROM event_versions WHERE event_id = $1", "");

SQL_FOR_HOLDERS(select_version,
                "SELECT " VERSION_COLUMNS ", v.data, v.local_times FROM event_versions v"
                " WHERE v.event_id = $1 AND v.version_number = $3",
                "");

/* The address is looked up for the entries of the page: a join would be planned for an event with
 * few entries, and read them all. */
#define EMAIL_OF_USER "(SELECT u.email FROM users u WHERE u.id = c.user_id AND " USER_IS_HERE ")"
#define ENTRY_EMAIL                                                                                \
    VISIBLE_EMAIL("$2", "c.user_id", IS_NAMED_IN("$1", "$2", "c.user_id"), EMAIL_OF_USER)
#define ENTRIES                                                                                    \
    "SELECT c.id, c.event_id, c.version_number AS version_id, c.version_number, c.user_id,"        \
    " c.user_name, c.timestamp, c.change_type, c.changes, c.comment, c.hash, "                     \
    "c.change_set_id," ENTRY_EMAIL " FROM changelog c WHERE c.event_id = $1"

SQL_FOR_HOLDERS(select_entries, ENTRIES, " AND c.id > $3 ORDER BY c.id LIMIT $4 OFFSET $5");

SQL_FOR_HOLDERS(select_entries_descending, ENTRIES,
                " AND c.id < $3 ORDER BY c.id DESC LIMIT $4 OFFSET $5");

SQL(delete_some_versions,
    "DELETE FROM event_versions WHERE id IN"
    " (SELECT id FROM event_versions WHERE event_id = $1 ORDER BY version_number LIMIT $2)");

SQL(delete_some_entries, "DELETE FROM changelog WHERE id IN (" FIRST_ENTRIES("$1", "$2") ")");

void history_advance(const Event *before, Event *after)
{
    after->version_number = before == NULL ? 1 : before->version_number + 1;
}

static bool makes_version(ChangeType type)
{
    return type != CHANGE_SHARE && type != CHANGE_PERMISSION && type != CHANGE_UNSHARE &&
           type != CHANGE_ANSWER;
}

/* The document that a version keeps of an event, as JSON text. */
static const char *document_text(Arena *arena, const Event *event)
{
    Writer w = writer_start(arena);

    schema_encode(&event_schema, &w, event, VERSIONED | SNAPSHOT);
    return writer_text(&w);
}

static const char *changes_of(Arena *arena, const Change *change)
{
    if (change->changes != NULL)
        return change->changes;
    Writer w = writer_start(arena);
    diff_write_changes(&w, change->before, change->after);
    return writer_text(&w);
}

/* The names of the members that differ, as a JSON array. */
static const char *changed_fields_of(Arena *arena, const Change *change)
{
    Event nothing = { 0 };
    schema_set_nulls(&event_schema, &nothing);
    const Event *before = change->before != NULL ? change->before : &nothing;
    Members changed = schema_compare(&event_schema, before, change->after, VERSIONED);

    Writer w = writer_start(arena);
    write_array(&w);
    for (size_t i = 0; i < event_schema.field_count; i++) {
        if ((changed >> i & 1) != 0)
            write_text(&w, event_schema.fields[i].name);
    }
    write_end_array(&w);
    return writer_text(&w);
}

static int64_t bytes_of(const char *document, const char *changes, const char *comment)
{
    enum { REST_BYTES = 256 }; /* the rest of both rows, and their places in the indexes */
    const char *const texts[] = { document, changes, comment };
    size_t bytes = REST_BYTES;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        bytes += texts[i] != NULL ? strlen(texts[i]) : 0;
    return (int64_t)bytes;
}

/* Nobody: INTEGER_NULL and NULL. */
static int64_t actor_id(const Change *change)
{
    return change->by != NULL ? change->by->user_id : INTEGER_NULL;
}

static const char *actor_name(const Change *change)
{
    return change->by != NULL ? change->by->username : NULL;
}

static bool insert_entry_of(Db *db, const Change *change, int64_t own_version, const char *changes,
                            int64_t bytes, Error *err)
{
    const Event *event = change->after;
    int64_t before = change->set != NULL ? change->set->entries++ : 0;
    Params params =
        PARAMS(INT(event->id), INT(own_version), INT(event->version_number), INT(actor_id(change)),
               TXT(actor_name(change)), TIME(change->at), TXT(change_type_names[change->type]),
               JSONB(changes), TXT(change->comment), INT(bytes), INT(before));

    if (db_kind(db) == DB_SQLITE)
        return db_execute_later(db, &insert_entry, params, err);
    params.count--;
    return db_execute_later(db, before == 0 ? &insert_first_entry : &insert_next_entry, params,
                            err);
}

HistoryTexts history_texts(Arena *arena, const Change *change)
{
    HistoryTexts texts = { .changes = changes_of(arena, change) };

    if (makes_version(change->type)) {
        texts.document = document_text(arena, change->after);
        texts.changed_fields = changed_fields_of(arena, change);
        texts.local_times = wall_clock_text(arena, change->after);
    }
    texts.bytes = bytes_of(texts.document, texts.changes, change->comment);
    return texts;
}

bool history_record(Db *db, Arena *arena, const Change *change, int64_t *ret_bytes, Error *err)
{
    const Event *event = change->after;
    const char *type = change_type_names[change->type];
    int64_t own_version = makes_version(change->type) ? event->version_number : INTEGER_NULL;
    const HistoryTexts texts = history_texts(arena, change);

    *ret_bytes = texts.bytes;
    if (texts.document != NULL &&
        !db_execute_later(db, &insert_version,
                          PARAMS(INT(event->id), INT(event->version_number), JSONB(texts.document),
                                 INT(actor_id(change)), TXT(actor_name(change)), TIME(change->at),
                                 TXT(type), TXT(change->comment), JSONB(texts.changed_fields),
                                 JSONB(texts.local_times)),
                          err))
        return false;
    return insert_entry_of(db, change, own_version, texts.changes, texts.bytes, err);
}

bool history_delete_some(Db *db, int64_t event_id, bool *ret_all, Error *err)
{
    const Params some = PARAMS(INT(event_id), INT(LIMIT_HISTORY_PIECE));
    int64_t versions = 0;
    int64_t entries = 0;

    if (!usage_forget_history(db, event_id, LIMIT_HISTORY_PIECE, err) ||
        !db_execute(db, &delete_some_versions, some, &versions, err) ||
        !db_execute(db, &delete_some_entries, some, &entries, err))
        return false;
    *ret_all = versions < LIMIT_HISTORY_PIECE && entries < LIMIT_HISTORY_PIECE;
    return true;
}

static void complete_version(Rows *rows, Arena *arena, void *object, const void *context)
{
    Version *version = object;

    (void)context;
    version->changed_by = ARENA_NEW(arena, Actor);
    version->changed_by->id = rows_int(rows, "changed_by_user_id");
    version->changed_by->username = rows_text(rows, "changed_by_name", arena);
}

static void complete_detail(Rows *rows, Arena *arena, void *object, const void *context)
{
    complete_version(rows, arena, object, context);
    ((Version *)object)->local_times = rows_text(rows, "local_times", arena);
}

static const RowReader version_rows = { &version_schema, complete_version, NULL };
static const RowReader version_detail_rows = { &version_detail_schema, complete_detail, NULL };

static Ask *ask_page(Db *db, Arena *arena, const Sql *sql, const HistoryPage *page, bool descending)
{
    int64_t start = descending ? INT64_MAX : 0;
    int64_t after = page->after != INTEGER_NULL ? page->after : start;

    Ask *ask = db_ask(db, arena, sql,
                      PARAMS(INT(page->event_id), INT(page->reader), INT(after), INT(page->limit),
                             INT(page->skip)));
    rows_bound(ask, page->limit);
    return ask;
}

Ask *history_ask_versions(Db *db, Arena *arena, const HistoryPage *page)
{
    return ask_page(db, arena, &select_versions, page, true);
}

bool history_take_versions(Ask *ask, Arena *arena, List *ret_versions, Error *err)
{
    return rows_page(ask, arena, &version_rows, ret_versions, err);
}

Ask *history_ask_count(Db *db, Arena *arena, int64_t event_id, int64_t reader)
{
    return db_ask(db, arena, &count_versions, PARAMS(INT(event_id), INT(reader)));
}

Ask *history_ask_version(Db *db, Arena *arena, int64_t event_id, int64_t reader,
                         int64_t version_number)
{
    return db_ask(db, arena, &select_version,
                  PARAMS(INT(event_id), INT(reader), INT(version_number)));
}

bool history_take_version(Ask *ask, Arena *arena, Version **ret_version, Error *err)
{
    return rows_one(ask, arena, &version_detail_rows, ret_version, err);
}

bool history_document(const Version *version, Arena *arena, Event **ret_event, Error *err)
{
    Event *event = ARENA_NEW(arena, Event);
    Error inside = { .code = ERROR_NONE };

    if (!schema_decode_stored(&event_schema, version->data, arena, event, &inside))
        return error_set(err, ERROR_CONFLICT,
                         "Version %lld is as another program wrote it, and can only be read: %s",
                         (long long)version->version_number, inside.detail);
    /* The old system knew no zones: its times were UTC. */
    if (event->timezone == NULL)
        event->timezone = "UTC";
    /* Before there was another, every event was opaque. */
    if (event->transparency == INTEGER_NULL) {
        event->transparency = EVENT_OPAQUE;
        event->given |= UINT64_C(1)
                        << (schema_field(&event_schema, "transparency") - event_schema.fields);
    }
    wall_clock_read(arena, version->local_times, event);
    *ret_event = event;
    return true;
}

Ask *history_ask_changelog(Db *db, Arena *arena, const HistoryPage *page)
{
    return ask_page(db, arena, page->descending ? &select_entries_descending : &select_entries,
                    page, page->descending);
}

static void complete_entry(Rows *rows, Arena *arena, void *object, const void *context)
{
    ChangelogEntry *entry = object;

    (void)context;
    entry->user_details = ARENA_NEW(arena, ActorDetails);
    entry->user_details->id = entry->user_id;
    entry->user_details->username = rows_text(rows, "user_name", arena);
    entry->user_details->email = rows_text(rows, "email", arena);
}

bool history_take_changelog(Ask *ask, Arena *arena, List *ret_entries, Error *err)
{
    static const RowReader entry_rows = { &changelog_schema, complete_entry, NULL };

    return rows_page(ask, arena, &entry_rows, ret_entries, err);
}
