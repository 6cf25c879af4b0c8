#include "stock.h"

#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "base/buffer.h"
#include "store/tables.h"

#define EVENT                                                                                      \
    "INSERT INTO events (title, description, start_time, end_time, owner_id, created_at,"          \
    " updated_at, uid, version_number, series_start, recurrence_pattern, series_of) VALUES "
#define GRANT                                                                                      \
    "INSERT INTO event_permissions (event_id, user_id, role_id, start_time, extent_class, hidden," \
    " meaning) VALUES "
#define VERSION                                                                                    \
    "INSERT INTO event_versions (event_id, version_number, data, timestamp, change_type) VALUES "
#define CHANGE                                                                                     \
    "INSERT INTO changelog (event_id, version_id, timestamp, changes, version_number,"             \
    " change_type, comment, hash) VALUES "
#define SESSION                                                                                    \
    "INSERT INTO sessions (user_id, nonce, generation, rotated_at, created_at, last_used_at,"      \
    " expires_at) VALUES "
#define USER "INSERT INTO users (username, email, hashed_password, created_at, updated_at) VALUES "

static const char *const scripts[] = {
    [DB_SQLITE] = USER
    "('amira', 'a@x', 'h', 1, 2), ('bela', 'b@x', 'h', 3, 4), ('gone', 'g@x', 'h', 1, 1);"
    "DELETE FROM users WHERE username = 'gone';" EVENT
    "('Chör', NULL, 5000001, 6000000, 1, 1, 2, 'u1', 1, 5000001, '{\"a\":\"ß\"}', 2),"
    "('It''s', 'line\nline', 7, 8, 2, 1, 2, 'u2', 2, 7, NULL, NULL);" GRANT
    "(1, 1, 1, 5000001, 0, 0, 1), (1, 2, 3, 5000001, 0, 1, 3), (2, 2, 1, 7, 0, 0, 1);" VERSION
    "(1, 1, '{\"title\":\"Chör\"}', 9, 'create');" CHANGE
    "(1, 1, 9, '{}', 1, 'create', 'why', 'hash');" SESSION "(1, 'n', 0, 1, 1, 1, 7258118400000000);"
    "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (1, 2, 3);"
    "INSERT INTO known_networks VALUES (1, '10.0.0.1', 3), (1, '::/64', 4)",
    [DB_POSTGRES] = USER
    "('amira', 'a@x', 'h', now(), now()), ('bela', 'b@x', 'h', now(), now()),"
    " ('gone', 'g@x', 'h', now(), now()); DELETE FROM users WHERE username = 'gone';" EVENT
    "('Chör', NULL, '2026-03-01T12:00:00.000001Z', '2026-03-01T13:00:00Z', 1, now(), now(),"
    " 'u1', 1, now(), '{\"a\":\"ß\"}', NULL), ('It''s', E'line\nline', now(), now(), 2, now(),"
    " now(), 'u2', 2, now(), NULL, NULL); UPDATE events SET series_of = 2 WHERE id = 1;" GRANT
    "(1, 1, 1, now(), 0, false, 1), (1, 2, 3, now(), 0, true, 3),"
    " (2, 2, 1, now(), 0, false, 1);" VERSION
    "(1, 1, '{\"title\":\"Chör\"}', now(), 'create');" CHANGE
    "(1, 1, now(), '{}', 1, 'create', 'why', 'hash');" SESSION
    "(1, 'n', 0, now(), now(), now(), '2199-01-01T00:00:00Z');"
    "INSERT INTO blocks (user_id, blocked_id, created_at) VALUES (1, 2, now());"
    "INSERT INTO known_networks VALUES (1, '10.0.0.1', now()), (1, '::/64', now())",
};

Bench *stock_start(void **state)
{
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    if (db_kind(bench->db) == DB_SQLITE) /* an event that refers to a later one */
        bench_run(bench->db, "PRAGMA foreign_keys = OFF");
    bench_run(bench->db, scripts[db_kind(bench->db)]);
    return bench;
}

typedef struct Listing {
    Buffer out;
    size_t columns;
} Listing;

static void list_value(Buffer *out, const Value *value)
{
    if (value->is_null) {
        buffer_add(out, "null");
    } else if (value->kind == VALUE_TEXT) {
        buffer_add(out, value->text);
    } else if (value->kind == VALUE_JSON) {
        for (const char *at = value->text; *at != '\0'; at++) {
            if (*at != ' ') /* jsonb puts some */
                buffer_add_char(out, *at);
        }
    } else {
        buffer_printf(out, "%lld", (long long)value->integer);
    }
    buffer_add(out, "|");
}

static bool list_row(void *context, const Value *row, Error *err)
{
    Listing *listing = context;

    (void)err;
    for (size_t i = 0; i < listing->columns; i++)
        list_value(&listing->out, &row[i]);
    buffer_add(&listing->out, "\n");
    return true;
}

const char *stock_contents(Bench *bench, Db *db)
{
    Listing listing = { .out = buffer_start(&bench->arena) };

    for (size_t i = 0; i < table_count; i++) {
        Columns columns = { 0 };
        if (tables[i].left_out != NULL)
            continue;
        bench_must(bench, db,
                   tables_columns(db, &bench->arena, tables[i].name, &columns, &bench->err));
        listing.columns = columns.count;
        buffer_printf(&listing.out, "-- %s\n", tables[i].name);
        bench_must(bench, db,
                   tables_read(db, &bench->arena, &tables[i], &columns,
                               (RowTaker){ list_row, &listing }, &bench->err));
    }
    return listing.out.data;
}

void stock_leave(Bench *bench)
{
    db_close(&bench->reader);
    db_close(&bench->db);
}

const char *stock_path(Bench *bench, const char *name)
{
    if (bench->folder[0] == '\0')
        assert_non_null(mkdtemp(strcpy(bench->folder, "/tmp/fasti-stock-XXXXXX")));
    return arena_printf(&bench->arena, "%s/%s", bench->folder, name);
}

bool stock_backup(Bench *bench, const char *path)
{
    BackupReport AUTO(backup_report_finish) report = { 0 };
    const BackupOrder order = { .url = bench->url, .path = path, .program = "test" };

    error_clear(&bench->err);
    return backup_make(&order, &report, &bench->err);
}

bool stock_restore(Bench *bench, const char *path, bool may_replace)
{
    BackupReport AUTO(backup_report_finish) report = { 0 };
    const RestoreOrder order = { .url = bench->url, .path = path, .may_replace = may_replace };

    error_clear(&bench->err);
    return backup_restore(&order, &report, &bench->err);
}
