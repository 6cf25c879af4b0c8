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
static bool is_same(const Field *field, Side old, Side new)
{
    if (old.object == NULL || new.object == NULL)
        return old.object == new.object;
    return field->type->equal(field, field_in(field, old.object), field_in(field, new.object));
}

/* One occurrence, on both sides; NULL: not overridden there. */
typedef struct OverridePair {
    const OverrideEntry *before;
    const OverrideEntry *after;
} OverridePair;

static bool is_same_pair(const OverridePair *pair)
{
    for (size_t i = 0; i < override_schema.field_count; i++) {
        const Field *field = &override_schema.fields[i];
        Side old = { .field = field, .object = side_object(pair->before, i) };
        Side new = { .field = field, .object = side_object(pair->after, i) };
        if (!is_same(field, old, new))
            return false;
    }
    return true;
}

/* The occurrences that either side overrides and that differ, in order. */
static size_t list_pairs(Arena *arena, const char *before, const char *after,
                         OverridePair **ret_pairs)
{
    OverrideEntry *old;
    OverrideEntry *new;
    size_t old_count = overrides_list(arena, before, &old);
    size_t new_count = overrides_list(arena, after, &new);
    OverridePair *pairs = ARENA_ARRAY(arena, OverridePair, old_count + new_count);
    size_t count = 0;
    size_t i = 0;
    size_t j = 0;

    while (i < old_count || j < new_count) {
        bool is_old =
            j == new_count || (i < old_count && old[i].original_start <= new[j].original_start);
        bool is_new =
            i == old_count || (j < new_count && new[j].original_start <= old[i].original_start);
        pairs[count] = (OverridePair){ is_old ? &old[i] : NULL, is_new ? &new[j] : NULL };
        count += !is_same_pair(&pairs[count]);
        i += is_old;
        j += is_new;
    }
    *ret_pairs = pairs;
    return count;
}

static void write_pair_changes(Writer *w, Arena *arena, const OverridePair *pair)
{
    assert(pair->before != NULL || pair->after != NULL);
    const char *key = pair->before != NULL ? pair->before->key : pair->after->key;

    for (size_t i = 0; i < override_schema.field_count; i++) {
        const Field *field = &override_schema.fields[i];
        Side old = { .field = field, .object = side_object(pair->before, i) };
        Side new = { .field = field, .object = side_object(pair->after, i) };
        if (!is_same(field, old, new))
            write_change(w, arena_printf(arena, "recurrence_overrides.%s.%s", key, field->name),
                         old, new);
    }
}

static void write_override_changes(Writer *w, Arena *arena, const char *before, const char *after)
{
    OverridePair *pairs;
    size_t count = list_pairs(arena, before, after, &pairs);

    for (size_t i = 0; i < count; i++)
        write_pair_changes(w, arena, &pairs[i]);
}

/* {"old": …, "new": …}, each with those overrides alone that differ; null: it has none of them. */
static void write_differing_overrides(Writer *w, const char *before, const char *after)
{
    Arena *arena = w->out.arena;
    OverridePair *pairs;
    size_t count = list_pairs(arena, before, after, &pairs);
    OverrideEntry *old = ARENA_ARRAY(arena, OverrideEntry, count);
    OverrideEntry *new = ARENA_ARRAY(arena, OverrideEntry, count);
    size_t old_count = 0;
    size_t new_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (pairs[i].before != NULL)
            old[old_count++] = *pairs[i].before;
        if (pairs[i].after != NULL)
            new[new_count++] = *pairs[i].after;
    }
    write_object(w);
    write_key(w, "old");
    write_raw(w, overrides_text(arena, old, old_count));
    write_key(w, "new");
    write_raw(w, overrides_text(arena, new, new_count));
    write_end_object(w);
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
    if (field->type == &overrides_type && before != NULL) {
        write_differing_overrides(w, before->recurrence_overrides, after->recurrence_overrides);
        return;
    }
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
