#include "store/driver/columns.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"

static const char moves_from[] = "moves from ";

/* Does the list "id, title" have this name? */
static bool is_listed(const char *list, const char *name)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ", ");
        if (strlen(name) == length && strncmp(list, name, length) == 0)
            return true;
        list += length;
        list += strspn(list, ", ");
    }
    return false;
}

static bool is_left_out(const Field *field, const char *what)
{
    const char *but = strstr(what, " but ");

    if (text_equal(what, "changes"))
        return (field->flags & WRITTEN_ONCE) != 0;
    if (text_starts_with(what, moves_from))
        return (field->flags & FOLLOWS_ZONE) == 0;
    return but != NULL && is_listed(but + strlen(" but "), field->name);
}

static void add_column(Buffer *out, const char *what, const Field *field, size_t number)
{
    const char *after_alias = strstr(what, "columns");

    if (text_equal(what, "values")) {
        buffer_printf(out, "$%zu", number);
    } else if (text_equal(what, "changes")) {
        buffer_printf(out, "%s = $%zu", field->name, number);
    } else if (text_starts_with(what, moves_from)) {
        buffer_printf(out, "%s = %s.%s", field->name, what + strlen(moves_from), field->name);
    } else {
        assert(after_alias != NULL && "braces in a statement have one of the forms of columns.h");
        buffer_printf(out, "%.*s%s", (int)(after_alias - what), what, field->name);
    }
}

/* `what` is the inside of a pair of braces. */
static void add_columns(Buffer *out, const Schema *schema, const char *what)
{
    const char *comma = "";
    size_t number = 0;

    for (size_t i = 0; i < columns_field_count(schema); i++) {
        const Field *field = columns_field(schema, i);
        if ((field->flags & DERIVED) != 0)
            continue;
        number++;
        if (what[0] == '$' && text_equal(what + 1, field->name))
            buffer_printf(out, "$%zu", number);
        if (what[0] == '$' || is_left_out(field, what))
            continue;
        buffer_add(out, comma);
        add_column(out, what, field, number);
        comma = ", ";
    }
}

const char *columns_expand(const Schema *schema, const char *text, Arena *arena)
{
    Buffer out = buffer_start(arena);

    for (const char *open = strchr(text, '{'); open != NULL; open = strchr(text, '{')) {
        size_t length = strcspn(open + 1, "}");
        buffer_add_bytes(&out, text, (size_t)(open - text));
        add_columns(&out, schema, arena_strndup(arena, open + 1, length));
        assert(open[1 + length] == '}');
        text = open + 1 + length + 1;
    }
    buffer_add(&out, text);
    return out.data;
}
