#include "time/named_time.h"

#include <string.h>

static bool read_date(const char *text, int64_t *ret_us)
{
    enum { DATE_LENGTH = 10 };
    static const char midnight[] = "T00:00:00";
    char whole[DATE_LENGTH + sizeof(midnight)];
    bool has_offset;

    if (strlen(text) != DATE_LENGTH)
        return false;
    memcpy(whole, text, DATE_LENGTH);
    memcpy(whole + DATE_LENGTH, midnight, sizeof(midnight));
    return local_parse(whole, ret_us, &has_offset);
}

bool named_time_parse(const char *text, NamedTime *ret_named, const char **ret_reason)
{
    NamedTime named = { .form = NAMED_MOMENT };
    bool has_offset = false;

    if (instant_parse(text, &named.us, ret_reason)) {
        *ret_named = named;
        return true;
    }
    if (local_parse(text, &named.us, &has_offset) && !has_offset)
        named.form = NAMED_LOCAL;
    else if (read_date(text, &named.us))
        named.form = NAMED_DATE;
    else
        return false;
    *ret_named = named;
    return true;
}

Instant named_time_moment(NamedTime named, const Timezone *zone, bool all_day)
{
    Instant moment = named.us;

    switch (named.form) {
    case NAMED_MOMENT:
        return moment;
    case NAMED_LOCAL:
        if (all_day && moment % DAY_US != 0)
            return INSTANT_NULL;
        if (!all_day && zone != NULL)
            moment = timezone_to_instant(zone, moment);
        break;
    case NAMED_DATE:
        if (!all_day)
            return INSTANT_NULL;
        break;
    }
    return moment >= INSTANT_MIN && moment < INSTANT_END ? moment : INSTANT_NULL;
}

/* -- The type object -------------------------------------------------------------------------- */

static bool named_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    const char *text = json_string_value(value);
    const char *reason;

    (void)field;
    if (text == NULL)
        return decode_fault(d, "datetime_type", "%s",
                            "A time is text in quotes, for example \"2025-03-01T09:30:00Z\".");
    return named_time_parse(text, member, &reason) ||
           decode_fault(d, "datetime_parsing", "%s", reason);
}

static void named_encode(Writer *w, const Field *field, const void *member)
{
    const NamedTime *named = member;

    (void)field;
    instant_write(w, named->us);
}

static void named_describe(Writer *w, const Field *field)
{
    write_key(w, "type");
    write_text(w, "string");
    if ((field->flags & AS_TAKEN) == 0) {
        write_key(w, "format");
        write_text(w, "date-time");
    }
}

static bool named_equal(const Field *field, const void *a, const void *b)
{
    const NamedTime *left = a;
    const NamedTime *right = b;

    (void)field;
    return left->form == right->form && left->us == right->us;
}

static bool named_is_null(const void *member)
{
    return ((const NamedTime *)member)->us == INSTANT_NULL;
}

static void named_set_null(void *member)
{
    *(NamedTime *)member = (NamedTime){ .us = INSTANT_NULL };
}

const Type named_time_type = {
    .name = "a time (RFC 3339, or on the clock of its zone)",
    .storage = NOT_STORED,
    .decode = named_decode,
    .encode = named_encode,
    .describe = named_describe,
    .equal = named_equal,
    .is_null = named_is_null,
    .set_null = named_set_null,
};
