#include "rrule/recurrence_input.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "json/merge.h"
#include "json/reader.h"

/* How it works: the input is decoded by a field table like any other object. Parts spelled out are
 * put together to the text of a rule, so that there is one parser with one set of rules; the part
 * it blames leads back to the member. */

typedef struct RecurrencePattern {
    Members given;
    const char *rrule;
    List rdates; /* of NamedTime */
    const char *text;
    const char *original;
    const char *freq;
    int64_t interval;
    int64_t count;
    const char *until;
    const char *week_start;
    List by_day;   /* of const char * */
    List by_month; /* these are of int64_t */
    List by_week_number;
    List by_year_day;
    List by_month_day;
    List by_hour;
    List by_minute;
    List by_second;
    List by_set_pos;
} RecurrencePattern;

/* Nothing that could end the part it stands in. Its meaning is the parser's business. */
static bool check_word(const Decoder *d, const Field *field, const char *text)
{
    (void)field;
    for (; *text != '\0'; text++) {
        bool is_letter = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z');
        bool is_number = (*text >= '0' && *text <= '9') || *text == '+' || *text == '-';
        if (!is_letter && !is_number)
            return decode_fault(d, "string_pattern", "Write letters, digits and signs only.");
    }
    return true;
}

enum { LONGEST_WORD = 16 };

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const Field rdate = ELEMENT(NamedTime, named_time_type, .doc = "A start.");
static const Field day = ELEMENT(const char *, text_type, .min = 2, .max = LONGEST_WORD,
                                 .check = check_word, .doc = "A day of the week.");
static const Field number =
    ELEMENT(int64_t, integer_type, .min = -RRULE_ORDINAL_MAX, .max = RRULE_ORDINAL_MAX,
            .doc = "Negative ones count from the end.");

#define PART (NULLABLE | WRITE_ONLY)

static const Field pattern_fields[] = {
    TEXT(RecurrencePattern, rrule, .flags = NULLABLE, .max = LIMIT_RULE_TEXT,
         .doc = "The rule as RFC 5545 writes it. Comes back in canonical form; `null` when the "
                "old system stored something that is no rule.",
         .example = "\"FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10\""),
    ARRAY(RecurrencePattern, rdates, .flags = NULLABLE, .element = &rdate, .max = LIMIT_RDATES,
          .doc = "More starts, besides those of the rule. Taken also as the clock of the event's "
                 "zone shows them, `2025-12-24T10:30:00`.",
          .example = "[\"2025-12-24T09:30:00Z\"]"),
    JSON(RecurrencePattern, text, .flags = READ_ONLY | NULLABLE, .described = "\"type\":\"string\"",
         .doc = "The rule in plain English. Ignored in input.",
         .example = "\"every week on Monday and Wednesday, 10 times\""),
    JSON(RecurrencePattern, original, .flags = READ_ONLY | NULLABLE | SPARSE,
         .described = "\"type\":[\"object\",\"array\",\"string\",\"number\",\"boolean\",\"null\"],"
                      "\"items\":{}",
         .doc = "What the old system stored, when no rule can be read from it."),
    TEXT(RecurrencePattern, freq, .flags = PART, .synonyms = NAMES("frequency", "type"),
         .max = LONGEST_WORD, .check = check_word,
         .doc = "Instead of `rrule`, its parts spelled out: `secondly`, `minutely`, `hourly`, "
                "`daily`, `weekly`, `monthly` or `yearly`.",
         .example = "\"weekly\""),
    INTEGER(RecurrencePattern, interval, .flags = PART, .min = 1, .max = LIMIT_RULE_INTERVAL,
            .doc = "Every how many of them.", .example = "1"),
    INTEGER(RecurrencePattern, count, .flags = PART, .min = 1, .max = LIMIT_RULE_COUNT,
            .doc = "How often in all, the first time counted. Not with `until`.", .example = "10"),
    TEXT(RecurrencePattern, until, .flags = PART, .synonyms = NAMES("end_date"), .max = 40,
         .doc =
             "The last moment, or the last day, on which one may start: RFC 3339, what the clock "
             "of the event's zone shows then, or a date.",
         .example = "\"2025-12-31\""),
    TEXT(RecurrencePattern, week_start, .flags = PART, .synonyms = NAMES("wkst"),
         .max = LONGEST_WORD, .check = check_word, .doc = "The first day of the week.",
         .example = "\"MO\""),
    ARRAY(RecurrencePattern, by_day, .flags = PART,
          .synonyms = NAMES("days_of_week", "byday", "days"), .element = &day,
          .max = LIMIT_RULE_VALUES,
          .doc = "Days of the week: `MO` … `SU`, with a number the n-th of the month or year: "
                 "`2TU`, `-1FR`. Also by their English names, and as one text with commas.",
          .example = "[\"MO\",\"WE\"]"),
    ARRAY(RecurrencePattern, by_month, .flags = PART, .synonyms = NAMES("bymonth"),
          .element = &number, .max = LIMIT_RULE_VALUES, .doc = "Months, 1 to 12."),
    ARRAY(RecurrencePattern, by_week_number, .flags = PART,
          .synonyms = NAMES("by_week_no", "byweekno"), .element = &number, .max = LIMIT_RULE_VALUES,
          .doc = "Weeks of the year, ±1 to ±53."),
    ARRAY(RecurrencePattern, by_year_day, .flags = PART, .synonyms = NAMES("byyearday"),
          .element = &number, .max = LIMIT_RULE_VALUES, .doc = "Days of the year, ±1 to ±366."),
    ARRAY(RecurrencePattern, by_month_day, .flags = PART,
          .synonyms = NAMES("days_of_month", "bymonthday"), .element = &number,
          .max = LIMIT_RULE_VALUES, .doc = "Days of the month, ±1 to ±31."),
    ARRAY(RecurrencePattern, by_hour, .flags = PART, .synonyms = NAMES("byhour"),
          .element = &number, .max = LIMIT_RULE_VALUES, .doc = "Hours, 0 to 23."),
    ARRAY(RecurrencePattern, by_minute, .flags = PART, .synonyms = NAMES("byminute"),
          .element = &number, .max = LIMIT_RULE_VALUES, .doc = "Minutes, 0 to 59."),
    ARRAY(RecurrencePattern, by_second, .flags = PART, .synonyms = NAMES("bysecond"),
          .element = &number, .max = LIMIT_RULE_VALUES, .doc = "Seconds, 0 to 59."),
    ARRAY(RecurrencePattern, by_set_pos, .flags = PART,
          .synonyms = NAMES("by_set_position", "bysetpos"), .element = &number,
          .max = LIMIT_RULE_VALUES, .doc = "Which of the set in each period, ±1 to ±366."),
};

const Schema recurrence_schema =
    SCHEMA(RecurrencePattern, pattern_fields,
           .doc = "How an event repeats: `rrule`, or its parts spelled out, and `rdates`.");

/* The parts of a rule and the members that spell them. */
static const struct {
    const char *part;
    const char *member;
} parts[] = {
    { "FREQ", "freq" },
    { "INTERVAL", "interval" },
    { "COUNT", "count" },
    { "UNTIL", "until" },
    { "WKST", "week_start" },
    { "BYDAY", "by_day" },
    { "BYMONTH", "by_month" },
    { "BYWEEKNO", "by_week_number" },
    { "BYYEARDAY", "by_year_day" },
    { "BYMONTHDAY", "by_month_day" },
    { "BYHOUR", "by_hour" },
    { "BYMINUTE", "by_minute" },
    { "BYSECOND", "by_second" },
    { "BYSETPOS", "by_set_pos" },
};
enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

/* -- From parts to the text of a rule --------------------------------------------------------- */

/* "Monday" is what people write, and "Mon". */
static const char *day_word(Arena *arena, const char *word)
{
    static const char *const names[] = { "monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday" };

    size_t length = strlen(word);
    for (size_t i = 0; i < WEEKDAYS; i++) {
        if (length > 2 && strncasecmp(word, names[i], length) == 0)
            return arena_strndup(arena, names[i], 2);
    }
    return word;
}

/* A date, an RFC 3339 time, with its offset or on the clock, or any as RFC 5545 writes it. */
static bool add_until(const Decoder *d, Buffer *out, const char *text, int64_t *ret_fraction_us)
{
    NamedTime until;
    const char *reason;
    size_t digits = strspn(text, "0123456789");
    bool is_basic = digits == 8 && strspn(text + 8, "0123456789TZtz") == strlen(text + 8);
    bool is_date = strlen(text) == 10 && digits == 4 && text[4] == '-' && text[7] == '-' &&
                   strspn(text + 5, "0123456789") == 2 && strspn(text + 8, "0123456789") == 2;

    if (is_basic) {
        buffer_add(out, text);
        return true;
    }
    if (is_date) {
        buffer_printf(out, "%.4s%.2s%.2s", text, text + 5, text + 8);
        return true;
    }
    if (!named_time_parse(text, &until, &reason))
        return decode_fault(d, "datetime_parsing", "%s", reason);
    char written[INSTANT_TEXT];
    *ret_fraction_us = (until.us % SECOND_US + SECOND_US) % SECOND_US;
    if (until.form == NAMED_LOCAL)
        local_format(until.us - *ret_fraction_us, written);
    else
        instant_format(until.us - *ret_fraction_us, written);
    for (const char *at = written; *at != '\0'; at++) {
        if (*at != '-' && *at != ':')
            buffer_add_char(out, *at);
    }
    return true;
}

static void add_list(Buffer *out, const Field *field, const List *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_add(out, ",");
        if (field->element == &day)
            buffer_add(out, day_word(out->arena, ((const char *const *)list->items)[i]));
        else
            buffer_printf(out, "%lld", (long long)((const int64_t *)list->items)[i]);
    }
}

/* One part into the rule; null and an empty list say nothing. */
static bool add_part(const Decoder *d, const RecurrencePattern *pattern, size_t i, Buffer *out,
                     int64_t *ret_fraction_us)
{
    const Field *field = schema_field(&recurrence_schema, parts[i].member);
    const void *member = field_in(field, pattern);

    if (field->type->is_null(member) ||
        (field->type == &array_type && ((const List *)member)->count == 0))
        return true;
    if (out->length > 0)
        buffer_add(out, ";");
    buffer_printf(out, "%s=", parts[i].part);
    if (field->type == &array_type)
        add_list(out, field, member);
    else if (field->type == &integer_type)
        buffer_printf(out, "%lld", (long long)*(const int64_t *)member);
    else if (field->offset == offsetof(RecurrencePattern, until))
        return add_until(d, out, pattern->until, ret_fraction_us);
    else
        buffer_add(out, day_word(out->arena, *(const char *const *)member));
    return true;
}

/* -- Faults ----------------------------------------------------------------------------------- */

/* The name under which the client gave this member. */
static const char *given_name(const json_t *value, const char *member)
{
    const Field *field = schema_field(&recurrence_schema, member);

    for (const char *const *name = field->synonyms; name != NULL && *name != NULL; name++) {
        if (json_object_get(value, *name) != NULL)
            return *name;
    }
    return member;
}

static bool blame_part(const Decoder *d, const json_t *value, const RRuleFault *fault)
{
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (text_equal(parts[i].part, fault->part))
            return decode_fault_at(d, given_name(value, parts[i].member), "recurrence_rule", "%s",
                                   fault->reason);
    }
    return decode_fault(d, "recurrence_rule", "%s", fault->reason);
}

/* -- Reading ---------------------------------------------------------------------------------- */

static bool read_rule(const Decoder *d, const char *text, const char *name, const char **ret_rrule)
{
    RRule rule;
    RRuleFault fault;

    if (rrule_parse(text, &rule, &fault)) {
        *ret_rrule = rrule_format(d->arena, &rule);
        return true;
    }
    return name == NULL ? decode_fault(d, "recurrence_rule", "%s", fault.reason)
                        : decode_fault_at(d, name, "recurrence_rule", "%s", fault.reason);
}

static bool read_parts(const Decoder *d, const RecurrencePattern *pattern, const json_t *value,
                       Recurrence *recurrence)
{
    RRule rule;
    RRuleFault fault;
    Buffer text = buffer_start(d->arena);

    for (size_t i = 0; i < PART_COUNT; i++) {
        Location location = { .parent = d->location, .name = given_name(value, parts[i].member) };
        Decoder at_member = *d;
        at_member.location = &location;
        if (!add_part(&at_member, pattern, i, &text, &recurrence->until_fraction_us))
            return false;
    }
    if (text.length == 0)
        return decode_fault(d, "missing", "Give an rrule, or freq and the other parts of one.");
    if (!rrule_parse(text.data, &rule, &fault))
        return blame_part(d, value, &fault);
    recurrence->rrule = rrule_format(d->arena, &rule);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    const NamedTime *left = a;
    const NamedTime *right = b;

    if (left->form != right->form)
        return left->form < right->form ? -1 : 1;
    return (left->us > right->us) - (left->us < right->us);
}

/* The moments, and then the others; each once. */
static void take_rdates(Arena *arena, const List *list, Recurrence *recurrence)
{
    NamedTime *names = list->items;
    Instant *rdates = ARENA_ARRAY(arena, Instant, list->count);
    size_t kept = 0;
    size_t moments = 0;

    if (list->count > 0)
        qsort(names, list->count, sizeof(*names), compare_names);
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || compare_names(&names[i], &names[kept - 1]) != 0)
            names[kept++] = names[i];
    }
    for (; moments < kept && names[moments].form == NAMED_MOMENT; moments++)
        rdates[moments] = names[moments].us;
    recurrence->rdates = rdates;
    recurrence->rdate_count = moments;
    recurrence->local_rdates = kept > moments ? &names[moments] : NULL;
    recurrence->local_rdate_count = kept - moments;
}

static bool has_parts(const json_t *value)
{
    for (size_t i = 0; i < PART_COUNT; i++) {
        const json_t *member = json_object_get(value, given_name(value, parts[i].member));
        if (member != NULL && !json_is_null(member))
            return true;
    }
    return false;
}

static const char *in_lower_case(Arena *arena, const char *name)
{
    char *copy = arena_strdup(arena, name);

    for (char *c = copy; *c != '\0'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    return copy;
}

/* "MO,WE" as ["MO","WE"]. */
static json_t *split_days(Arena *arena, const char *text)
{
    json_t *days = json_array();

    for (bool goes_on = true; goes_on;) {
        text += strspn(text, " ");
        size_t length = strcspn(text, ",");
        size_t end = length;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        json_array_append_new(days, json_string(arena_strndup(arena, text, end)));
        goes_on = text[length] == ',';
        text += length + goes_on;
    }
    return days;
}

static bool names_days(const char *name)
{
    const Field *field = schema_field(&recurrence_schema, "by_day");

    for (const char *const *other = field->synonyms; *other != NULL; other++) {
        if (text_equal(name, *other))
            return true;
    }
    return text_equal(name, field->name);
}

/* As other calendars write it: names in capitals, days as one text. */
static bool bring_into_form(const Decoder *d, const json_t *value, json_t *ret_value)
{
    json_t *given = (json_t *)value; /* jansson's iterators take no const */
    const char *name;
    json_t *member;

    json_object_foreach(given, name, member)
    {
        const char *lower = in_lower_case(d->arena, name);
        bool is_text_of_days = json_is_string(member) && names_days(lower);
        if (json_object_get(ret_value, lower) != NULL)
            return decode_fault_at(d, lower, "repeated", "This is given twice; give it once.");
        json_object_set_new(ret_value, lower,
                            is_text_of_days ? split_days(d->arena, json_string_value(member))
                                            : json_incref(member));
    }
    return true;
}

/* "Mon", and "m", "mo" are none. */
static bool is_short_day(const json_t *value)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) < strlen("sunday") && strlen(text) > 2 &&
           day_word(&scratch, text) != text;
}

/* Names in capitals, days as one text or cut short: "days", "MO,WE", "Mon"; dates alone. */
bool recurrence_has_new_words(const json_t *value)
{
    json_t *given = (json_t *)value; /* jansson's iterators take no const */
    const char *name;
    json_t *member;
    size_t i;
    json_t *item;

    bool has_dates = json_array_size(json_object_get(value, "rdates")) > 0;
    if (json_is_object(value) && (json_object_size(value) == 0 || has_dates) &&
        !json_is_string(json_object_get(value, "rrule")) && !has_parts(value))
        return true;
    json_object_foreach(given, name, member)
    {
        Arena AUTO(arena_finish) scratch = { 0 };
        const char *lower = in_lower_case(&scratch, name);
        if (!text_equal(lower, name) || text_equal(name, "days") || is_short_day(member) ||
            (names_days(name) && json_is_string(member)))
            return true;
        json_array_foreach(member, i, item)
        {
            if (is_short_day(item))
                return true;
        }
    }
    return false;
}

static bool read_object(const Decoder *d, const json_t *given, Recurrence *recurrence)
{
    json_t *value AUTO(json_release) = json_object();
    RecurrencePattern pattern = { 0 };

    if (!bring_into_form(d, given, value) ||
        !schema_decode(&recurrence_schema, DECODE_PATCH, value, d->arena, d->location, &pattern,
                       d->err))
        return false;
    if (pattern.original != NULL) {
        recurrence->original = pattern.original;
        if (pattern.rrule != NULL || pattern.rdates.count > 0 || has_parts(value))
            return decode_fault_at(
                d, "original", "read_only",
                "This is what the old system stored; leave it out beside a rule.");
        return true;
    }
    take_rdates(d->arena, &pattern.rdates, recurrence);
    if (pattern.rrule == NULL && pattern.rdates.count > 0 && !has_parts(value)) {
        recurrence->rrule = rrule_once;
        return true;
    }
    if (pattern.rrule == NULL)
        return read_parts(d, &pattern, value, recurrence);
    if (has_parts(value))
        return decode_fault_at(d, "rrule", "recurrence_contradiction",
                               "Give either an rrule or its parts spelled out, not both.");
    return read_rule(d, pattern.rrule, "rrule", &recurrence->rrule);
}

bool recurrence_read(const Decoder *d, const json_t *value, Recurrence *ret_recurrence)
{
    if (json_is_string(value))
        return read_rule(d, json_string_value(value), NULL, &ret_recurrence->rrule);
    if (!json_is_object(value))
        return decode_fault(d, "object_type",
                            "This must be an object like {\"rrule\": \"FREQ=WEEKLY\"}.");
    return read_object(d, value, ret_recurrence);
}

/* -- Merging ---------------------------------------------------------------------------------- */

static bool gives_rule(const json_t *patch)
{
    return json_is_string(json_object_get(patch, "rrule")) || has_parts(patch);
}

bool recurrence_read_merge(const Decoder *d, const json_t *value, Recurrence *ret_recurrence)
{
    json_t *patch AUTO(json_release) = json_object();
    RecurrencePattern pattern = { 0 };

    if (!bring_into_form(d, value, patch))
        return false;
    const json_t *original = json_object_get(patch, "original");
    if (gives_rule(patch) || (original != NULL && !json_is_null(original))) {
        if (!read_object(d, value, ret_recurrence))
            return false;
    } else if (!schema_decode(&recurrence_schema, DECODE_PATCH, patch, d->arena, d->location,
                              &pattern, d->err)) {
        return false;
    }
    json_object_del(patch, "text"); /* follows the rule */
    if (ret_recurrence->original == NULL)
        ret_recurrence->merge = json_canonical(d->arena, patch);
    return true;
}

/* The pattern as a client sees it, without what follows from it. */
static json_t *shown(const Recurrence *recurrence)
{
    json_t *object = json_object();
    json_t *rdates = json_array();
    char text[INSTANT_TEXT];

    if (recurrence->rrule != NULL)
        json_object_set_new(object, "rrule", json_string(recurrence->rrule));
    for (size_t i = 0; i < recurrence->rdate_count; i++) {
        instant_format(recurrence->rdates[i], text);
        json_array_append_new(rdates, json_string(text));
    }
    json_object_set_new(object, "rdates", rdates);
    return object;
}

bool recurrence_merge(const Decoder *d, const Recurrence *present, const Recurrence *given,
                      const Recurrence **ret_pattern)
{
    json_t *patch AUTO(json_release) = NULL;
    json_t *target AUTO(json_release) = NULL;

    *ret_pattern = given;
    if (given == NULL || given->merge == NULL)
        return true;
    if (!json_read_stored(given->merge, &patch, d->err))
        return false;
    bool gives = gives_rule(patch);
    if (!gives && present != NULL && present->original != NULL)
        return decode_fault(d, "missing", "Give an rrule, or freq and the other parts of one.");
    target = present != NULL ? shown(present) : json_object();
    if (has_parts(patch))
        json_object_del(target, "rrule");
    json_t *merged AUTO(json_release) = json_merge(target, patch);
    Recurrence *pattern = ARENA_NEW(d->arena, Recurrence);
    *ret_pattern = pattern;
    if (!read_object(d, merged, pattern))
        return false;
    pattern->keeps_rule = !gives && json_object_get(target, "rrule") != NULL &&
                          json_object_get(patch, "rrule") == NULL;
    pattern->keeps_rdates = json_object_get(patch, "rdates") == NULL;
    return true;
}
