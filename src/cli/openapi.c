#include "api/openapi.h"

#include <stdio.h>

#include "api/routes.h"
#include "cli/command.h"
#include "cli/version.h"

int run_openapi(Call *call)
{
    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    const char *document = openapi_document(all_routes, version_text, NULL, call->arena);
    fputs(openapi_indent(document, call->arena), stdout);
    return EXIT_OK;
}
