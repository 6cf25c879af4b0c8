#include "history/diff.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "calendar/overrides.h"
#include "json/reader.h"

/* How it works: schema_compare says which members differ; each is written by its own type. Of the
 * overrides the two lists are walked side by side, in the order of their original starts. */

/* One side of a comparison of one member; `object` NULL: there is nothing. */
typedef struct Side {
    const Field *field;
    const void *object;
} Side;

static bool is_null(Side side)
{
    return side.object == NULL || (side.field->type->is_null != NULL &&
                                   side.field->type->is_null(field_in(side.field, side.object)));
}

static void write_side(Writer *w, Side side)
{
    if (side.object == NULL)
        write_null(w);
    else
        field_encode(side.field, w, side.object);
}

static void write_change(Writer *w, const char *name, Side before, Side after)
{
    const char *change_type = is_null(before) ? "added" : is_null(after) ? "removed" : "modified";

    write_object(w);
    write_key(w, "field");
    write_text(w, name);
    write_key(w, "change_type");
    write_text(w, change_type);
    write_key(w, "old_value");
    write_side(w, before);
    write_key(w, "new_value");
    write_side(w, after);
    write_end_object(w);
}

/* -- Overrides -------------------------------------------------------------------------------- */

static const void *side_object(const OverrideEntry *entry, size_t i)
{
    bool has_member = entry != NULL && (entry->override.given >> i & 1) != 0;

    return has_member ? &entry->override : NULL;
}

/* A member that only one side overrides was added or removed, whatever its value. */
static void write_entry_changes(Writer *w, Arena *arena, const OverrideEntry *before,
                                const OverrideEntry *after)
{
    assert(before != NULL || after != NULL);
    const char *key = before != NULL ? before->key : after->key;

    for (size_t i = 0; i < override_schema.field_count; i++) {
        const Field *field = &override_schema.fields[i];
        Side old = { .field = field, .object = side_object(before, i) };
        Side new = { .field = field, .object = side_object(after, i) };
        bool is_same = old.object == NULL || new.object == NULL
                           ? old.object == new.object
                           : field->type->equal(field, field_in(field, old.object),
                                                field_in(field, new.object));
        if (!is_same)
            write_change(w, arena_printf(arena, "recurrence_overrides.%s.%s", key, field->name),
                         old, new);
    }
}

static void write_override_changes(Writer *w, Arena *arena, const char *before, const char *after)
{
    OverrideEntry *old;
    OverrideEntry *new;
    size_t old_count = overrides_list(arena, before, &old);
    size_t new_count = overrides_list(arena, after, &new);
    size_t i = 0;
    size_t j = 0;

    while (i < old_count || j < new_count) {
        bool is_old =
            j == new_count || (i < old_count && old[i].original_start <= new[j].original_start);
        bool is_new =
            i == old_count || (j < new_count && new[j].original_start <= old[i].original_start);
        write_entry_changes(w, arena, is_old ? &old[i] : NULL, is_new ? &new[j] : NULL);
        i += is_old;
        j += is_new;
    }
}

/* -- Events ----------------------------------------------------------------------------------- */

static bool differs(Members differing, size_t i)
{
    return (differing >> i & 1) != 0;
}

void diff_write(Writer *w, Arena *arena, const Event *before, const Event *after)
{
    Members differing = schema_compare(&event_schema, before, after, VERSIONED);

    write_array(w);
    for (size_t i = 0; i < event_schema.field_count; i++) {
        const Field *field = &event_schema.fields[i];
        if (!differs(differing, i))
            continue;
        if (field->type == &overrides_type)
            write_override_changes(w, arena, before->recurrence_overrides,
                                   after->recurrence_overrides);
        else
            write_change(w, field->name, (Side){ .field = field, .object = before },
                         (Side){ .field = field, .object = after });
    }
    write_end_array(w);
}

static void write_old_and_new(Writer *w, const Field *field, const Event *before,
                              const Event *after)
{
    write_key(w, field->name);
    write_object(w);
    write_key(w, "old");
    write_side(w, (Side){ .field = field, .object = before });
    write_key(w, "new");
    write_side(w, (Side){ .field = field, .object = after });
    write_end_object(w);
}

void diff_write_changes(Writer *w, const Event *before, const Event *after)
{
    Members differing =
        before != NULL ? schema_compare(&event_schema, before, after, VERSIONED) : 0;

    write_object(w);
    for (size_t i = 0; i < event_schema.field_count; i++) {
        const Field *field = &event_schema.fields[i];
        bool is_new = before == NULL && (field->flags & VERSIONED) != 0 &&
                      !is_null((Side){ .field = field, .object = after });
        if (is_new || differs(differing, i))
            write_old_and_new(w, field, before, after);
    }
    write_end_object(w);
}

bool diff_is_empty(const Event *before, const Event *after)
{
    return schema_compare(&event_schema, before, after, VERSIONED) == 0;
}
