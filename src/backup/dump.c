#include "backup/backup.h"

#include "backup/record.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/migrations.h"

typedef struct Dump {
    Db *db;
    BlockWriter *writer;
    const atomic_bool *is_called_off;
    Columns columns; /* of the table that is being read */
    int64_t rows;    /* of it */
} Dump;

static bool add_row(void *context, const Value *row, Error *err)
{
    Dump *dump = context;

    if (dump->is_called_off != NULL && atomic_load(dump->is_called_off))
        return error_set(err, ERROR_UNAVAILABLE, "The backup was called off.");
    record_add_row(&dump->writer->raw, &dump->columns, row);
    dump->rows++;
    return block_writer_flush(dump->writer, err);
}

/* One that is left out has a head with its last id, and no rows. */
static bool dump_table(Dump *dump, Arena *arena, const Table *table, Error *err)
{
    const RowTaker taker = { .take = add_row, .context = dump };
    int64_t last_id = 0;

    dump->rows = 0;
    if (!tables_columns(dump->db, arena, table->name, &dump->columns, err) ||
        !tables_last_id(dump->db, table, &last_id, err))
        return false;
    record_add_table(&dump->writer->raw, table->name, last_id, &dump->columns);
    return table->left_out != NULL ||
           tables_read(dump->db, arena, table, &dump->columns, taker, err);
}

/* The words of the database, which no client sees. */
static bool explain(Db *db, Error *err)
{
    if (err->code != ERROR_INTERNAL && err->code != ERROR_UNAVAILABLE)
        return false;
    return *db_last_message(db) != '\0'
               ? error_set(err, err->code, "The database cannot be read: %s", db_last_message(db))
               : false;
}

static bool dump_all(Dump *dump, Arena *arena, BackupReport *report, Error *err)
{
    for (size_t i = 0; i < table_count; i++) {
        if (!dump_table(dump, arena, &tables[i], err))
            return explain(dump->db, err);
        report->rows += dump->rows;
        report->events += text_equal(tables[i].name, "events") ? dump->rows : 0;
        report->users += text_equal(tables[i].name, "users") ? dump->rows : 0;
    }
    return block_writer_end(dump->writer, err);
}

static bool check_schema(Db *db, BackupHead *head, Error *err)
{
    int version = 0;

    if (!migrations_version(db, &version, err))
        return explain(db, err);
    head->schema = version;
    return version == migrations_newest() ||
           error_set(err, ERROR_UNAVAILABLE,
                     "The database has another schema than this program: run `fasti migrate`.");
}

bool backup_make(const BackupOrder *order, BackupReport *ret_report, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 }; /* outlives the connection: store/tables.h */
    Db AUTO(db_close) *db = NULL;
    BlockWriter AUTO(block_writer_close) writer = { .fd = -1 };

    *ret_report = (BackupReport){ .was_read = true };
    ret_report->head.program = arena_strdup(&ret_report->arena, order->program);
    ret_report->head.made_at = clock_now_us();
    if (!db_open_still(order->url, &db, err) || !check_schema(db, &ret_report->head, err))
        return false;
    ret_report->head.database = db_kind(db) == DB_SQLITE ? "sqlite" : "postgres";
    if (!block_writer_open(&writer, order->path, &ret_report->head, order->passphrase, err))
        return false;
    Dump dump = { .db = db, .writer = &writer, .is_called_off = order->is_called_off };
    if (!dump_all(&dump, &arena, ret_report, err))
        return false;
    ret_report->bytes = writer.bytes;
    ret_report->head.salt = arena_strdup(&ret_report->arena, ret_report->head.salt);
    return true;
}

void backup_report_finish(BackupReport *report)
{
    arena_finish(&report->arena);
}
