#include "json/decode.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "json/reader.h"

/* How it works: the table is walked, not the input, so faults come in the table's order whatever
 * order the members were sent in. Members that no row asked for are then named one by one. */

enum { MOST_FIELDS = 64, SHOWN_NAME_BYTES = 64 };

static const char repeated_message[] = "This is given twice, under two names or one; give it once.";

/* A body may have a fault in each of ten thousand places; those that are only counted cost nothing
 * more. */
static bool is_told(const Decoder *d)
{
    return d->err->fault_count < LIMIT_FAULTS;
}

bool decode_fault(const Decoder *d, const char *type, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *message = is_told(d) ? arena_vprintf(d->arena, format, args) : "";
    va_end(args);
    return error_fault(d->err, d->arena, d->location, type, "%s", message);
}

bool decode_fault_at(const Decoder *d, const char *member, const char *type, const char *format,
                     ...)
{
    const Location location = { .parent = d->location, .name = member };
    va_list args;

    va_start(args, format);
    const char *message = is_told(d) ? arena_vprintf(d->arena, format, args) : "";
    va_end(args);
    return error_fault(d->err, d->arena, &location, type, "%s", message);
}

/* The same decoder, one step further in. */
static Decoder decoder_at(const Decoder *d, const Location *location)
{
    Decoder inner = *d;

    inner.location = location;
    return inner;
}

static void mark_given(const Schema *schema, const Field *field, void *object)
{
    *(Members *)object |= UINT64_C(1) << (field - schema->fields);
}

/* Names come from strangers: cut, at the start of a character. error_fault escapes the rest. */
static const char *shown_name(const Decoder *d, const char *name)
{
    size_t length = strlen(name);

    if (length > SHOWN_NAME_BYTES) {
        length = SHOWN_NAME_BYTES;
        while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
            length--;
    }
    return arena_strndup(d->arena, name, length);
}

static void report_unknown(const Decoder *d, const Schema *schema, const char *what,
                           const char *name)
{
    const char *names[MOST_FIELDS];
    Location location = { .parent = d->location, .name = shown_name(d, name) };
    Decoder at_member = decoder_at(d, &location);

    assert(schema->fields != NULL && schema->field_count <= MOST_FIELDS);
    for (size_t i = 0; i < schema->field_count; i++)
        names[i] = schema->fields[i].name;
    const char *nearest = text_nearest(name, names, schema->field_count);
    if (nearest != NULL)
        decode_fault(&at_member, "unknown_field",
                     "There is no %s of this name; did you mean \"%s\"?", what, nearest);
    else
        decode_fault(&at_member, "unknown_field", "There is no %s of this name; leave it out.",
                     what);
}

static bool is_name_of(const Field *field, const char *name)
{
    if (strcmp(field->name, name) == 0)
        return true;
    for (const char *const *other = field->synonyms; other != NULL && *other != NULL; other++) {
        if (strcmp(*other, name) == 0)
            return true;
    }
    return false;
}

static const Field *find_input_field(const Schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if (is_name_of(&schema->fields[i], name))
            return &schema->fields[i];
    }
    return NULL;
}

static bool is_missing(const Schema *schema, const Field *field, const void *object)
{
    return (field->flags & REQUIRED) != 0 && (field->flags & READ_ONLY) == 0 &&
           !schema_is_given(schema, object, field->offset);
}

static bool report_missing(const Decoder *d, const Schema *schema, const void *object)
{
    bool is_complete = true;

    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if (!is_missing(schema, field, object))
            continue;
        Location location = { .parent = d->location, .name = field->name };
        Decoder at_member = decoder_at(d, &location);
        is_complete = decode_fault(&at_member, "missing", "This is required; add it.");
    }
    return is_complete;
}

/* -- JSON ------------------------------------------------------------------------------------- */

static bool decode_null(const Decoder *d, const Field *field, void *member)
{
    if ((field->flags & NULLABLE) == 0 && !d->is_stored)
        return decode_fault(d, "null_not_allowed", "This cannot be null; give %s%s.",
                            field->type->name,
                            (field->flags & REQUIRED) != 0 ? "" : " or leave it out");
    field->type->set_null(member);
    return true;
}

bool decode_value(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    if (json_is_null(value))
        return decode_null(d, field, member);
    if (d->is_stored && field->type->decode_stored != NULL)
        return field->type->decode_stored(d, field, json_canonical(d->arena, value), member);
    if (field->type->decode == NULL)
        return decode_fault(d, "read_only", "This is set by the server; leave it out.");
    return field->type->decode(d, field, value, member);
}

/* Generated clients send an empty object for what nobody filled in. */
static bool says_nothing(const Decoder *d, const Field *field, const json_t *value)
{
    return (field->flags & EMPTY_IS_LEFT_OUT) != 0 && !d->is_stored && json_is_object(value) &&
           json_object_size(value) == 0;
}

/* Decodes the member under one of its names; *taken counts those that were there. */
static bool decode_named(const Decoder *d, const Schema *schema, const Field *field,
                         const char *name, const json_t *value, void *object)
{
    Location location = { .parent = d->location, .name = name };
    Decoder at_member = decoder_at(d, &location);

    if (says_nothing(d, field, value))
        return true;
    if (schema_is_given(schema, object, field->offset))
        return decode_fault(&at_member, "repeated", "%s", repeated_message);
    mark_given(schema, field, object);
    return decode_value(&at_member, field, value, field_of(field, object));
}

static bool decode_field(const Decoder *d, const Schema *schema, const Field *field,
                         const json_t *value, void *object, size_t *taken)
{
    bool is_sound = true;
    const json_t *found = json_object_get(value, field->name);

    if (found != NULL) {
        (*taken)++;
        is_sound = decode_named(d, schema, field, field->name, found, object);
    }
    for (const char *const *other = field->synonyms; other != NULL && *other != NULL; other++) {
        found = json_object_get(value, *other);
        if (found == NULL)
            continue;
        (*taken)++;
        is_sound &= decode_named(d, schema, field, *other, found, object);
    }
    return is_sound;
}

/* As many as are told. */
static void report_all_unknown(const Decoder *d, const Schema *schema, const json_t *value)
{
    json_t *object = (json_t *)value; /* jansson's iterators take no const */

    for (void *at = json_object_iter(object); at != NULL && is_told(d);
         at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        if (find_input_field(schema, name) == NULL)
            report_unknown(d, schema, "member", name);
    }
}

bool decode_object(const Decoder *d, const Schema *schema, DecodeMode mode, const json_t *value,
                   void *object)
{
    bool is_sound = true;
    size_t taken = 0;

    assert(schema->field_count <= MOST_FIELDS);
    schema_set_nulls(schema, object);
    if (!json_is_object(value))
        return decode_fault(d, "object_type", "This must be a JSON object.");
    for (size_t i = 0; i < schema->field_count; i++)
        is_sound &= decode_field(d, schema, &schema->fields[i], value, object, &taken);
    if (d->is_stored)
        return is_sound;
    if (taken < json_object_size(value)) {
        report_all_unknown(d, schema, value);
        is_sound = false;
    }
    if (mode != DECODE_CREATE)
        return is_sound;
    is_sound &= report_missing(d, schema, object);
    return is_sound && (schema->check == NULL || schema->check(d, object));
}

bool schema_decode(const Schema *schema, DecodeMode mode, const json_t *value, Arena *arena,
                   const Location *location, void *object, Error *err)
{
    Decoder d = {
        .arena = arena,
        .location = location,
        .err = err,
        .merges = mode == DECODE_MERGE,
    };

    return decode_object(&d, schema, mode, value, object);
}

bool schema_decode_array(const Schema *schema, const char *name, const json_t *value, Arena *arena,
                         const Location *location, void *object, Error *err)
{
    const Decoder d = { .arena = arena, .location = location, .err = err };
    const Field *field = find_input_field(schema, name);

    assert(field != NULL);
    schema_set_nulls(schema, object);
    mark_given(schema, field, object);
    return decode_value(&d, field, value, field_of(field, object)) &&
           (schema->check == NULL || schema->check(&d, object));
}

bool schema_decode_stored(const Schema *schema, const char *json, Arena *arena, void *object,
                          Error *err)
{
    json_t *root AUTO(json_release) = NULL;
    Location location = { .name = schema->name };
    Error problem = { .code = ERROR_NONE }; /* not the client's: never a 422 */
    Decoder d = { .arena = arena, .location = &location, .err = &problem, .is_stored = true };

    if (!json_read_stored(json, &root, err))
        return false;
    return decode_object(&d, schema, DECODE_PATCH, root, object) ||
           error_set(err, ERROR_INTERNAL, "What is stored cannot be read at %s.",
                     problem.faults->location);
}

static bool check_value(const Decoder *d, const Field *field, const void *object)
{
    const Location location = { .parent = d->location, .name = field->name };
    const Decoder at_member = decoder_at(d, &location);
    void *scratch = arena_alloc(d->arena, field->size);
    json_t *value AUTO(json_release) = NULL;
    Writer w = writer_start(d->arena);

    field_encode(field, &w, object);
    return json_read_stored(writer_text(&w), &value, d->err) &&
           decode_value(&at_member, field, value, scratch);
}

bool schema_check_values(const Schema *schema, Members which, const void *object, Arena *arena,
                         const Location *location, Error *err)
{
    const Decoder d = { .arena = arena, .location = location, .err = err };
    bool is_sound = true;

    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if ((which & UINT64_C(1) << i) != 0 && field->type->storage != STORED_JSON)
            is_sound &= check_value(&d, field, object);
    }
    return is_sound;
}

/* -- Text ------------------------------------------------------------------------------------- */

/* All that pairs of this name say of a list, which is one text or item by item. */
static const char *whole_list(Arena *arena, const Field *field, const TextPair *pairs, size_t count)
{
    const char *list = NULL;

    for (size_t i = 0; i < count; i++) {
        if (is_name_of(field, pairs[i].name))
            list =
                list == NULL ? pairs[i].value : arena_printf(arena, "%s,%s", list, pairs[i].value);
    }
    return list;
}

/* The first of `count` pairs; the others are looked at for more of a list. */
static bool parse_pair(const Decoder *d, const Schema *schema, const TextPair *pair, size_t count,
                       void *object)
{
    const Field *field = find_input_field(schema, pair->name);

    if (field == NULL) {
        report_unknown(d, schema, "parameter", pair->name);
        return false;
    }
    if (*pair->value == '\0')
        return true;
    Location location = { .parent = d->location, .name = pair->name };
    Decoder at_member = decoder_at(d, &location);
    bool is_list = field->type == &array_type;
    if (schema_is_given(schema, object, field->offset))
        return is_list || decode_fault(&at_member, "repeated", "%s", repeated_message);
    mark_given(schema, field, object);
    const char *value = is_list ? whole_list(d->arena, field, pair, count) : pair->value;
    if (!text_is_utf8(value, strlen(value)))
        return decode_fault(&at_member, "string_type", "This is not valid UTF-8.");
    if (field->type->parse == NULL)
        return decode_fault(&at_member, "read_only", "This cannot be given as text; leave it out.");
    return field->type->parse(&at_member, field, value, field_of(field, object));
}

bool schema_parse(const Schema *schema, const TextPair *pairs, size_t count, Arena *arena,
                  const Location *location, void *object, Error *err)
{
    Decoder d = { .arena = arena, .location = location, .err = err };
    bool is_sound = true;

    assert(schema->field_count <= MOST_FIELDS);
    schema_set_nulls(schema, object);
    for (size_t i = 0; i < count; i++)
        is_sound &= parse_pair(&d, schema, &pairs[i], count - i, object);
    is_sound &= report_missing(&d, schema, object);
    return is_sound && (schema->check == NULL || schema->check(&d, object));
}
