#include "rrule/recurrence.h"

#include <string.h>

#include "base/text.h"
#include "rrule/words.h"
#include "json/reader.h"

/* -- Reading ---------------------------------------------------------------------------------- */

static bool recurrence_decode(const Decoder *d, const Field *field, const json_t *value,
                              void *member)
{
    Recurrence *recurrence = ARENA_NEW(d->arena, Recurrence);

    (void)field;
    if (d->merges && json_is_object(value) ? !recurrence_read_merge(d, value, recurrence)
                                           : !recurrence_read(d, value, recurrence))
        return false;
    *(const Recurrence **)member = recurrence;
    return true;
}

/* What recurrence_encode wrote, and event_check had brought into form: nothing to be checked, and
 * the thousand patterns of a calendar are read quickly. False: it is not of that form. */
static bool read_own(Arena *arena, const json_t *root, Recurrence *recurrence)
{
    const char *rrule = json_string_value(json_object_get(root, "rrule"));
    const json_t *list = json_object_get(root, "rdates");
    size_t count = json_array_size(list);
    const char *reason;

    if (rrule == NULL || !json_is_array(list) || !json_is_string(json_object_get(root, "text")))
        return false;
    Instant *rdates = ARENA_ARRAY(arena, Instant, count);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || !instant_parse(text, &rdates[i], &reason))
            return false;
    }
    *recurrence = (Recurrence){
        .rrule = arena_strdup(arena, rrule),
        .rdates = rdates,
        .rdate_count = count,
    };
    return true;
}

/* The end of `text` when it begins with `beginning`, or NULL. */
static const char *after(const char *text, const char *beginning)
{
    size_t length = strlen(beginning);

    return strncmp(text, beginning, length) == 0 ? text + length : NULL;
}

/* The same without a JSON parser, for nearly all of them: exactly as recurrence_encode writes a
 * pattern without dates of its own, and a text column keeps it (jsonb has another order). What
 * follows is the sentence, which is not read. */
static bool read_own_text(Arena *arena, const char *json, Recurrence *recurrence)
{
    const char *rrule = after(json, "{\"rrule\":\"");
    size_t length = rrule != NULL ? strcspn(rrule, "\"\\") : 0;

    if (rrule == NULL || after(rrule + length, "\",\"rdates\":[],\"text\":\"") == NULL)
        return false;
    *recurrence = (Recurrence){
        .rrule = arena_strndup(arena, rrule, length),
        .rdates = ARENA_ARRAY(arena, Instant, 0),
    };
    return true;
}

/* RFC 3339's own form, as the first release alone took it. What it did not take at all is refused
 * by who reads it, unless others take it since: what the clock shows, and dates but for an end. */
static bool is_plain_time(const char *text, bool may_be_date)
{
    NamedTime named;
    const char *reason;
    size_t length = strlen(text);

    if (!named_time_parse(text, &named, &reason))
        return true;
    if (named.form != NAMED_MOMENT)
        return named.form == NAMED_DATE && may_be_date;
    return (text[10] != ' ' && text[16] == ':' &&
            (text[length - 1] > '9' || text[length - 3] == ':'));
}

/* Is it spelled in a way that the first release read, or that nobody reads? What a row of the old
 * system becomes must not depend on the release that takes it over, so the spellings that input has
 * learned since (a space for the T, no offset, `days`, "MO,WE", "Mon") are not read in stored
 * patterns. */
static bool is_spelled_as_ever(const json_t *root)
{
    static const char *const times[] = { "until", "end_date", "rdates", NULL };
    bool is_known = !recurrence_has_new_words(root);

    for (const char *const *name = times; *name != NULL; name++) {
        const json_t *given = json_object_get(root, *name);
        const char *alone = json_string_value(given);
        is_known &= alone == NULL || is_plain_time(alone, true);
        for (size_t i = 0; i < json_array_size(given); i++) {
            const char *text = json_string_value(json_array_get(given, i));
            is_known &= text == NULL || is_plain_time(text, false);
        }
    }
    return is_known;
}

/* The years that the first release knew. */
static bool is_of_known_years(const Recurrence *recurrence)
{
    RRule rule;
    RRuleFault fault;

    return (recurrence->rdate_count == 0 || recurrence->rdates[0] >= 0) &&
           (recurrence->rrule == NULL || !rrule_parse(recurrence->rrule, &rule, &fault) ||
            rule.until_form == UNTIL_NONE || rule.until_us >= 0);
}

/* What the old system stored could be anything. What reads as a pattern is one; the rest is kept
 * as it is. */
static bool recurrence_decode_stored(const Decoder *d, const Field *field, const char *json,
                                     void *member)
{
    json_t *root AUTO(json_release) = NULL;
    Error problem = { 0 };
    const Location nowhere = { .name = "recurrence_pattern" };
    const Decoder quiet = { .arena = d->arena, .location = &nowhere, .err = &problem };

    Recurrence *recurrence = ARENA_NEW(d->arena, Recurrence);

    if (read_own_text(d->arena, json, recurrence)) {
        *(const Recurrence **)member = recurrence;
        return true;
    }
    if (!json_read_stored(json, &root, &problem))
        return decode_fault(d, "json_type", "%s", problem.detail);
    *(const Recurrence **)member = NULL;
    if (json_is_null(root))
        return true;
    if (read_own(d->arena, root, recurrence)) {
        *(const Recurrence **)member = recurrence;
        return true;
    }
    if (is_spelled_as_ever(root) && recurrence_decode(&quiet, field, root, member) &&
        is_of_known_years(*(const Recurrence *const *)member))
        return true;
    recurrence->original = json_canonical(d->arena, root);
    *(const Recurrence **)member = recurrence;
    return true;
}

bool recurrence_check_original(const Decoder *d, const Recurrence *given, const Recurrence *current)
{
    if (given == NULL || given->original == NULL)
        return true;
    if (current != NULL && text_equal(given->original, current->original))
        return true;
    Location location = { .parent = d->location, .name = "original" };
    Decoder at_original = *d;
    at_original.location = &location;
    return decode_fault(&at_original, "read_only",
                        "This cannot be changed; give an rrule to replace it.");
}

/* -- Writing ---------------------------------------------------------------------------------- */

static const char *zone_beside(const Field *field, const void *member)
{
    if (field == NULL || field->beside == 0)
        return NULL;
    const void *beside = (const char *)member - field->offset + field->beside;
    return *(const char *const *)beside;
}

static void write_plain_text(Writer *w, const char *rrule, const char *timezone)
{
    RRule rule;
    RRuleFault fault;

    if (rrule != NULL && rrule_parse(rrule, &rule, &fault))
        write_text(w, words_write(w->out.arena, &rule, timezone));
    else
        write_null(w);
}

static void recurrence_encode(Writer *w, const Field *field, const void *member)
{
    const Recurrence *recurrence = *(const Recurrence *const *)member;

    if (recurrence == NULL) {
        write_null(w);
        return;
    }
    write_object(w);
    write_key(w, "rrule");
    write_text(w, recurrence->rrule);
    write_key(w, "rdates");
    write_array(w);
    for (size_t i = 0; i < recurrence->rdate_count; i++)
        instant_write(w, recurrence->rdates[i]);
    write_end_array(w);
    write_key(w, "text");
    write_plain_text(w, recurrence->rrule, zone_beside(field, member));
    if (recurrence->original != NULL) {
        write_key(w, "original");
        write_raw(w, recurrence->original);
    }
    write_end_object(w);
}

static void recurrence_describe(Writer *w, const Field *field)
{
    write_key(w, "$ref");
    write_text(w, arena_printf(w->out.arena, "#/components/schemas/%s", field->schema->name));
}

static bool recurrence_equal(const Field *field, const void *a, const void *b)
{
    const Recurrence *left = *(const Recurrence *const *)a;
    const Recurrence *right = *(const Recurrence *const *)b;

    (void)field;
    if (left == NULL || right == NULL)
        return left == right;
    return text_equal(left->rrule, right->rrule) && text_equal(left->original, right->original) &&
           left->local_rdate_count == 0 && right->local_rdate_count == 0 &&
           left->rdate_count == right->rdate_count &&
           (left->rdate_count == 0 ||
            memcmp(left->rdates, right->rdates, left->rdate_count * sizeof(Instant)) == 0);
}

static bool recurrence_is_null(const void *member)
{
    return *(const Recurrence *const *)member == NULL;
}

static void recurrence_set_null(void *member)
{
    *(const Recurrence **)member = NULL;
}

const Type recurrence_type = {
    .name = "a recurrence pattern",
    .storage = STORED_JSON,
    .decode = recurrence_decode,
    .decode_stored = recurrence_decode_stored,
    .encode = recurrence_encode,
    .describe = recurrence_describe,
    .equal = recurrence_equal,
    .is_null = recurrence_is_null,
    .set_null = recurrence_set_null,
};
