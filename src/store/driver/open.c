/* Which database a URL means. */
#include <string.h>

#include "base/text.h"
#include "store/driver/db.h"
#include "store/driver/driver.h"

static const char sqlite_scheme[] = "sqlite:///";

/* SQLAlchemy names its driver in the scheme, "postgresql+psycopg2://"; libpq knows only the plain
 * one. Returns where "://" begins, or NULL. */
static const char *postgres_rest(const char *url)
{
    static const char *const schemes[] = { "postgresql", "postgres" };

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (!text_starts_with(url, schemes[i]))
            continue;
        const char *rest = url + strlen(schemes[i]);
        if (*rest == '+')
            rest += strcspn(rest, ":");
        if (text_starts_with(rest, "://"))
            return rest;
    }
    return NULL;
}

const char *db_url_scheme_error(const char *url)
{
    if (postgres_rest(url) != NULL)
        return NULL;
    if (!text_starts_with(url, sqlite_scheme))
        return "The database URL must begin with sqlite:/// or postgresql://.";
    const char *path = url + strlen(sqlite_scheme);
    if (*path == '\0' || strcmp(path, ":memory:") == 0)
        return "A sqlite:/// URL must name a file; a database in memory would keep nothing.";
    return NULL;
}

const char *db_url_file(const char *url)
{
    return text_starts_with(url, sqlite_scheme) ? url + strlen(sqlite_scheme) : NULL;
}

bool db_open(const char *url, DbMode mode, Db **ret_db, Error *err)
{
    const char *fault = db_url_scheme_error(url);
    if (fault != NULL)
        return error_set(err, ERROR_UNAVAILABLE, "%s", fault);
    if (db_url_file(url) != NULL)
        return sqlite_open(db_url_file(url), mode, ret_db, err);

    Arena AUTO(arena_finish) scratch = { 0 };
    return postgres_open(arena_printf(&scratch, "postgresql%s", postgres_rest(url)), mode, ret_db,
                         err);
}

bool db_open_still(const char *url, Db **ret_db, Error *err)
{
    const char *file = db_url_file(url);

    if (!(file != NULL ? sqlite_open_still(file, ret_db, err) : db_open(url, DB_READ, ret_db, err)))
        return false;
    if (db_set_statement_timeout(*ret_db, 0, err) && db_begin(*ret_db, err))
        return true;
    db_close(ret_db);
    return false;
}
