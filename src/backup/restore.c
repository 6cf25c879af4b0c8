#include "backup/backup.h"

#include "backup/record.h"
#include "base/text.h"
#include "store/migrations.h"

/* Sessions that were made after the backup have higher ids than it knows of. A token that names one
 * of them must never mean a session that is made from now on, so these begin far above. */
#define SESSIONS_SKIPPED INT64_C(1000000000)

typedef struct Restore {
    Db *db;
    Arena *arena;
    RecordReader *records;
    BackupReport *report;
    const Table *table; /* whose rows come */
    Columns columns;    /* as the file has them, with this database's kinds */
    const Sql *insert;
    int64_t last_id; /* that it gave, by the file and by its rows */
} Restore;

/* -- Reading the file ------------------------------------------------------------------------- */

static void keep_head(BackupReport *report, const BackupHead *head)
{
    report->head = *head;
    report->head.program = arena_strdup(&report->arena, head->program);
    report->head.database = arena_strdup(&report->arena, head->database);
    report->head.salt = arena_strdup(&report->arena, head->salt);
}

static void count_row(BackupReport *report, const char *table)
{
    report->rows++;
    report->events += text_equal(table, "events");
    report->users += text_equal(table, "users");
}

static bool verify_hashes(BlockReader *blocks, Error *err)
{
    bool has_more = true;

    while (has_more) {
        if (!block_reader_next(blocks, &has_more, err))
            return false;
    }
    return true;
}

static bool refuse_row(const RecordReader *records, Error *err)
{
    return error_set(err, ERROR_INVALID, "%s has a row that its table cannot have (%s).",
                     records->blocks->path, records->table != NULL ? records->table : "none");
}

bool backup_verify(const char *path, const char *passphrase, BackupReport *ret_report, Error *err)
{
    BlockReader AUTO(block_reader_close) blocks = { 0 };
    RecordReader AUTO(record_reader_close) records = { 0 };
    RecordKind kind = RECORD_ROW;

    *ret_report = (BackupReport){ .rows = 0 };
    if (!block_reader_open(&blocks, path, passphrase, err))
        return false;
    keep_head(ret_report, &blocks.head);
    ret_report->was_read = blocks.is_open_to_us;
    if (!blocks.is_open_to_us)
        return verify_hashes(&blocks, err);
    record_reader_start(&records, &blocks);
    while (kind != RECORD_END) {
        if (!record_next(&records, &kind, err))
            return false;
        if (kind == RECORD_ROW)
            count_row(ret_report, records.table);
    }
    return true;
}

/* -- Tables ----------------------------------------------------------------------------------- */

/* The kinds of the file's columns are those that they have here; all that are here must be in it.
 */
static bool match_columns(Restore *restore, Error *err)
{
    const RecordReader *records = restore->records;
    Column *items = ARENA_ARRAY(restore->arena, Column, records->columns.count);
    Columns here = { 0 };
    size_t matched = 0;

    if (!tables_columns(restore->db, restore->arena, records->table, &here, err))
        return false;
    for (size_t i = 0; i < records->columns.count; i++) {
        for (size_t j = 0; j < here.count; j++) {
            if (text_equal(records->columns.items[i].name, here.items[j].name)) {
                items[i] = here.items[j];
                matched++;
            }
        }
    }
    restore->columns = (Columns){ items, records->columns.count };
    return (matched == here.count && matched == records->columns.count) ||
           error_set(err, ERROR_INVALID, "%s has a table %s with other columns than this program.",
                     records->blocks->path, records->table);
}

/* Where its ids go on. */
static bool end_table(const Restore *restore, Error *err)
{
    if (restore->table == NULL)
        return true;
    int64_t skipped = restore->table->left_out != NULL ? SESSIONS_SKIPPED : 0;
    int64_t last_id;
    if (__builtin_add_overflow(restore->last_id, skipped, &last_id))
        return error_set(err, ERROR_INVALID, "%s gives the table %s a last id that is too large.",
                         restore->records->blocks->path, restore->table->name);
    return tables_set_last_id(restore->db, restore->table, last_id, err);
}

static bool start_table(Restore *restore, Error *err)
{
    const RecordReader *records = restore->records;

    restore->table = tables_find(records->table);
    restore->last_id = records->last_id;
    if (restore->table == NULL)
        return error_set(err, ERROR_INVALID, "%s has a table %s, which this program does not know.",
                         records->blocks->path, records->table);
    if (!match_columns(restore, err))
        return false;
    restore->insert = tables_insert(restore->arena, restore->table, &restore->columns);
    return restore->table->left_out != NULL ||
           tables_empty(restore->db, restore->arena, restore->table, err);
}

static bool add_row(Restore *restore, Error *err)
{
    Value *row = restore->records->row;

    if (restore->table == NULL || restore->table->left_out != NULL)
        return refuse_row(restore->records, err);
    for (size_t i = 0; i < restore->columns.count; i++) {
        const Column *column = &restore->columns.items[i];
        bool is_text = column->kind == VALUE_TEXT || column->kind == VALUE_JSON;
        if (!row[i].is_null && is_text != (row[i].kind == VALUE_TEXT))
            return refuse_row(restore->records, err);
        row[i].kind = column->kind;
        if (text_equal(column->name, "id") && !is_text && row[i].integer > restore->last_id)
            restore->last_id = row[i].integer;
    }
    count_row(restore->report, restore->table->name);
    return db_execute_later(restore->db, restore->insert, (Params){ row, restore->columns.count },
                            err);
}

static bool add_all(Restore *restore, Error *err)
{
    RecordKind kind = RECORD_ROW;

    while (kind != RECORD_END) {
        if (!record_next(restore->records, &kind, err))
            return false;
        if (kind == RECORD_ROW ? !add_row(restore, err) : !end_table(restore, err))
            return false;
        if (kind == RECORD_TABLE && !start_table(restore, err))
            return false;
    }
    return true;
}

/* -- The whole -------------------------------------------------------------------------------- */

static bool check_empty(const Restore *restore, bool may_replace, Error *err)
{
    bool is_used = false;

    return tables_hold_anything(restore->db, restore->arena, &is_used, err) &&
           (!is_used || may_replace ||
            error_set(err, ERROR_CONFLICT,
                      "The database holds something already: --replace throws that away."));
}

static bool fill(Restore *restore, Error *err)
{
    List aside = { 0 };

    return tables_drop(restore->db, err) &&
           migrations_build(restore->db, (int)restore->report->head.schema, err) &&
           tables_set_aside(restore->db, restore->arena, &aside, err) && add_all(restore, err) &&
           tables_put_back(restore->db, &aside, err);
}

/* What is wrong with the file is said already. */
static bool explain(Db *db, Error *err)
{
    if (err->code == ERROR_INVALID || err->code == ERROR_CONFLICT || *db_last_message(db) == '\0')
        return false;
    return error_set(err, err->code, "The database refuses it, and is as it was: %s",
                     db_last_message(db));
}

static bool replace_all(Restore *restore, bool may_replace, Error *err)
{
    Error ignored = { .code = ERROR_NONE };
    Db *db = restore->db;

    if (!tables_start_filling(db, err))
        return explain(db, err);
    bool is_done = db_begin(db, err) && check_empty(restore, may_replace, err) &&
                   fill(restore, err) && db_commit(db, err);
    if (!is_done)
        explain(db, err);
    db_rollback(db);
    return tables_end_filling(db, is_done ? err : &ignored) && is_done;
}

static bool open_file(const RestoreOrder *order, BlockReader *blocks, BackupReport *report,
                      Error *err)
{
    if (!block_reader_open(blocks, order->path, order->passphrase, err))
        return false;
    keep_head(report, &blocks->head);
    if (!blocks->is_open_to_us)
        return error_set(err, ERROR_INVALID,
                         "%s is sealed: give its passphrase by FASTI_BACKUP_PASSPHRASE_FILE.",
                         order->path);
    return blocks->head.schema <= migrations_newest() ||
           error_set(err, ERROR_INVALID,
                     "%s has schema %lld and this program knows %d: use the program that made it, "
                     "or a newer one.",
                     order->path, (long long)blocks->head.schema, migrations_newest());
}

static bool restore_file(const RestoreOrder *order, BackupReport *report, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 }; /* outlives the connection: store/tables.h */
    BlockReader AUTO(block_reader_close) blocks = { 0 };
    RecordReader AUTO(record_reader_close) records = { 0 };
    Db AUTO(db_close) *db = NULL;

    if (!open_file(order, &blocks, report, err) || !db_open(order->url, DB_WRITE, &db, err) ||
        !tables_hold_alone(db, err))
        return false;
    record_reader_start(&records, &blocks);
    Restore restore = { .db = db, .arena = &arena, .records = &records, .report = report };
    return replace_all(&restore, order->may_replace, err);
}

bool backup_restore(const RestoreOrder *order, BackupReport *ret_report, Error *err)
{
    int from = 0;
    int to = 0;

    *ret_report = (BackupReport){ .was_read = true };
    return restore_file(order, ret_report, err) && migrations_run(order->url, &from, &to, err);
}
