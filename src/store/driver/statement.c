#include "store/driver/statement.h"

#include <assert.h>

#include "store/driver/columns.h"

/* The linker names the ends of every section whose name is a C identifier. Weak: a program without
 * one statement has no such section. */
extern const Sql *const __start_fasti_sql[] __attribute__((weak, visibility("hidden")));
extern const Sql *const __stop_fasti_sql[] __attribute__((weak, visibility("hidden")));

void sql_each(void (*visit)(const Sql *sql, void *context), void *context)
{
    for (const Sql *const *at = __start_fasti_sql; at < __stop_fasti_sql; at++)
        visit(*at, context);
}

static const char *plain_text(const Sql *sql, DbKind kind)
{
    const char *own = kind == DB_SQLITE ? sql->sqlite : sql->postgres;

    return own != NULL ? own : sql->text;
}

bool sql_is_for(const Sql *sql, DbKind kind)
{
    return plain_text(sql, kind) != NULL;
}

const char *sql_text(const Sql *sql, DbKind kind, Arena *arena)
{
    const char *text = plain_text(sql, kind);

    assert(text != NULL);
    return sql->table != NULL ? columns_expand(sql->table, text, arena) : text;
}
