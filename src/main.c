#include <locale.h>

#include "cli/command.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* see base/fold.h; nothing else depends on a locale */
    return command_main(argc, argv);
}
