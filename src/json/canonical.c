#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/reader.h"
#include "json/writer.h"

static void write_value(Writer *w, const json_t *value);

/* The shortest of the spellings that read back as the same double; always recognisable as a real,
 * so that a second reading gives the same type again. */
static void write_real(Writer *w, double value)
{
    char text[32];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        strncat(text, ".0", sizeof(text) - strlen(text) - 1);
    write_raw(w, text);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_members(Writer *w, const json_t *object)
{
    size_t count = json_object_size(object);
    const char **names = ARENA_ARRAY(w->out.arena, const char *, count);
    json_t *members = (json_t *)object; /* jansson's iterators take no const */
    size_t i = 0;

    for (void *at = json_object_iter(members); at != NULL; at = json_object_iter_next(members, at))
        names[i++] = json_object_iter_key(at);
    qsort(names, count, sizeof(names[0]), compare_names);
    write_object(w);
    for (i = 0; i < count; i++) {
        write_key(w, names[i]);
        write_value(w, json_object_get(object, names[i]));
    }
    write_end_object(w);
}

static void write_value(Writer *w, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_members(w, value);
        break;
    case JSON_ARRAY:
        write_array(w);
        for (size_t i = 0; i < json_array_size(value); i++)
            write_value(w, json_array_get(value, i));
        write_end_array(w);
        break;
    case JSON_STRING:
        write_text(w, json_string_value(value));
        break;
    case JSON_INTEGER:
        write_integer(w, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(w, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        write_boolean(w, json_is_true(value));
        break;
    case JSON_NULL:
        write_null(w);
        break;
    }
}

const char *json_canonical(Arena *arena, const json_t *value)
{
    Writer w = writer_start(arena);

    write_value(&w, value);
    return writer_text(&w);
}
