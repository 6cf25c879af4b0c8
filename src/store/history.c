#include "store/history.h"

#include "history/diff.h"
#include "store/mapping.h"

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
    NULL,
};

SQL(insert_version,
    "INSERT INTO event_versions (event_id, version_number, data, changed_by_user_id,"
    " changed_by_name, timestamp, change_type, comment, changed_fields, origin)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'fasti')");

/* $2: the number of the version that this entry belongs to; null: none. Looked up, so that nobody
 * has to wait for the id of the version that was just inserted. */
SQL(insert_entry,
    "INSERT INTO changelog (event_id, version_id, version_number, user_id, user_name, timestamp,"
    " change_type, changes, comment) VALUES ($1, (SELECT v.id FROM event_versions v"
    " WHERE v.event_id = $1 AND v.version_number = $2), $3, $4, $5, $6, $7, $8, $9)");

#define VERSION_COLUMNS                                                                            \
    "v.event_id, v.version_number, v.changed_by_user_id, v.changed_by_name, v.timestamp,"          \
    " v.change_type, v.comment, v.changed_fields, v.origin"

SQL(select_versions, "SELECT " VERSION_COLUMNS " FROM event_versions v WHERE v.event_id = $1"
                     " AND v.version_number < $2"
                     " ORDER BY v.version_number DESC LIMIT $3 OFFSET $4");

SQL(count_versions, "SELECT count(*) AS n FROM event_versions WHERE event_id = $1");

SQL(select_version, "SELECT " VERSION_COLUMNS ", v.data FROM event_versions v"
                    " WHERE v.event_id = $1 AND v.version_number = $2");

/* The address is looked up for the entries of the page: a join would be planned for an event with
 * few entries, and read them all. */
#define ENTRIES                                                                                    \
    "SELECT c.id, c.event_id, c.version_number AS version_id, c.version_number, c.user_id,"        \
    " c.user_name, CASE WHEN $2 OR c.user_id = $3"                                                 \
    " THEN (SELECT u.email FROM users u WHERE u.id = c.user_id) END AS email,"                     \
    " c.timestamp, c.change_type, c.changes, c.comment, c.hash"                                    \
    " FROM changelog c WHERE c.event_id = $1"

SQL(select_entries, ENTRIES " AND c.id > $4 ORDER BY c.id LIMIT $5 OFFSET $6");

SQL(select_entries_descending, ENTRIES " AND c.id < $4 ORDER BY c.id DESC LIMIT $5 OFFSET $6");

void history_advance(const Event *before, Event *after)
{
    after->version_number = before == NULL ? 1 : before->version_number + 1;
}

static bool makes_version(ChangeType type)
{
    return type != CHANGE_SHARE && type != CHANGE_PERMISSION && type != CHANGE_UNSHARE;
}

const char *history_document_text(Arena *arena, const Event *event)
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

bool history_record(Db *db, Arena *arena, const Change *change, Error *err)
{
    const Event *event = change->after;
    const char *type = change_type_names[change->type];
    int64_t own_version = makes_version(change->type) ? event->version_number : INTEGER_NULL;

    if (makes_version(change->type) &&
        !db_execute_later(db, &insert_version,
                          PARAMS(INT(event->id), INT(event->version_number),
                                 JSONB(history_document_text(arena, event)),
                                 INT(change->by->user_id), TXT(change->by->username),
                                 TIME(change->at), TXT(type), TXT(change->comment),
                                 JSONB(changed_fields_of(arena, change))),
                          err))
        return false;
    return db_execute_later(db, &insert_entry,
                            PARAMS(INT(event->id), INT(own_version), INT(event->version_number),
                                   INT(change->by->user_id), TXT(change->by->username),
                                   TIME(change->at), TXT(type), JSONB(changes_of(arena, change)),
                                   TXT(change->comment)),
                            err);
}

static bool read_version(Rows *rows, const Schema *schema, Arena *arena, Version *version,
                         Error *err)
{
    if (!rows_read(rows, schema, arena, version, err))
        return false;
    version->changed_by = ARENA_NEW(arena, Actor);
    version->changed_by->id = rows_int(rows, "changed_by_user_id");
    version->changed_by->username = rows_text(rows, "changed_by_name", arena);
    return true;
}

bool history_versions(Db *db, Arena *arena, int64_t event_id, int64_t before_version, int64_t skip,
                      int64_t limit, List *ret_versions, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    Version *versions = ARENA_ARRAY(arena, Version, (size_t)limit);
    size_t count = 0;

    if (before_version == INTEGER_NULL)
        before_version = INT64_MAX;
    if (!db_query(db, &select_versions,
                  PARAMS(INT(event_id), INT(before_version), INT(limit), INT(skip)), &rows, err))
        return false;
    while (count < (size_t)limit && rows_next(&rows)) {
        if (!read_version(&rows, &version_schema, arena, &versions[count++], err))
            return false;
    }
    *ret_versions = (List){ .items = versions, .count = count };
    return rows_finish(&rows, err);
}

bool history_count(Db *db, int64_t event_id, int64_t *ret_count, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &count_versions, PARAMS(INT(event_id)), &rows, err))
        return false;
    if (rows_next(&rows))
        *ret_count = rows_int(&rows, "n");
    return rows_finish(&rows, err);
}

void history_foresee_version(Db *db, int64_t event_id, int64_t version_number)
{
    db_foresee(db, &select_version, PARAMS(INT(event_id), INT(version_number)));
}

bool history_version(Db *db, Arena *arena, int64_t event_id, int64_t version_number,
                     Version **ret_version, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_version = NULL;
    if (!db_query(db, &select_version, PARAMS(INT(event_id), INT(version_number)), &rows, err))
        return false;
    if (rows_next(&rows)) {
        Version *version = ARENA_NEW(arena, Version);
        if (!read_version(&rows, &version_detail_schema, arena, version, err))
            return false;
        *ret_version = version;
    }
    return rows_finish(&rows, err);
}

bool history_document(const Version *version, Arena *arena, Event **ret_event, Error *err)
{
    Event *event = ARENA_NEW(arena, Event);

    if (!schema_decode_stored(&event_schema, version->data, arena, event, err))
        return false;
    /* The old system knew no zones: its times were UTC. */
    if (event->timezone == NULL)
        event->timezone = "UTC";
    *ret_event = event;
    return true;
}

bool history_changelog(Db *db, Arena *arena, const ChangelogPage *page, List *ret_entries,
                       Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    ChangelogEntry *entries = ARENA_ARRAY(arena, ChangelogEntry, (size_t)page->limit);
    size_t count = 0;
    int64_t start = page->descending ? INT64_MAX : 0;
    int64_t after = page->after_id != INTEGER_NULL ? page->after_id : start;

    if (!db_query(db, page->descending ? &select_entries_descending : &select_entries,
                  PARAMS(INT(page->event_id), BOOL(page->sees_addresses), INT(page->reader),
                         INT(after), INT(page->limit), INT(page->skip)),
                  &rows, err))
        return false;
    while (count < (size_t)page->limit && rows_next(&rows)) {
        ChangelogEntry *entry = &entries[count++];
        if (!rows_read(&rows, &changelog_schema, arena, entry, err))
            return false;
        entry->user_details = ARENA_NEW(arena, ActorDetails);
        entry->user_details->id = entry->user_id;
        entry->user_details->username = rows_text(&rows, "user_name", arena);
        entry->user_details->email = rows_text(&rows, "email", arena);
    }
    *ret_entries = (List){ .items = entries, .count = count };
    return rows_finish(&rows, err);
}
