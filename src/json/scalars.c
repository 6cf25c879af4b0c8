#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "json/decode.h"
#include "json/describe.h"
#include "json/reader.h"
#include "json/scalars.h"

/* -- Integers --------------------------------------------------------------------------------- */

static bool take_integer(const Decoder *d, const Field *field, int64_t value, int64_t *member)
{
    bool is_within = value >= field->min && value <= integer_max(field);

    if (value == INTEGER_NULL || (!is_within && !d->is_stored))
        return decode_fault(d, "int_range", "Give an integer from %" PRId64 " to %" PRId64 ".",
                            field->min, integer_max(field));
    *member = value;
    return true;
}

static bool integer_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    if (!json_is_integer(value))
        return decode_fault(d, "int_type",
                            "This must be an integer, without quotes, fraction or exponent.");
    return take_integer(d, field, json_integer_value(value), member);
}

static bool integer_parse(const Decoder *d, const Field *field, const char *text, void *member)
{
    long long value;

    if (!text_to_int64(text, &value))
        return decode_fault(d, "int_type", "This must be an integer in decimal digits.");
    return take_integer(d, field, value, member);
}

static void integer_encode(Writer *w, const Field *field, const void *member)
{
    int64_t value = *(const int64_t *)member;

    (void)field;
    if (value == INTEGER_NULL)
        write_null(w);
    else
        write_integer(w, value);
}

static bool integer_equal(const Field *field, const void *a, const void *b)
{
    (void)field;
    return *(const int64_t *)a == *(const int64_t *)b;
}

static bool integer_is_null(const void *member)
{
    return *(const int64_t *)member == INTEGER_NULL;
}

static void integer_set_null(void *member)
{
    *(int64_t *)member = INTEGER_NULL;
}

/* -- Text ------------------------------------------------------------------------------------- */

static const char *characters(int64_t count)
{
    return count == 1 ? "character" : "characters";
}

static bool is_too_long(const Decoder *d, const Field *field, const char *text, int64_t length)
{
    int64_t max = text_max(field);

    if ((field->flags & IN_BYTES) != 0 && strlen(text) > (size_t)max)
        return !decode_fault(d, "string_too_long", "Write at most %" PRId64 " bytes of UTF-8.",
                             max);
    if (max != 0 && length > max)
        return !decode_fault(d, "string_too_long", "Write at most %" PRId64 " %s.", max,
                             characters(max));
    return false;
}

static bool text_is_sound(const Decoder *d, const Field *field, const char *text)
{
    int64_t length = (int64_t)text_length(text);

    if (length < field->min)
        return decode_fault(d, "string_too_short", "Write at least %" PRId64 " %s.", field->min,
                            characters(field->min));
    if (is_too_long(d, field, text, length))
        return false;
    if ((field->flags & UNBOUNDED_TEXT) == 0 && !text_has_no_controls(text))
        return decode_fault(d, "string_controls",
                            "Leave out control characters; only tab and newline are allowed.");
    return field->check == NULL || field->check(d, field, text);
}

static bool text_parse(const Decoder *d, const Field *field, const char *text, void *member)
{
    if (!d->is_stored && !text_is_sound(d, field, text))
        return false;
    *(const char **)member = arena_strdup(d->arena, text);
    return true;
}

static bool text_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    if (!json_is_string(value))
        return decode_fault(d, "string_type", "This must be text in quotes.");
    return text_parse(d, field, json_string_value(value), member);
}

static void text_encode(Writer *w, const Field *field, const void *member)
{
    (void)field;
    write_text(w, *(const char *const *)member);
}

static bool pointed_text_equal(const Field *field, const void *a, const void *b)
{
    (void)field;
    return text_equal(*(const char *const *)a, *(const char *const *)b);
}

bool pointer_is_null(const void *member)
{
    return *(const void *const *)member == NULL;
}

void pointer_set_null(void *member)
{
    *(void **)member = NULL;
}

/* -- Booleans --------------------------------------------------------------------------------- */

static bool boolean_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    (void)field;
    if (!json_is_boolean(value))
        return decode_fault(d, "bool_type", "This must be true or false, without quotes.");
    *(bool *)member = json_is_true(value);
    return true;
}

static bool boolean_parse(const Decoder *d, const Field *field, const char *text, void *member)
{
    /* Clients of the old system send what Python prints: True. */
    bool is_true = text_equal_ignoring_case(text, "true") || strcmp(text, "1") == 0;
    bool is_false = text_equal_ignoring_case(text, "false") || strcmp(text, "0") == 0;

    (void)field;
    if (!is_true && !is_false)
        return decode_fault(d, "bool_type", "This must be true or false.");
    *(bool *)member = is_true;
    return true;
}

static void boolean_encode(Writer *w, const Field *field, const void *member)
{
    (void)field;
    write_boolean(w, *(const bool *)member);
}

static bool boolean_equal(const Field *field, const void *a, const void *b)
{
    (void)field;
    return *(const bool *)a == *(const bool *)b;
}

static void boolean_set_null(void *member)
{
    *(bool *)member = false;
}

/* -- Choices ---------------------------------------------------------------------------------- */

static bool choice_fault(const Decoder *d, const Field *field)
{
    Buffer names = buffer_start(d->arena);

    for (const char *const *name = field->choices; *name != NULL; name++) {
        if (**name != '\0')
            buffer_printf(&names, "%s\"%s\"", names.length > 0 ? ", " : "", *name);
    }
    return decode_fault(d, "choice", "This must be one of %s.", names.data);
}

static bool choice_parse(const Decoder *d, const Field *field, const char *text, void *member)
{
    bool in_any_case = (field->flags & IN_ANY_CASE) != 0;
    int64_t *choice = member;

    for (int64_t i = 0; *text != '\0' && field->choices[i] != NULL; i++) {
        const char *name = field->choices[i];
        if (in_any_case ? text_equal_ignoring_case(name, text) : strcmp(name, text) == 0) {
            *choice = i;
            return true;
        }
    }
    return choice_fault(d, field);
}

static bool choice_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    if (!json_is_string(value))
        return choice_fault(d, field);
    return choice_parse(d, field, json_string_value(value), member);
}

static void choice_encode(Writer *w, const Field *field, const void *member)
{
    int64_t choice = *(const int64_t *)member;

    if (choice == INTEGER_NULL) {
        write_null(w);
        return;
    }
    assert(choice >= 0);
    for (int64_t i = 0; i <= choice; i++)
        assert(field->choices[i] != NULL);
    write_text(w, field->choices[choice][0] != '\0' ? field->choices[choice] : NULL);
}

/* -- JSON ------------------------------------------------------------------------------------- */

static bool json_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    const char *text = json_canonical(d->arena, value);

    if (field->max != 0 && strlen(text) > (size_t)field->max)
        return decode_fault(d, "json_too_long", "This may have at most %" PRId64 " bytes as JSON.",
                            field->max);
    *(const char **)member = text;
    return true;
}

static bool json_decode_stored(const Decoder *d, const Field *field, const char *json, void *member)
{
    Arena AUTO(arena_finish) scratch = { 0 }; /* what text grows in is several times as long */
    json_t *value AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };

    /* Rows of the old system are in no canonical form, nor is PostgreSQL's jsonb; and equality is
     * equality of the text, where it matters. What only the server sets is compared with nothing.
     */
    JsonForm form = json_form(json);
    if (form == FORM_CANONICAL || (form == FORM_COMPACT && (field->flags & READ_ONLY) != 0)) {
        *(const char **)member = strcmp(json, "null") == 0 ? NULL : arena_strdup(d->arena, json);
        return true;
    }
    if (!json_read_stored(json, &value, &err))
        return decode_fault(d, "json_type", "%s", err.detail);
    *(const char **)member =
        json_is_null(value) ? NULL : arena_strdup(d->arena, json_canonical(&scratch, value));
    return true;
}

static void json_encode(Writer *w, const Field *field, const void *member)
{
    (void)field;
    write_raw(w, *(const char *const *)member);
}

/* -- The type objects ------------------------------------------------------------------------- */

const Type integer_type = {
    .name = "an integer",
    .storage = STORED_INTEGER,
    .decode = integer_decode,
    .parse = integer_parse,
    .encode = integer_encode,
    .describe = describe_integer,
    .equal = integer_equal,
    .is_null = integer_is_null,
    .set_null = integer_set_null,
};

const Type text_type = {
    .name = "text",
    .storage = STORED_TEXT,
    .decode = text_decode,
    .parse = text_parse,
    .encode = text_encode,
    .describe = describe_text,
    .equal = pointed_text_equal,
    .is_null = pointer_is_null,
    .set_null = pointer_set_null,
};

const Type boolean_type = {
    .name = "true or false",
    .storage = STORED_BOOLEAN,
    .decode = boolean_decode,
    .parse = boolean_parse,
    .encode = boolean_encode,
    .describe = describe_boolean,
    .equal = boolean_equal,
    .set_null = boolean_set_null,
};

const Type choice_type = {
    .name = "one of the choices",
    .storage = STORED_TEXT,
    .decode = choice_decode,
    .parse = choice_parse,
    .encode = choice_encode,
    .describe = describe_choice,
    .equal = integer_equal,
    .is_null = integer_is_null,
    .set_null = integer_set_null,
};

const Type json_value_type = {
    .name = "a JSON value",
    .storage = STORED_JSON,
    .decode = json_decode,
    .decode_stored = json_decode_stored,
    .encode = json_encode,
    .describe = describe_json,
    .equal = pointed_text_equal,
    .is_null = pointer_is_null,
    .set_null = pointer_set_null,
};
