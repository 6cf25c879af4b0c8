/* fasti schema: docs/schema.sql, which is part of the program. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"

extern const char schema_text[]; /* tools/embed */

/* How the part of each kind of database begins in the file, in its order. */
static const struct {
    const char *name;
    const char *heading;
} engines[] = {
    { "sqlite", "-- == SQLite" },
    { "postgres", "-- == PostgreSQL" },
};

enum { ENGINES = sizeof(engines) / sizeof(engines[0]) };

static int print_part(size_t i)
{
    const char *start = strstr(schema_text, engines[i].heading);
    const char *end = i + 1 < ENGINES ? strstr(schema_text, engines[i + 1].heading) : NULL;

    fwrite(start, 1, end != NULL ? (size_t)(end - start) : strlen(start), stdout);
    return EXIT_OK;
}

int run_schema(Call *call)
{
    const char *engine = call_take_option(call, "--engine");

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (engine == NULL) {
        fputs(schema_text, stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < ENGINES; i++) {
        if (text_equal(engine, engines[i].name))
            return print_part(i);
    }
    return call_refuse_usage(call, "There is no engine %s: say sqlite or postgres.", engine);
}
