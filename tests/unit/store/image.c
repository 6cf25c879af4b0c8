#include "image.h"

#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "bench.h"

/* Every table, what makes a text of a row of it, `line`, and where those rows are taken from: which
 * shard counts an event is a matter of the connection, so of those only the sum is compared. */
SQL_DIALECTS(select_tables,
             .sqlite = "SELECT m.name, m.name AS source,"
                       " group_concat('quote(\"' || c.name || '\")', ' || '','' || ') AS line"
                       " FROM sqlite_master m, pragma_table_info(m.name) c"
                       " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' GROUP BY m.name",
             .postgres =
                 "SELECT CAST(table_name AS TEXT) AS name, 'CAST(one AS TEXT)' AS line,"
                 " CASE table_name WHEN 'event_counts' THEN '(SELECT user_id, sum(events),"
                 " sum(owned_events), sum(owned_bytes), sum(history_bytes)"
                 " FROM event_counts GROUP BY user_id)' ELSE CAST(table_name AS TEXT) END AS source"
                 " FROM information_schema.tables WHERE table_schema = current_schema()"
                 " ORDER BY table_name");

SQL_DIALECTS(select_sequences, .sqlite = "SELECT NULL AS rewind WHERE FALSE",
             .postgres = "SELECT format('SELECT setval(%L, %s, %L);', sequencename,"
                         " coalesce(last_value, 1), last_value IS NOT NULL) AS rewind"
                         " FROM pg_sequences WHERE schemaname = current_schema()");

/* What stands around the copies: no reference is looked at on the way. */
static const struct {
    const char *first;
    const char *last;
    const char *join;      /* the function that makes one text of many … */
    const char *line_feed; /* … with this between them */
} dialects[] = {
    [DB_SQLITE] = { "PRAGMA foreign_keys = OFF; BEGIN;"
                    "DELETE FROM sqlite_sequence;"
                    "INSERT INTO sqlite_sequence SELECT * FROM saved_sqlite_sequence;",
                    "COMMIT; PRAGMA foreign_keys = ON;", "group_concat", "char(10)" },
    [DB_POSTGRES] = { "BEGIN; SET LOCAL session_replication_role = replica;", "COMMIT;",
                      "string_agg", "chr(10)" },
};

static const char *rewind_script(Db *db, Arena *arena)
{
    Rows AUTO(rows_close) rows = { 0 };
    Buffer script = buffer_start(arena);
    Error err = { 0 };

    assert_true(db_query(db, &select_sequences, NO_PARAMS, &rows, &err));
    while (rows_next(&rows))
        buffer_add(&script, rows_text(&rows, "rewind", arena));
    assert_true(rows_finish(&rows, &err));
    return script.data;
}

Image image_take(Db *db, Arena *arena)
{
    Rows AUTO(rows_close) rows = { 0 };
    DbKind kind = db_kind(db);
    Buffer save = buffer_start(arena);
    Buffer select = buffer_start(arena);
    Buffer restore = buffer_start(arena);
    Error err = { 0 };

    if (kind == DB_SQLITE)
        buffer_add(&save, "CREATE TABLE saved_sqlite_sequence AS SELECT * FROM sqlite_sequence;");
    buffer_add(&restore, dialects[kind].first);
    assert_true(db_query(db, &select_tables, NO_PARAMS, &rows, &err));
    while (rows_next(&rows)) {
        const char *name = rows_text(&rows, "name", arena);
        const char *line = rows_text(&rows, "line", arena);
        const char *source = rows_text(&rows, "source", arena);
        buffer_printf(&save, "CREATE TABLE saved_%s AS SELECT * FROM %s;", name, name);
        buffer_printf(&restore, "DELETE FROM %s; INSERT INTO %s SELECT * FROM saved_%s;", name,
                      name, name);
        buffer_printf(&select,
                      "%sSELECT CAST('%s' AS TEXT) AS name, (SELECT %s(line, %s)"
                      " FROM (SELECT %s AS line FROM %s one ORDER BY 1) sorted) AS lines",
                      select.length > 0 ? " UNION ALL " : "", name, dialects[kind].join,
                      dialects[kind].line_feed, line, source);
    }
    assert_true(rows_finish(&rows, &err));
    bench_run(db, save.data);
    buffer_add(&restore, dialects[kind].last);
    const char *rewind = rewind_script(db, arena);
    buffer_add(&restore, rewind);
    Sql *sql = ARENA_NEW(arena, Sql);
    *sql = (Sql){ .name = "image", .text = select.data };
    return (Image){ .select = sql, .restore = restore.data, .rewind = rewind };
}

const char *image_text(const Image *image, Db *db, const char *except, Arena *arena)
{
    Rows AUTO(rows_close) rows = { 0 };
    Buffer text = buffer_start(arena);
    Error err = { 0 };

    if (!db_query(db, image->select, NO_PARAMS, &rows, &err))
        fail_msg("%s", db_last_message(db));
    while (rows_next(&rows)) {
        const char *name = rows_text(&rows, "name", arena);
        const char *lines = rows_text(&rows, "lines", arena);
        if (!text_equal(name, except))
            buffer_printf(&text, "%s\n%s\n", name, lines != NULL ? lines : "");
    }
    assert_true(rows_finish(&rows, &err));
    return text.data;
}

void image_restore(const Image *image, Db *db)
{
    bench_run(db, image->restore);
}

void image_rewind(const Image *image, Db *db)
{
    if (*image->rewind != '\0')
        bench_run(db, image->rewind);
}
