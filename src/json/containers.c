#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/budget.h"
#include "json/decode.h"
#include "json/describe.h"
#include "json/reader.h"
#include "json/scalars.h"

static DecodeMode mode_of(const Decoder *d, const Field *field)
{
    return (field->flags & PARTIAL) != 0 || d->is_stored ? DECODE_PATCH : DECODE_CREATE;
}

/* Reads a column or a snapshot: the same decoder as for input, told to trust it. */
static bool decode_stored(const Decoder *d, const Field *field, const char *json, void *member)
{
    json_t *value AUTO(json_release) = NULL;
    Decoder stored = *d;
    Error err = { .code = ERROR_NONE };

    stored.is_stored = true;
    if (!json_read_stored(json, &value, &err))
        return decode_fault(d, "json_type", "%s", err.detail);
    if (json_is_null(value)) {
        field->type->set_null(member);
        return true;
    }
    return field->type->decode(&stored, field, value, member);
}

/* -- Objects ---------------------------------------------------------------------------------- */

static bool object_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    void *object = arena_alloc(d->arena, field->schema->size);

    *(void **)member = object;
    return decode_object(d, field->schema, mode_of(d, field), value, object);
}

static void object_encode(Writer *w, const Field *field, const void *member)
{
    const void *object = *(const void *const *)member;

    if (object == NULL)
        write_null(w);
    else
        schema_encode(field->schema, w, object, 0);
}

static bool object_equal(const Field *field, const void *a, const void *b)
{
    const void *left = *(const void *const *)a;
    const void *right = *(const void *const *)b;

    if (left == NULL || right == NULL)
        return left == right;
    return schema_compare(field->schema, left, right, 0) == 0;
}

/* -- Arrays ----------------------------------------------------------------------------------- */

static size_t item_size(const Field *field)
{
    size_t size = field->schema != NULL ? field->schema->size : field->element->size;

    assert(size > 0); /* an element is made with ELEMENT */
    return size;
}

static bool count_is_sound(const Decoder *d, const Field *field, size_t count)
{
    if (d->is_stored)
        return true;
    if ((int64_t)count < field->min)
        return decode_fault(d, "too_few_items", "Give at least %" PRId64 " %s.", field->min,
                            field->min == 1 ? "item" : "items");
    if (field->max != 0 && (int64_t)count > field->max)
        return decode_fault(d, "too_many_items", "Give at most %" PRId64 " %s.", field->max,
                            field->max == 1 ? "item" : "items");
    return true;
}

static bool array_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    List *list = member;
    size_t size = item_size(field);
    bool is_sound = true;

    if (!json_is_array(value))
        return decode_fault(d, "array_type", "This must be a JSON array.");
    size_t count = json_array_size(value);
    if (!count_is_sound(d, field, count))
        return false;
    char *items = arena_alloc(d->arena, count * size);
    for (size_t i = 0; i < count; i++) {
        Location location = { .parent = d->location, .index = i };
        Decoder at_item = *d;
        const json_t *item = json_array_get(value, i);
        at_item.location = &location;
        is_sound &=
            field->schema != NULL
                ? decode_object(&at_item, field->schema, mode_of(d, field), item, items + i * size)
                : decode_value(&at_item, field->element, item, items + i * size);
    }
    *list = (List){ .items = items, .count = count };
    return is_sound;
}

static size_t count_commas(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

/* Is the last of the items there before? */
static bool is_repeated(const Field *element, const char *items, size_t last)
{
    for (size_t i = 0; i < last; i++) {
        if (element->type->equal(element, items + i * element->size, items + last * element->size))
            return true;
    }
    return false;
}

/* "1,2,3"; an empty text is an empty list. */
static bool array_parse(const Decoder *d, const Field *field, const char *text, void *member)
{
    List *list = member;
    size_t size = item_size(field);
    size_t count = *text == '\0' ? 0 : count_commas(text) + 1;
    bool is_sound = true;

    assert(field->element != NULL && field->element->type->parse != NULL);
    if (!count_is_sound(d, field, count))
        return false;
    char *items = arena_alloc(d->arena, count * size);
    for (size_t i = 0; i < count; i++) {
        Location location = { .parent = d->location, .index = i };
        Decoder at_item = *d;
        size_t length = strcspn(text, ",");
        at_item.location = &location;
        const char *value = arena_strndup(d->arena, text, length);
        if (!field->element->type->parse(&at_item, field->element, value, items + i * size))
            is_sound = false;
        else if (is_sound && is_repeated(field->element, items, i))
            is_sound = decode_fault(&at_item, "repeated", "This stands in the list twice.");
        text += length + (text[length] == ',');
    }
    *list = (List){ .items = items, .count = count };
    return is_sound;
}

static void array_encode(Writer *w, const Field *field, const void *member)
{
    const List *list = member;
    const char *items = list->items;
    size_t size = item_size(field);

    if (items == NULL) {
        write_null(w);
        return;
    }
    write_array(w);
    /* Of what is too long for the budget nobody reads a part: base/budget.h. */
    for (size_t i = 0; i < list->count && !budget_is_spent(w->out.arena); i++) {
        if (field->schema != NULL)
            schema_encode(field->schema, w, items + i * size, 0);
        else
            field_encode(field->element, w, items + i * size);
    }
    write_end_array(w);
}

static bool array_equal(const Field *field, const void *a, const void *b)
{
    const List *left = a;
    const List *right = b;
    size_t size = item_size(field);

    if (left->items == NULL || right->items == NULL)
        return left->items == right->items;
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++) {
        const char *x = (const char *)left->items + i * size;
        const char *y = (const char *)right->items + i * size;
        bool is_equal = field->schema != NULL ? schema_compare(field->schema, x, y, 0) == 0
                                              : field->element->type->equal(field->element, x, y);
        if (!is_equal)
            return false;
    }
    return true;
}

static bool array_is_null(const void *member)
{
    return ((const List *)member)->items == NULL;
}

static void array_set_null(void *member)
{
    *(List *)member = (List){ .items = NULL };
}

/* -- The type objects ------------------------------------------------------------------------- */

const Type object_type = {
    .name = "an object",
    .storage = STORED_JSON,
    .decode = object_decode,
    .decode_stored = decode_stored,
    .encode = object_encode,
    .describe = describe_object,
    .equal = object_equal,
    .is_null = pointer_is_null,
    .set_null = pointer_set_null,
};

const Type array_type = {
    .name = "an array",
    .storage = STORED_JSON,
    .decode = array_decode,
    .parse = array_parse,
    .decode_stored = decode_stored,
    .encode = array_encode,
    .describe = describe_array,
    .equal = array_equal,
    .is_null = array_is_null,
    .set_null = array_set_null,
};
