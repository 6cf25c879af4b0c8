#include "json/describe.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* -- Bounds ----------------------------------------------------------------------------------- */

/* RFC 8259 6: "integers … in the range [-(2**53)+1, (2**53)-1] are interoperable in the sense that
 * implementations will agree exactly on their numeric values." */
#define LARGEST_EXACT_INTEGER ((INT64_C(1) << 53) - 1)

int64_t integer_max(const Field *field)
{
    return field->max == 0 && field->min >= 0 ? LARGEST_EXACT_INTEGER : field->max;
}

int64_t text_max(const Field *field)
{
    if (field->max != 0)
        return field->max;
    return (field->flags & UNBOUNDED_TEXT) != 0 ? 0 : LIMIT_TEXT;
}

/* -- Writing ---------------------------------------------------------------------------------- */

static void write_text_member(Writer *w, const char *key, const char *value)
{
    if (value == NULL)
        return;
    write_key(w, key);
    write_text(w, value);
}

static void write_integer_member(Writer *w, const char *key, int64_t value)
{
    write_key(w, key);
    write_integer(w, value);
}

static void write_reference(Writer *w, const Schema *schema)
{
    write_text_member(w, "$ref",
                      arena_printf(w->out.arena, "#/components/schemas/%s", schema->name));
}

/* -- One type each: the members of its JSON Schema -------------------------------------------- */

void describe_integer(Writer *w, const Field *field)
{
    write_text_member(w, "type", "integer");
    write_text_member(w, "format", "int64");
    write_integer_member(w, "minimum", field->min);
    write_integer_member(w, "maximum", integer_max(field));
}

void describe_text(Writer *w, const Field *field)
{
    write_text_member(w, "type", "string");
    write_text_member(w, "format", field->format);
    write_text_member(w, "pattern", field->pattern);
    if (field->min > 0)
        write_integer_member(w, "minLength", field->min);
    if (text_max(field) > 0)
        write_integer_member(w, "maxLength", text_max(field));
    if (field->described != NULL)
        write_raw(w, field->described);
}

void describe_boolean(Writer *w, const Field *field)
{
    (void)field;
    write_text_member(w, "type", "boolean");
}

void describe_choice(Writer *w, const Field *field)
{
    write_text_member(w, "type", "string");
    write_key(w, "enum");
    write_array(w);
    for (const char *const *name = field->choices; *name != NULL; name++) {
        if (**name != '\0')
            write_text(w, *name);
    }
    if ((field->flags & NULLABLE) != 0)
        write_null(w); /* "type" alone would not let it through */
    write_end_array(w);
}

void describe_json(Writer *w, const Field *field)
{
    if (field->described != NULL)
        write_raw(w, field->described);
}

void describe_object(Writer *w, const Field *field)
{
    write_reference(w, field->schema);
}

void describe_array(Writer *w, const Field *field)
{
    write_text_member(w, "type", "array");
    write_key(w, "items");
    if (field->schema != NULL) {
        write_object(w);
        write_reference(w, field->schema);
        write_end_object(w);
    } else {
        field_describe(field->element, w);
    }
    if (field->min > 0)
        write_integer_member(w, "minItems", field->min);
    if (field->max > 0)
        write_integer_member(w, "maxItems", field->max);
}

/* -- Fields ----------------------------------------------------------------------------------- */

/* Writes the members of `described`, a whole JSON object, so that null is valid too: "type": "x"
 * becomes "type": ["x", "null"]; what has no type of its own goes into an anyOf. */
static void write_nullable(Writer *w, const char *described)
{
    static const char type_key[] = "{\"type\":\"";

    if (!text_starts_with(described, type_key)) {
        write_key(w, "anyOf");
        write_array(w);
        write_raw(w, described);
        write_raw(w, "{\"type\":\"null\"}");
        write_end_array(w);
        return;
    }
    const char *name = described + sizeof(type_key) - 1;
    size_t length = strcspn(name, "\"");
    write_key(w, "type");
    write_array(w);
    write_text(w, arena_strndup(w->out.arena, name, length));
    write_text(w, "null");
    write_end_array(w);
    const char *rest = name + length + 1; /* `,"format":…}` or `}` */
    if (*rest == ',')
        write_raw(w, arena_strndup(w->out.arena, rest + 1, strlen(rest) - 2));
}

static void write_type(Writer *w, const Field *field)
{
    /* A list of types says by itself whether null is one. */
    bool is_any = field->type == &json_value_type &&
                  (field->described == NULL || text_starts_with(field->described, "\"type\":["));
    bool is_nullable = (field->flags & NULLABLE) != 0 && !is_any;

    assert(field->type->describe != NULL);
    if (!is_nullable) {
        field->type->describe(w, field);
        return;
    }
    Writer described = writer_start(w->out.arena);
    write_object(&described);
    field->type->describe(&described, field);
    write_end_object(&described);
    write_nullable(w, writer_text(&described));
}

static void write_true(Writer *w, const char *key)
{
    write_key(w, key);
    write_boolean(w, true);
}

void field_describe(const Field *field, Writer *w)
{
    write_object(w);
    write_type(w, field);
    write_text_member(w, "description", field->doc);
    if ((field->flags & READ_ONLY) != 0)
        write_true(w, "readOnly");
    if ((field->flags & WRITE_ONLY) != 0)
        write_true(w, "writeOnly");
    if (field->fallback != NULL) {
        write_key(w, "default");
        write_raw(w, field->fallback);
    }
    if (field->example != NULL) {
        write_key(w, "examples");
        write_array(w);
        write_raw(w, field->example);
        write_end_array(w);
    }
    write_end_object(w);
}

/* -- Schemas ---------------------------------------------------------------------------------- */

static void write_synonym(Writer *w, const Field *field, const char *name)
{
    Field other = *field;

    other.doc = arena_printf(w->out.arena, "Another name of `%s`.", field->name);
    other.example = NULL;
    other.fallback = NULL;
    write_key(w, name);
    field_describe(&other, w);
}

static void write_properties(const Schema *schema, Writer *w, bool for_input)
{
    write_key(w, "properties");
    write_object(w);
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if (!for_input && (field->flags & WRITE_ONLY) != 0)
            continue;
        write_key(w, field->name);
        field_describe(field, w);
        for (const char *const *name = field->synonyms; for_input && name != NULL && *name != NULL;
             name++)
            write_synonym(w, field, *name);
    }
    write_end_object(w);
}

static bool is_required(const Field *field, bool for_input)
{
    if (for_input) /* any of its names will do, which `required` cannot say */
        return (field->flags & REQUIRED) != 0 && (field->flags & READ_ONLY) == 0 &&
               field->synonyms == NULL;
    return (field->flags & (SPARSE | WRITE_ONLY)) == 0;
}

static void write_required(const Schema *schema, Writer *w, bool for_input)
{
    write_key(w, "required");
    write_array(w);
    for (size_t i = 0; i < schema->field_count; i++) {
        if (is_required(&schema->fields[i], for_input))
            write_text(w, schema->fields[i].name);
    }
    write_end_array(w);
}

void schema_describe(const Schema *schema, Writer *w, bool for_input)
{
    write_object(w);
    write_text_member(w, "type", "object");
    write_text_member(w, "description", schema->doc);
    write_properties(schema, w, for_input);
    write_required(schema, w, for_input);
    if (for_input || schema->is_open) {
        write_key(w, "additionalProperties");
        write_boolean(w, schema->is_open);
    }
    write_end_object(w);
}
