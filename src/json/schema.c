#include "json/schema.h"

#include <assert.h>
#include <string.h>

static Members bit_of(const Schema *schema, const Field *field)
{
    return UINT64_C(1) << (field - schema->fields);
}

static bool is_given(const Schema *schema, const Field *field, const void *object)
{
    return (*(const Members *)object & bit_of(schema, field)) != 0;
}

Members schema_bit(const Schema *schema, size_t offset)
{
    Members bit = 1;

    for (const Field *field = schema->fields; field->offset != offset; field++)
        bit <<= 1;
    return bit;
}

bool schema_is_given(const Schema *schema, const void *object, size_t offset)
{
    size_t i = 0;

    while (i < schema->field_count && schema->fields[i].offset != offset)
        i++;
    assert(i < schema->field_count); /* the offset is that of a field */
    return is_given(schema, &schema->fields[i], object);
}

const Field *schema_field(const Schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (strcmp(schema->fields[i].name, name) == 0)
            return &schema->fields[i];
    }
    return NULL;
}

void schema_set_nulls(const Schema *schema, void *object)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        field->type->set_null(field_of(field, object));
    }
}

static bool is_null(const Field *field, const void *member)
{
    return field->type->is_null != NULL && field->type->is_null(member);
}

/* -- What a client may write ------------------------------------------------------------------ */

static bool check_inside(const Field *field, const void *patch, Arena *arena,
                         const Location *location, Error *err);

static bool check_field(const Schema *schema, const Field *field, const void *current,
                        const void *patch, Arena *arena, const Location *parent, Error *err)
{
    Location location = { .parent = parent, .name = field->name };
    bool is_fixed =
        (field->flags & READ_ONLY) != 0 || ((field->flags & IMMUTABLE) != 0 && current != NULL);

    if (!is_given(schema, field, patch))
        return true;
    if (!is_fixed)
        return check_inside(field, patch, arena, &location, err);
    if (current != NULL && field->type->equal != NULL &&
        field->type->equal(field, field_in(field, current), field_in(field, patch)))
        return true;
    if (current == NULL)
        return error_fault(err, arena, &location, "read_only",
                           "This is set by the server; leave it out.");
    return error_fault(err, arena, &location, "read_only",
                       "This cannot be changed; leave it out or give its present value.");
}

bool schema_check_read_only(const Schema *schema, const void *current, const void *patch,
                            Arena *arena, const Location *location, Error *err)
{
    bool is_sound = true;

    for (size_t i = 0; i < schema->field_count; i++)
        is_sound &= check_field(schema, &schema->fields[i], current, patch, arena, location, err);
    return is_sound;
}

/* What lies inside a member that may be written is new with it: there is nothing to equal. */
static bool check_inside(const Field *field, const void *patch, Arena *arena,
                         const Location *location, Error *err)
{
    bool is_sound = true;
    const void *member = field_in(field, patch);

    if (field->schema == NULL || (field->flags & PARTIAL) != 0 || is_null(field, member))
        return true;
    if (field->type == &object_type)
        return schema_check_read_only(field->schema, NULL, *(const void *const *)member, arena,
                                      location, err);
    if (field->type != &array_type)
        return true;
    const List *list = member;
    for (size_t i = 0; i < list->count; i++) {
        Location item = { .parent = location, .index = i };
        is_sound &= schema_check_read_only(field->schema, NULL,
                                           (const char *)list->items + i * field->schema->size,
                                           arena, &item, err);
    }
    return is_sound;
}

void schema_apply(const Schema *schema, const void *patch, void *object)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if (!is_given(schema, field, patch) || (field->flags & READ_ONLY) != 0)
            continue;
        assert(field->size > 0);
        memcpy(field_of(field, object), field_in(field, patch), field->size);
        *(Members *)object |= bit_of(schema, field);
    }
}

/* -- Comparing and writing -------------------------------------------------------------------- */

Members schema_compare(const Schema *schema, const void *a, const void *b, unsigned only)
{
    Members differing = 0;

    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if (only != 0 && (field->flags & only) == 0)
            continue;
        assert(field->type->equal != NULL);
        if (!field->type->equal(field, field_in(field, a), field_in(field, b)))
            differing |= bit_of(schema, field);
    }
    return differing;
}

void field_encode(const Field *field, Writer *w, const void *object)
{
    assert(field->type->encode != NULL);
    field->type->encode(w, field, field_in(field, object));
}

void schema_encode(const Schema *schema, Writer *w, const void *object, unsigned only)
{
    write_object(w);
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if (only != 0 ? (field->flags & only) == 0 : (field->flags & WRITE_ONLY) != 0)
            continue;
        if ((field->flags & SPARSE) != 0 && is_null(field, field_in(field, object)))
            continue;
        write_label(w, field->label, field->label_length);
        field_encode(field, w, object);
    }
    write_end_object(w);
}
