#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "store/migrations.h"

/* FASTI_TEST_POSTGRES, but of another database. */
static const char *url_of(Bench *bench, const char *database)
{
    const char *url = getenv("FASTI_TEST_POSTGRES");
    const char *query = url + strcspn(url, "?");
    const char *end = query;

    while (end > url && *end != '/')
        end--;
    return arena_printf(&bench->arena, "%.*s/%s%s%sapplication_name=%s", (int)(end - url), url,
                        database, query, *query != '\0' ? "&" : "?", database);
}

/* Nobody may be connected to what is copied. */
static void copy(Bench *bench, const char *template)
{
    char random[9];

    random_hex(random, 4);
    snprintf(bench->database, sizeof(bench->database), "store_test_%s", random);
    bench_must(bench, bench->db, db_set_statement_timeout(bench->db, 0, &bench->err));
    bench_run(bench->db, arena_printf(&bench->arena, "DROP SCHEMA %s", bench->schema));
    bench_run(bench->db,
              arena_printf(&bench->arena, "CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY",
                           bench->database, template));
    strcpy(bench->schema, "public");
    bench->url = url_of(bench, bench->database);
}

void bench_migrate(Bench *bench)
{
    const char *template = getenv("FASTI_TEST_MIGRATED");
    bool is_made = template != NULL && *template != '\0' && db_kind(bench->db) == DB_POSTGRES;
    int from;
    int to;

    if (is_made)
        copy(bench, template);
    db_close(&bench->reader);
    db_close(&bench->db);
    if (!is_made)
        bench_must(bench, NULL, migrations_run(bench->url, &from, &to, &bench->err));
    bench_reconnect(bench);
}
