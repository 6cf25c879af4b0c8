#include <stdio.h>

#include "cli/command.h"
#include "cli/database.h"
#include "store/migrations.h"

int run_migrate(Call *call)
{
    Error err = { .code = ERROR_NONE };
    int from = 0;
    int to = 0;

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (!database_make_directory(call->config, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    if (!migrations_run(call->config->database_url, &from, &to, &err))
        return call_fail_database(&err);
    if (from == to)
        printf("The database is at version %d, the newest.\n", to);
    else
        printf("The database went from version %d to %d.\n", from, to);
    return EXIT_OK;
}
