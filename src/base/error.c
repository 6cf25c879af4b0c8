#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

static const struct {
    int status;
    const char *type;
    const char *title;
} codes[] = { [ERROR_NONE] = { 200, "about:blank", "OK" },
#define X(name, status, type, title) [ERROR_##name] = { status, type, title },
              ERROR_CODES(X)
#undef X
};

/* Takes off what is left of a character that the end of the array cut in two. */
static void drop_cut_character(char *text)
{
    size_t end = strlen(text);
    size_t lead = end;

    while (lead > 0 && ((unsigned char)text[lead - 1] & 0xc0) == 0x80)
        lead--;
    if (lead > 0 && !text_is_utf8(text + lead - 1, end - lead + 1))
        text[lead - 1] = '\0';
}

bool error_set(Error *err, ErrorCode code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->code = code;
    int length = vsnprintf(err->detail, sizeof(err->detail), format, args);
    va_end(args);
    if (length >= (int)sizeof(err->detail))
        drop_cut_character(err->detail);
    return false;
}

static void write_location(Buffer *out, const Location *location)
{
    if (location->parent != NULL) {
        write_location(out, location->parent);
        buffer_add(out, ",");
    }
    if (location->name != NULL)
        buffer_add_json_string(out, location->name);
    else
        buffer_printf(out, "%zu", location->index);
}

bool error_fault(Error *err, Arena *arena, const Location *location, const char *type,
                 const char *format, ...)
{
    if (err->code != ERROR_INVALID)
        error_set(err, ERROR_INVALID, "%s",
                  "Some members of the request are not valid; `errors` names each of them.");
    err->fault_count++;
    if (err->fault_count > LIMIT_FAULTS)
        return false;

    Buffer where = buffer_start(arena);
    buffer_add(&where, "[");
    write_location(&where, location);
    buffer_add(&where, "]");

    Fault *fault = ARENA_NEW(arena, Fault);
    fault->location = where.data;
    fault->type = type;
    va_list args;
    va_start(args, format);
    fault->message = arena_vprintf(arena, format, args);
    va_end(args);

    Fault **end = &err->faults;
    while (*end != NULL)
        end = &(*end)->next;
    *end = fault;
    return false;
}

void error_clear(Error *err)
{
    *err = (Error){ .code = ERROR_NONE };
}

int error_status(ErrorCode code)
{
    return codes[code].status;
}

const char *error_type(ErrorCode code)
{
    return codes[code].type;
}

const char *error_title(ErrorCode code)
{
    return codes[code].title;
}
