#include "store/driver/mapping.h"

#include <assert.h>

#include "base/text.h"
#include "store/driver/columns.h"

static const char *name_of_field(const void *table, size_t i)
{
    return columns_field(table, i)->name;
}

/* A choice lies in its column as its name; a query may also give the number itself, as it does for
 * roles, whose numbers are the database's. */
static bool read_choice(Rows *rows, int place, const Field *field, Arena *arena, int64_t *choice,
                        Error *err)
{
    if (rows_is_integer_at(rows, place)) {
        *choice = rows_int_at(rows, place);
        return true;
    }
    const char *name = rows_text_at(rows, place, arena);
    if (name == NULL) {
        *choice = INTEGER_NULL;
        return true;
    }
    for (int64_t i = 0; field->choices[i] != NULL; i++) {
        if (text_equal(field->choices[i], name)) {
            *choice = i;
            return true;
        }
    }
    return error_set(err, ERROR_INTERNAL, "A stored value of \"%s\" is none that we know.",
                     field->name);
}

static bool read_json(Rows *rows, int place, const Field *field, Arena *arena, void *member,
                      Error *err)
{
    const Location location = { .name = field->name };
    const Decoder decoder = { .arena = arena, .location = &location, .err = err };
    const char *json = rows_text_at(rows, place, arena);

    if (json == NULL) {
        field->type->set_null(member);
        return true;
    }
    return field->type->decode_stored(&decoder, field, json, member);
}

static bool read_field(Rows *rows, int place, const Field *field, Arena *arena, void *member,
                       Error *err)
{
    if (field->type == &choice_type)
        return read_choice(rows, place, field, arena, member, err);
    switch (field->type->storage) {
    case STORED_INTEGER:
        *(int64_t *)member = rows_int_at(rows, place);
        return true;
    case STORED_TEXT:
        *(const char **)member = rows_text_at(rows, place, arena);
        return true;
    case STORED_BOOLEAN:
        *(bool *)member = rows_bool_at(rows, place);
        return true;
    case STORED_INSTANT:
    case STORED_LOCAL:
        *(int64_t *)member = rows_time_at(rows, place);
        return true;
    case STORED_JSON:
        return read_json(rows, place, field, arena, member, err);
    case NOT_STORED:
        return true;
    }
    return true;
}

static bool read_fields(Rows *rows, const Field *fields, size_t count, const int *places,
                        Arena *arena, void *object, Error *err)
{
    for (size_t i = 0; i < count; i++) {
        void *member = field_of(&fields[i], object);
        if (places[i] < 0)
            fields[i].type->set_null(member);
        else if (!read_field(rows, places[i], &fields[i], arena, member, err))
            return false;
    }
    return true;
}

bool rows_read(Rows *rows, const Schema *schema, Arena *arena, void *object, Error *err)
{
    size_t shown = schema->field_count;
    const int *places = rows_places(rows, schema, columns_field_count(schema), name_of_field);

    return read_fields(rows, schema->fields, shown, places, arena, object, err) &&
           read_fields(rows, schema->unseen, schema->unseen_count, places + shown, arena, object,
                       err);
}

static Value json_value(const Field *field, const void *member, Arena *arena)
{
    if (field->type->is_null(member))
        return (Value){ .kind = VALUE_JSON, .is_null = true };
    Writer w = writer_start(arena);
    field->type->encode(&w, field, member);
    return (Value){ .kind = VALUE_JSON, .text = writer_text(&w) };
}

static Value value_of_field(const Field *field, const void *object, Arena *arena)
{
    const void *member = field_in(field, object);

    if (field->type == &choice_type) {
        int64_t choice = *(const int64_t *)member;
        return TXT(choice == INTEGER_NULL ? NULL : field->choices[choice]);
    }
    switch (field->type->storage) {
    case STORED_INTEGER:
        return INT(*(const int64_t *)member);
    case STORED_TEXT:
        return TXT(*(const char *const *)member);
    case STORED_BOOLEAN:
        return BOOL(*(const bool *)member);
    case STORED_INSTANT:
        return TIME(*(const int64_t *)member);
    case STORED_LOCAL:
        return LOCAL(*(const int64_t *)member);
    case STORED_JSON:
        return json_value(field, member, arena);
    case NOT_STORED:
        break;
    }
    assert(false && "a field that is not stored has no value to bind");
    return (Value){ .is_null = true };
}

Value mapping_value(const Schema *schema, const char *name, const void *object, Arena *arena)
{
    const Field *field = schema_field(schema, name);

    assert(field != NULL);
    return value_of_field(field, object, arena);
}

Params mapping_params(const Schema *schema, const void *object, Arena *arena)
{
    size_t count = columns_field_count(schema);
    Value *values = ARENA_ARRAY(arena, Value, count);
    size_t bound = 0;

    for (size_t i = 0; i < count; i++) {
        const Field *field = columns_field(schema, i);
        if ((field->flags & DERIVED) == 0)
            values[bound++] = value_of_field(field, object, arena);
    }
    return (Params){ values, bound };
}
