#include <locale.h>
#include <stdlib.h>

#include "cli/command.h"
#include "time/timezone.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");          /* see base/fold.h; nothing else depends on a locale */
    timezone_set_directory(getenv("TZDIR")); /* tzset(3) */
    return command_main(argc, argv);
}
