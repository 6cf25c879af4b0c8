#include <stdio.h>

#include "cli/command.h"
#include "cli/version.h"

const char version_text[] = FASTI_VERSION;

int run_version(Call *call)
{
    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    printf("fasti %s\n", version_text);
    return EXIT_OK;
}
