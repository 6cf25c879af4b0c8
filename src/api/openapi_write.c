#include "api/openapi_write.h"

#include <ctype.h>

void openapi_text(Writer *w, const char *key, const char *value)
{
    if (value == NULL)
        return;
    write_key(w, key);
    write_text(w, value);
}

void openapi_reference(Writer *w, const char *key, const char *kind, const char *name)
{
    if (key != NULL)
        write_key(w, key);
    write_object(w);
    openapi_text(w, "$ref", arena_printf(w->out.arena, "#/components/%s/%s", kind, name));
    write_end_object(w);
}

const char *openapi_failure_name(ErrorCode code, Arena *arena)
{
    Buffer name = buffer_start(arena);
    bool is_first = true;

    for (const char *c = error_type(code); *c != '\0'; c++) {
        if (*c != '-')
            buffer_add_char(&name, is_first ? (char)toupper((unsigned char)*c) : *c);
        is_first = *c == '-';
    }
    return name.data;
}
