#include "calendar/overrides.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "json/merge.h"
#include "json/reader.h"

const char *const event_status_names[] = { "confirmed", "tentative", "cancelled", NULL };
const char *const event_transparency_names[] = { "opaque", "transparent", NULL };

/* In the order of the canonical text, which is the alphabet's. */
static const Field override_fields[] = {
    BOOLEAN(Override, all_day, .flags = SPARSE,
            .doc = "Whether it is of whole days where the series is not, or the other way round. "
                   "Then it has a `start_time` and an `end_time` of its own.",
            .example = "true"),
    BOOLEAN(Override, cancelled, .flags = SPARSE,
            .doc = "`true`: it does not take place. Then nothing else.", .example = "true"),
    TEXT(Override, description, .flags = NULLABLE | SPARSE | IN_BYTES, .max = LIMIT_DESCRIPTION,
         .doc = "Its own description."),
    INSTANT(Override, end_time, .flags = SPARSE, .doc = "Its own end."),
    TEXT(Override, location, .flags = NULLABLE | SPARSE, .max = LIMIT_LOCATION,
         .doc = "Its own location.", .example = "\"Room 9\""),
    INSTANT(Override, start_time, .flags = SPARSE,
            .doc = "Its own start. Without an `end_time` it keeps the length of the series."),
    CHOICE(Override, status, .flags = SPARSE, .choices = event_status_names,
           .doc = "Its own status."),
    TEXT(Override, timezone, .flags = SPARSE, .min = 1, .max = LIMIT_ZONE_NAME,
         .doc = "The zone whose clock it is told by: IANA name.", .example = "\"Asia/Tokyo\""),
    TEXT(Override, title, .flags = SPARSE, .min = 1, .max = LIMIT_TITLE, .doc = "Its own title."),
    CHOICE(Override, transparency, .flags = SPARSE, .choices = event_transparency_names,
           .doc = "Whether it occupies time."),
};

const Schema override_schema = SCHEMA_NAMED(
    "OccurrenceOverride", Override, override_fields,
    .doc = "What is different in one occurrence of a series: `cancelled` or the changed members.");

/* -- One override ----------------------------------------------------------------------------- */

/* `"cancelled": false` is what every occurrence is. */
static Members changed_members(const Override *override)
{
    const Field *cancelled = schema_field(&override_schema, "cancelled");

    return override->given & ~((Members)1 << (cancelled - override_fields));
}

/* Is anything left to say? */
static bool is_empty(const Override *override)
{
    return !override->cancelled && changed_members(override) == 0;
}

static bool check_override(const Decoder *d, const Override *override)
{
    if (override->cancelled && changed_members(override) != 0)
        return decode_fault(d, "cancelled_with_changes",
                            "An occurrence is cancelled or changed: leave out one of them.");
    if (override->start_time != INSTANT_NULL && override->end_time != INSTANT_NULL &&
        override->end_time < override->start_time)
        return decode_fault(d, "time_order",
                            "The end_time must not be earlier than the start_time.");
    return true;
}

static void write_override(Writer *w, const Override *override)
{
    write_object(w);
    for (size_t i = 0; i < override_schema.field_count; i++) {
        const Field *field = &override_fields[i];
        bool is_said = (override->given >> i & 1) != 0;
        if (field->offset == offsetof(Override, cancelled))
            is_said = is_said && override->cancelled;
        if (!is_said)
            continue;
        write_key(w, field->name);
        field_encode(field, w, override);
    }
    write_end_object(w);
}

/* -- All of them ------------------------------------------------------------------------------ */

/* By text, as json_canonical orders members: ".5Z" stands before "Z" there. */
static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const OverrideEntry *)a)->key, ((const OverrideEntry *)b)->key);
}

static int compare_starts(const void *a, const void *b)
{
    const OverrideEntry *left = a;
    const OverrideEntry *right = b;

    return (left->original_start > right->original_start) -
           (left->original_start < right->original_start);
}

const char *overrides_text(Arena *arena, const OverrideEntry entries[], size_t count)
{
    Writer w = writer_start(arena);
    OverrideEntry *sorted = ARENA_ARRAY(arena, OverrideEntry, count);

    if (count == 0)
        return NULL;
    memcpy(sorted, entries, count * sizeof(*entries));
    qsort(sorted, count, sizeof(*sorted), compare_keys);
    write_object(&w);
    for (size_t i = 0; i < count; i++) {
        write_key(&w, sorted[i].key);
        write_override(&w, &sorted[i].override);
    }
    write_end_object(&w);
    return writer_text(&w);
}

/* What is stored has moments for keys. */
static bool read_key(const Decoder *d, const char *text, OverrideEntry *ret_entry)
{
    NamedTime named;
    const char *reason;

    if (!named_time_parse(text, &named, &reason))
        return decode_fault(d, "datetime_parsing", "%s", reason);
    if (d->is_stored && named.form != NAMED_MOMENT)
        return false;
    ret_entry->original_start = named.us;
    ret_entry->key = named.form == NAMED_MOMENT ? instant_text(d->arena, named.us)
                                                : arena_strdup(d->arena, text);
    return true;
}

static bool decode_entry(const Decoder *d, const char *name, const json_t *value,
                         OverrideEntry *ret_entry)
{
    Location location = { .parent = d->location, .name = name };
    Decoder at_entry = *d;

    at_entry.location = &location;
    *ret_entry = (OverrideEntry){ 0 };
    if (!read_key(&at_entry, name, ret_entry))
        return false;
    if (!schema_decode(&override_schema, DECODE_PATCH, value, d->arena, &location,
                       &ret_entry->override, d->err))
        return false;
    return check_override(&at_entry, &ret_entry->override);
}

static bool is_moment(const char *key)
{
    return key[strlen(key) - 1] == 'Z';
}

static bool says_the_same(Arena *arena, const Override *a, const Override *b)
{
    Writer of_a = writer_start(arena);
    Writer of_b = writer_start(arena);

    write_override(&of_a, a);
    write_override(&of_b, b);
    return text_equal(writer_text(&of_a), writer_text(&of_b));
}

/* The same moment may have been written in two ways; what is said twice is said once. `entries` are
 * sorted, and the wall-clock times among them not judged. */
static bool unite(const Decoder *d, OverrideEntry *entries, size_t *count)
{
    bool is_sound = true;
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        Location location = { .parent = d->location, .name = entries[i].key };
        Decoder at_entry = *d;
        const OverrideEntry *last = kept > 0 ? &entries[kept - 1] : NULL;
        bool is_same = last != NULL && last->original_start == entries[i].original_start &&
                       is_moment(last->key) == is_moment(entries[i].key);
        at_entry.location = &location;
        if (!is_same)
            entries[kept++] = entries[i];
        else if (!says_the_same(d->arena, &last->override, &entries[i].override))
            is_sound = decode_fault(&at_entry, "repeated", "This occurrence is given twice.");
    }
    *count = kept;
    return is_sound;
}

/* Of a merge patch: what can be judged by itself. Null for what there is no member of stays, and is
 * refused by its name. */
static json_t *without_nulls(const json_t *patch)
{
    json_t *object = (json_t *)patch; /* jansson's iterators take no const */
    json_t *rest = json_object();
    const char *name;
    json_t *value;

    if (!json_is_object(patch)) {
        json_decref(rest);
        return json_incref(object);
    }
    json_object_foreach(object, name, value)
    {
        if (!json_is_null(value) || schema_field(&override_schema, name) == NULL)
            json_object_set(rest, name, value);
    }
    return rest;
}

static bool decode_named(const Decoder *d, const char *name, const json_t *value,
                         OverrideEntry *ret_entry)
{
    if (!d->merges)
        return decode_entry(d, name, value, ret_entry);
    json_t *given AUTO(json_release) = json_is_null(value) ? json_object() : without_nulls(value);
    return decode_entry(d, name, given, ret_entry);
}

static bool overrides_decode(const Decoder *d, const Field *field, const json_t *value,
                             void *member)
{
    json_t *object = (json_t *)value; /* jansson's iterators take no const */
    bool is_sound = true;
    size_t count = 0;

    (void)field;
    if (!json_is_object(value))
        return decode_fault(d, "object_type",
                            "This must be an object: the start of an occurrence, and what is "
                            "different there.");
    if (json_object_size(value) > LIMIT_OVERRIDES)
        return decode_fault(d, "too_many_items", "A series has at most %d overrides.",
                            LIMIT_OVERRIDES);
    OverrideEntry *entries = ARENA_ARRAY(d->arena, OverrideEntry, json_object_size(value));
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        if (!decode_named(d, json_object_iter_key(at), json_object_iter_value(at), &entries[count]))
            is_sound = false;
        else if (d->merges || !is_empty(&entries[count].override))
            count++;
    }
    if (!is_sound)
        return false;
    qsort(entries, count, sizeof(*entries), compare_starts);
    if (!d->merges && !unite(d, entries, &count))
        return false;
    *(const char **)member =
        d->merges ? json_canonical(d->arena, value) : overrides_text(d->arena, entries, count);
    return true;
}

size_t overrides_list(Arena *arena, const char *overrides, OverrideEntry **ret_entries)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { 0 };
    size_t count = 0;

    *ret_entries = NULL;
    if (overrides == NULL || !json_read_stored(overrides, &root, &err) || !json_is_object(root))
        return 0;
    const Location nowhere = { .name = "recurrence_overrides" };
    const Decoder d = { .arena = arena, .location = &nowhere, .err = &err, .is_stored = true };
    OverrideEntry *entries = ARENA_ARRAY(arena, OverrideEntry, json_object_size(root));
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        if (decode_entry(&d, json_object_iter_key(at), json_object_iter_value(at), &entries[count]))
            count++;
    }
    qsort(entries, count, sizeof(*entries), compare_starts);
    *ret_entries = entries;
    return count;
}

static bool has_wall_clock_times(json_t *root)
{
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        if (!is_moment(json_object_iter_key(at)))
            return true;
    }
    return false;
}

static bool resolve_key(const Decoder *d, const Timezone *zone, bool all_day, OverrideEntry *entry)
{
    const Location location = { .parent = d->location, .name = entry->key };
    Decoder at_entry = *d;
    NamedTime named;
    const char *reason;

    at_entry.location = &location;
    if (!named_time_parse(entry->key, &named, &reason))
        return decode_fault(&at_entry, "datetime_parsing", "%s", reason);
    entry->original_start = named_time_moment(named, zone, all_day);
    if (entry->original_start == INSTANT_NULL)
        return decode_fault(&at_entry, "not_an_occurrence",
                            "No occurrence of this event starts then.");
    entry->key = instant_text(d->arena, entry->original_start);
    return true;
}

bool overrides_resolve(const Decoder *d, const Timezone *zone, bool all_day, const char *given,
                       const char **ret_overrides)
{
    json_t *root AUTO(json_release) = NULL;
    bool is_sound = true;
    size_t count = 0;

    *ret_overrides = given;
    if (given == NULL || !json_read_stored(given, &root, d->err) || !has_wall_clock_times(root))
        return true;
    OverrideEntry *entries = ARENA_ARRAY(d->arena, OverrideEntry, json_object_size(root));
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        is_sound &= decode_entry(d, json_object_iter_key(at), json_object_iter_value(at),
                                 &entries[count]) &&
                    resolve_key(d, zone, all_day, &entries[count]);
        count++;
    }
    if (!is_sound)
        return false;
    qsort(entries, count, sizeof(*entries), compare_starts);
    if (!unite(d, entries, &count))
        return false;
    *ret_overrides = overrides_text(d->arena, entries, count);
    return true;
}

OverrideEntry *overrides_find(OverrideEntry entries[], size_t count, Instant original_start)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entries[middle].original_start < original_start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && entries[low].original_start == original_start ? &entries[low] : NULL;
}

Instant overrides_start(const OverrideEntry *entry)
{
    const Override *override = &entry->override;

    return OVERRIDE_HAS(override, start_time) ? override->start_time : entry->original_start;
}

bool overrides_all_day(const Override *override, bool all_day)
{
    return OVERRIDE_HAS(override, all_day) ? override->all_day : all_day;
}

Instant overrides_end(const OverrideEntry *entry, int64_t duration_us)
{
    const Override *override = &entry->override;

    return OVERRIDE_HAS(override, end_time) ? override->end_time
                                            : overrides_start(entry) + duration_us;
}

/* -- Merge patches ---------------------------------------------------------------------------- */

size_t overrides_patch_list(Arena *arena, const char *patch, OverridePatch **ret_items)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { 0 };
    const char *reason;
    size_t count = 0;

    *ret_items = NULL;
    if (patch == NULL || !json_read_stored(patch, &root, &err))
        return 0;
    OverridePatch *items = ARENA_ARRAY(arena, OverridePatch, json_object_size(root));
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        const json_t *value = json_object_iter_value(at);
        items[count].json = json_is_null(value) ? NULL : json_canonical(arena, value);
        items[count].key = arena_strdup(arena, json_object_iter_key(at));
        if (named_time_parse(items[count].key, &items[count].name, &reason))
            count++;
    }
    *ret_items = items;
    return count;
}

/* An occurrence is cancelled or changed: whichever is said now. */
static void take_place_of(json_t *override, const json_t *patch)
{
    json_t *object = (json_t *)patch; /* jansson's iterators take no const */
    const char *name;
    json_t *value;
    bool changes = false;

    if (json_is_true(json_object_get(patch, "cancelled"))) {
        json_object_clear(override);
        return;
    }
    json_object_foreach(object, name, value) changes |= !json_is_null(value);
    if (changes)
        json_object_del(override, "cancelled");
}

static bool merge_entry(const Decoder *d, const OverridePatch *item, OverrideEntry *entry)
{
    json_t *override AUTO(json_release) = NULL;
    json_t *patch AUTO(json_release) = NULL;
    Writer w = writer_start(d->arena);

    write_override(&w, &entry->override);
    if (!json_read_stored(writer_text(&w), &override, d->err) ||
        !json_read_stored(item->json, &patch, d->err))
        return false;
    take_place_of(override, patch);
    json_t *merged AUTO(json_release) = json_merge(override, patch);
    return decode_entry(d, entry->key, merged, entry);
}

bool overrides_merge(const Decoder *d, const char *overrides, const OverridePatch items[],
                     size_t count, const char **ret_overrides)
{
    OverrideEntry *present;
    size_t present_count = overrides_list(d->arena, overrides, &present);
    OverrideEntry *merged = ARENA_ARRAY(d->arena, OverrideEntry, present_count + count);
    bool is_sound = true;
    size_t kept = 0;
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        OverrideEntry entry = { .original_start = items[i].original_start };
        while (at < present_count && present[at].original_start < items[i].original_start)
            merged[kept++] = present[at++];
        entry.key = instant_text(d->arena, entry.original_start);
        if (at < present_count && present[at].original_start == items[i].original_start)
            entry = present[at++];
        if (items[i].json == NULL)
            continue;
        if (!merge_entry(d, &items[i], &entry))
            is_sound = false;
        else if (!is_empty(&entry.override))
            merged[kept++] = entry;
    }
    while (at < present_count)
        merged[kept++] = present[at++];
    if (is_sound && kept > LIMIT_OVERRIDES)
        return decode_fault(d, "too_many_items", "A series has at most %d overrides.",
                            LIMIT_OVERRIDES);
    *ret_overrides = overrides_text(d->arena, merged, kept);
    return is_sound;
}

/* -- The type object -------------------------------------------------------------------------- */

static void overrides_describe(Writer *w, const Field *field)
{
    write_key(w, "type");
    write_text(w, "object");
    write_key(w, "maxProperties");
    write_integer(w, LIMIT_OVERRIDES);
    write_key(w, "propertyNames");
    write_raw(w, (field->flags & AS_TAKEN) != 0 ? "{\"type\":\"string\"}"
                                                : "{\"type\":\"string\",\"format\":\"date-time\"}");
    write_key(w, "additionalProperties");
    const char *reference =
        arena_printf(w->out.arena, "{\"$ref\":\"#/components/schemas/%s\"}", field->schema->name);
    write_raw(w,
              (field->flags & NULL_REMOVES) == 0
                  ? reference
                  : arena_printf(w->out.arena, "{\"anyOf\":[%s,{\"type\":\"null\"}]}", reference));
}

/* A database may give JSON back with its members in another order. */
static bool overrides_decode_stored(const Decoder *d, const Field *field, const char *json,
                                    void *member)
{
    return json_value_type.decode_stored(d, field, json, member);
}

static void overrides_encode(Writer *w, const Field *field, const void *member)
{
    (void)field;
    write_raw(w, *(const char *const *)member);
}

static bool overrides_equal(const Field *field, const void *a, const void *b)
{
    (void)field;
    return text_equal(*(const char *const *)a, *(const char *const *)b);
}

static bool overrides_is_null(const void *member)
{
    return *(const char *const *)member == NULL;
}

static void overrides_set_null(void *member)
{
    *(const char **)member = NULL;
}

const Type overrides_type = {
    .name = "an object of overrides",
    .storage = STORED_JSON,
    .decode = overrides_decode,
    .decode_stored = overrides_decode_stored,
    .encode = overrides_encode,
    .describe = overrides_describe,
    .equal = overrides_equal,
    .is_null = overrides_is_null,
    .set_null = overrides_set_null,
};
