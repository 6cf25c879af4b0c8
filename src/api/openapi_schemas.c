#include "api/openapi_schemas.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

static Component *find(SchemaSet *set, const Schema *schema, SchemaForm form)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->components[i].schema == schema && set->components[i].form == form)
            return &set->components[i];
    }
    return NULL;
}

static bool is_taken(const SchemaSet *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (text_equal(set->components[i].name, name))
            return true;
    }
    return false;
}

static const char *choose_name(const SchemaSet *set, const Schema *schema, SchemaForm form)
{
    static const char *const suffixes[] = {
        [FORM_OUTPUT] = "",          [FORM_CREATE] = "Input",      [FORM_PATCH] = "Patch",
        [FORM_MERGE] = "MergePatch", [FORM_INSIDE] = "MergePatch",
    };
    const char *name = schema->name;

    if (is_taken(set, name))
        name = arena_printf(set->arena, "%s%s", schema->name, suffixes[form]);
    for (int number = 2; is_taken(set, name); number++)
        name = arena_printf(set->arena, "%s%s%d", schema->name, suffixes[form], number);
    return name;
}

SchemaForm schema_form(DecodeMode mode)
{
    switch (mode) {
    case DECODE_CREATE:
        break;
    case DECODE_PATCH:
        return FORM_PATCH;
    case DECODE_MERGE:
        return FORM_MERGE;
    }
    return FORM_CREATE;
}

static bool takes_null_everywhere(const Schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if ((schema->fields[i].flags & NULLABLE) == 0)
            return false;
    }
    return true;
}

/* What is inside a member is a whole or again a patch; in a merge patch null takes it away. */
static SchemaForm form_inside(const Field *field, SchemaForm form)
{
    bool is_list = field->type == &array_type || field->type == &object_type;
    bool is_patch = form == FORM_MERGE || form == FORM_INSIDE;

    if (form == FORM_OUTPUT)
        return FORM_OUTPUT;
    if ((field->flags & PARTIAL) != 0)
        return is_patch ? FORM_MERGE : FORM_PATCH;
    return is_patch && !is_list && !takes_null_everywhere(field->schema) ? FORM_INSIDE
                                                                         : FORM_CREATE;
}

/* A copy of a field whose nested schema carries the name of its component. */
static Field rename_nested(SchemaSet *set, const Field *field, SchemaForm form)
{
    Field copy = *field;

    if (form == FORM_PATCH || form == FORM_MERGE)
        copy.flags &= ~(unsigned)REQUIRED;
    if (form == FORM_INSIDE)
        copy.flags |= NULLABLE;
    if (form != FORM_OUTPUT)
        copy.flags |= AS_TAKEN;
    if (form != FORM_OUTPUT && field->element != NULL) {
        Field *element = ARENA_NEW(set->arena, Field);
        *element = *field->element;
        element->flags |= AS_TAKEN;
        copy.element = element;
    }
    if (field->schema != NULL) {
        SchemaForm inside = form_inside(field, form);
        Schema *nested = ARENA_NEW(set->arena, Schema);
        *nested = *field->schema;
        nested->name = schema_set_name(set, field->schema, inside);
        copy.schema = nested;
        if (inside == FORM_INSIDE)
            copy.flags |= NULL_REMOVES;
    }
    return copy;
}

const char *schema_set_name(SchemaSet *set, const Schema *schema, SchemaForm form)
{
    Component *component = find(set, schema, form);

    if (component != NULL)
        return component->name;
    assert(set->count < MOST_COMPONENTS);
    component = &set->components[set->count];
    component->name = choose_name(set, schema, form);
    component->schema = schema;
    component->form = form;
    set->count++; /* before the nested ones: a schema may hold itself */

    Field *fields = ARENA_ARRAY(set->arena, Field, schema->field_count);
    for (size_t i = 0; i < schema->field_count; i++)
        fields[i] = rename_nested(set, &schema->fields[i], form);
    component->renamed = *schema;
    component->renamed.name = component->name;
    component->renamed.fields = fields;
    return component->name;
}

void schema_set_write(const SchemaSet *set, Writer *w)
{
    for (size_t i = 0; i < set->count; i++) {
        write_key(w, set->components[i].name);
        schema_describe(&set->components[i].renamed, w, set->components[i].form != FORM_OUTPUT);
    }
}
