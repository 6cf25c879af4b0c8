#include "api/openapi.h"

#include <stdio.h>

#include "api/routes.h"
#include "cli/command.h"
#include "cli/version.h"

int run_openapi(Call *call)
{
    RouteTable tables[ROUTE_TABLES];

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    routes_all(tables);
    const char *document = openapi_document(tables, version_text, call->arena);
    fputs(openapi_indent(document, call->arena), stdout);
    return EXIT_OK;
}
