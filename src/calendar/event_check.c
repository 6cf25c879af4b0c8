#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "calendar/days.h"
#include "calendar/event_check.h"
#include "calendar/occurrences.h"
#include "calendar/overrides.h"
#include "calendar/starts.h"
#include "calendar/wall_clock.h"
#include "time/timezone.h"

/* What no single member can tell. Each step stands on those before it, so a fault in the times
 * ends the check; faults of one kind are all reported. */

#define EVENT_GIVES(event, member) schema_is_given(&event_schema, (event), offsetof(Event, member))

static const int64_t longest_us = LIMIT_EVENT_YEARS * INT64_C(366) * DAY_US;

static Decoder decoder_at(const Decoder *d, const Location *location)
{
    Decoder inner = *d;

    inner.location = location;
    return inner;
}

/* -- What it costs ---------------------------------------------------------------------------- */

/* Of many events in one request each may cost what one alone may, as long as there is anything left
 * of what all together may. */
static bool may_follow(const Decoder *d, const Event *event)
{
    return event->recurrence_pattern == NULL || d->work_left == NULL || *d->work_left > 0 ||
           decode_fault_at(d, "recurrence_pattern", "recurrence_too_complex",
                           "The repeating events of this request are too complex together: send "
                           "fewer of them at once.");
}

static void spend(const Decoder *d, int64_t work)
{
    if (d->work_left != NULL)
        *d->work_left -= work;
}

/* -- Times ------------------------------------------------------------------------------------ */

static Instant date_or_same(const Timezone *zone, Instant instant)
{
    Instant date;

    return instant != INSTANT_NULL && days_date(zone, instant, &date) ? date : instant;
}

Instant event_date(const Event *event, Instant instant)
{
    return event->all_day ? date_or_same(timezone_find(event->timezone), instant) : instant;
}

Instant event_original_start(const Event *event, NamedTime named)
{
    const Timezone *zone = timezone_find(event->timezone);

    return event_date(event, named_time_moment(named, zone, event->all_day));
}

static bool align_all_day(const Decoder *d, const Timezone *zone, Event *event)
{
    Instant start;
    Instant end;
    bool is_midnight = days_date(zone, event->start_time, &start);

    if (!is_midnight || !days_date(zone, event->end_time, &end))
        return decode_fault_at(
            d, is_midnight ? "end_time" : "start_time", "all_day_midnight",
            "An all-day event starts and ends at midnight, in UTC or in its timezone.");
    event->start_time = start;
    event->end_time = end;
    return true;
}

static bool is_in_calendar(Instant instant)
{
    return instant >= INSTANT_MIN && instant < INSTANT_END;
}

/* A time that was given is; but one may have been moved. */
static bool check_years(const Decoder *d, Instant start, Instant end)
{
    if (is_in_calendar(start) && is_in_calendar(end))
        return true;
    return decode_fault_at(d, is_in_calendar(start) ? "end_time" : "start_time", "datetime_range",
                           "An event lies in the years 1900 to 2199, in UTC.");
}

static bool check_order(const Decoder *d, bool all_day, Instant start, Instant end)
{
    if (all_day && end == start)
        return decode_fault_at(d, "end_time", "time_order",
                               "An all-day event ends at the midnight after its last day.");
    return end >= start || decode_fault_at(d, "end_time", "time_order",
                                           "The end_time must not be earlier than the start_time.");
}

static bool check_times(const Decoder *d, const Timezone *zone, Event *event)
{
    if (event->all_day && !align_all_day(d, zone, event))
        return false;
    if (!check_order(d, event->all_day, event->start_time, event->end_time))
        return false;
    if (event->end_time - event->start_time > longest_us)
        return decode_fault_at(d, "end_time", "event_too_long",
                               "An event lasts at most ten years.");
    return check_years(d, event->start_time, event->end_time);
}

/* -- Repeating -------------------------------------------------------------------------------- */

static bool check_is_recurring(const Decoder *d, Event *event)
{
    bool gives_flag = EVENT_GIVES(event, is_recurring);
    bool gives_pattern = EVENT_GIVES(event, recurrence_pattern);

    if (gives_flag && gives_pattern && event->is_recurring != (event->recurrence_pattern != NULL))
        return decode_fault_at(
            d, "is_recurring", "recurrence_contradiction",
            "is_recurring and recurrence_pattern contradict each other; give the "
            "pattern alone.");
    if (gives_flag && event->is_recurring && event->recurrence_pattern == NULL)
        return decode_fault_at(d, "recurrence_pattern", "missing",
                               "A repeating event needs a recurrence_pattern.");
    if (gives_flag && !event->is_recurring && event->recurrence_pattern != NULL)
        return decode_fault_at(d, "is_recurring", "recurrence_contradiction",
                               "The event repeats: to end that, give recurrence_pattern as null.");
    event->is_recurring = event->recurrence_pattern != NULL;
    return true;
}

/* The rdates that were given as wall-clock times, too, as the moments that these stand for. */
static bool resolve_local_rdates(const Decoder *d, const Timezone *zone, Event *event,
                                 Recurrence *pattern)
{
    size_t count = pattern->rdate_count + pattern->local_rdate_count;
    Instant *rdates = ARENA_ARRAY(d->arena, Instant, count);

    for (size_t i = 0; i < pattern->rdate_count; i++)
        rdates[i] = pattern->rdates[i];
    for (size_t i = 0; i < pattern->local_rdate_count; i++) {
        Instant date = named_time_moment(pattern->local_rdates[i], zone, event->all_day);
        if (date == INSTANT_NULL)
            return decode_fault(d, "rdate_form",
                                event->all_day
                                    ? "The rdates of an all-day event are dates."
                                    : "A wall-clock time among the rdates is a date and a time of "
                                      "day, like 2025-12-24T09:30:00, in the years 1900 to 2199.");
        if (pattern->local_rdates[i].form == NAMED_LOCAL)
            wall_clock_note(d->arena, event, date, pattern->local_rdates[i].us);
        rdates[pattern->rdate_count + i] = date;
    }
    pattern->rdates = rdates;
    pattern->rdate_count = count;
    pattern->local_rdate_count = 0;
    return true;
}

static int compare_instants(const void *a, const void *b)
{
    Instant left = *(const Instant *)a;
    Instant right = *(const Instant *)b;

    return (left > right) - (left < right);
}

/* The dates of more all-day occurrences, as those of the event itself. */
static bool align_rdates(const Decoder *d, const Timezone *zone, const Event *event,
                         Recurrence *pattern)
{
    Instant *rdates = ARENA_ARRAY(d->arena, Instant, pattern->rdate_count + 1);
    size_t kept = 0;

    for (size_t i = 0; i < pattern->rdate_count; i++) {
        rdates[i] = pattern->rdates[i];
        if (event->all_day && !days_date(zone, pattern->rdates[i], &rdates[i]))
            return decode_fault(d, "all_day_midnight",
                                "The rdates of an all-day event are midnights, in UTC or in its "
                                "timezone.");
    }
    qsort(rdates, pattern->rdate_count, sizeof(*rdates), compare_instants);
    for (size_t i = 0; i < pattern->rdate_count; i++) {
        if (kept == 0 || rdates[kept - 1] < rdates[i])
            rdates[kept++] = rdates[i];
    }
    pattern->rdates = rdates;
    pattern->rdate_count = kept;
    return true;
}

/* RFC 5545 leaves room for rules that yield nothing; a person who gives one has made a mistake. */
static bool check_occurs(const Decoder *d, const Event *event)
{
    Starts starts;
    Instant first;

    starts_init(&starts, event);
    RRuleResult result = starts_next(&starts, &first);
    spend(d, starts_work(&starts));
    switch (result) {
    case RRULE_OCCURS:
        return true;
    case RRULE_ENDED:
        return decode_fault(d, "recurrence_never",
                            "The event would never take place, for no time fits all parts of the "
                            "rule: leave out the part that does not belong.");
    case RRULE_TOO_COMPLEX:
        break;
    }
    return decode_fault(d, "recurrence_too_complex",
                        "The recurrence rule is too complex, its parts hardly ever agree: give it "
                        "fewer parts or a smaller INTERVAL.");
}

static bool check_pattern(const Decoder *d, const Timezone *zone, Event *event)
{
    Location location = { .parent = d->location, .name = "recurrence_pattern" };
    Decoder at_pattern = decoder_at(d, &location);
    Recurrence *pattern = ARENA_NEW(d->arena, Recurrence);
    RRule rule;
    RRuleFault fault;

    if (event->recurrence_pattern == NULL || event->recurrence_pattern->rrule == NULL)
        return true;
    *pattern = *event->recurrence_pattern;
    if (!rrule_parse(pattern->rrule, &rule, &fault))
        return decode_fault(&at_pattern, "recurrence_rule", "%s", fault.reason);
    rrule_convert_until(&rule, zone, event->all_day);
    if (rule.until_form == UNTIL_UTC)
        rule.until_us =
            rrule_whole_until(rule.until_us + pattern->until_fraction_us, event->start_time);
    pattern->until_fraction_us = 0;
    if (!rrule_check_start(&rule, event->start_time, event->all_day, &fault))
        return decode_fault(&at_pattern, "recurrence_rule", "%s", fault.reason);
    pattern->rrule = rrule_format(d->arena, &rule);
    if (!resolve_local_rdates(&at_pattern, zone, event, pattern) ||
        !align_rdates(&at_pattern, zone, event, pattern))
        return false;
    event->recurrence_pattern = pattern;
    return check_occurs(&at_pattern, event);
}

/* -- Overrides -------------------------------------------------------------------------------- */

static const Timezone *override_zone(const Event *event, const Override *override)
{
    return timezone_find(OVERRIDE_HAS(override, timezone) ? override->timezone : event->timezone);
}

void event_align_override(const Event *event, Override *override)
{
    const Timezone *zone = override_zone(event, override);

    if (!overrides_all_day(override, event->all_day))
        return;
    override->start_time = date_or_same(zone, override->start_time);
    override->end_time = date_or_same(zone, override->end_time);
}

/* The times of what is of whole days, as those of an all-day event. What says that it is as the
 * series is says nothing. */
static void align_entry(const Decoder *d, const Event *event, OverrideEntry *entry)
{
    if (event->all_day) {
        entry->original_start = event_date(event, entry->original_start);
        entry->key = instant_text(d->arena, entry->original_start);
    }
    event_align_override(event, &entry->override);
    if (overrides_all_day(&entry->override, event->all_day) == event->all_day)
        entry->override.given &= ~schema_bit(&override_schema, offsetof(Override, all_day));
}

/* Hours or days of the series say nothing about what is of the other kind. */
bool event_check_kind(const Decoder *d, const Event *event, const Override *override)
{
    bool is_sound = true;

    if (OVERRIDE_HAS(override, timezone) && timezone_find(override->timezone) == NULL)
        is_sound = decode_fault_at(d, "timezone", "timezone_unknown",
                                   "There is no such zone; give an IANA name like Europe/Zurich.");
    if (overrides_all_day(override, event->all_day) == event->all_day)
        return is_sound;
    if (!OVERRIDE_HAS(override, start_time))
        is_sound = decode_fault_at(d, "start_time", "missing",
                                   "What is of whole days in a series that is not, or the other "
                                   "way round, needs a start of its own.");
    if (!OVERRIDE_HAS(override, end_time))
        is_sound = decode_fault_at(d, "end_time", "missing",
                                   "What is of whole days in a series that is not, or the other "
                                   "way round, needs an end of its own.");
    return is_sound;
}

static bool check_entry(const Decoder *d, const Event *event, const OverrideEntry *entry)
{
    Instant start = overrides_start(entry);
    Instant end = overrides_end(entry, event->end_time - event->start_time);
    bool all_day = overrides_all_day(&entry->override, event->all_day);

    if (!event_check_kind(d, event, &entry->override) || !check_order(d, all_day, start, end))
        return false;
    if (end - start > longest_us)
        return decode_fault_at(d, "end_time", "event_too_long",
                               "An event lasts at most ten years.");
    if (all_day && (start % DAY_US != 0 || end % DAY_US != 0))
        return decode_fault(d, "all_day_midnight",
                            "An all-day occurrence starts and ends at midnight, in UTC or in the "
                            "event's timezone.");
    return check_years(d, start, end);
}

/* Which of the entries answer to an occurrence; one walk through the series. */
static const bool *find_occurrences(const Decoder *d, const Event *event,
                                    const OverrideEntry entries[], size_t count)
{
    Instant *starts = ARENA_ARRAY(d->arena, Instant, count);
    bool *is_found = ARENA_ARRAY(d->arena, bool, count);

    for (size_t i = 0; i < count; i++)
        starts[i] = entries[i].original_start;
    spend(d, occurrences_contain(event, starts, count, is_found));
    return is_found;
}

static bool is_named(const Event *event, Instant original_start)
{
    const Instant *named = event->named_overrides.items;

    for (size_t i = 0; named != NULL && i < event->named_overrides.count; i++) {
        if (named[i] == original_start)
            return true;
    }
    return named == NULL;
}

static bool check_each_override(const Decoder *d, Event *event)
{
    bool is_given = EVENT_GIVES(event, recurrence_overrides);
    bool is_sound = true;
    Location whole = { .parent = d->location, .name = "recurrence_overrides" };
    OverrideEntry *entries;
    size_t count = overrides_list(d->arena, event->recurrence_overrides, &entries);
    size_t kept = 0;

    spend(d, (int64_t)strlen(event->recurrence_overrides));
    for (size_t i = 0; i < count; i++)
        align_entry(d, event, &entries[i]);
    const bool *is_found = find_occurrences(d, event, entries, count);
    for (size_t i = 0; i < count; i++) {
        Location location = { .parent = &whole, .name = entries[i].key };
        Decoder at_entry = decoder_at(d, &location);
        bool is_repeated =
            kept > 0 && entries[kept - 1].original_start == entries[i].original_start;
        if (is_repeated) {
            is_sound = decode_fault(&at_entry, "repeated", "This occurrence is given twice.");
        } else if (is_found[i]) {
            is_sound &= check_entry(&at_entry, event, &entries[i]);
            if (entries[i].override.given != 0)
                entries[kept++] = entries[i];
        } else if (is_given && is_named(event, entries[i].original_start)) {
            is_sound = decode_fault(&at_entry, "not_an_occurrence",
                                    "No occurrence of this event starts then.");
        }
    }
    if (is_sound)
        event->recurrence_overrides = overrides_text(d->arena, entries, kept);
    return is_sound;
}

static bool check_overrides(const Decoder *d, Event *event)
{
    if (event->recurrence_overrides == NULL)
        return true;
    if (event->recurrence_pattern != NULL && event->recurrence_pattern->rrule != NULL)
        return check_each_override(d, event);
    if (EVENT_GIVES(event, recurrence_overrides) &&
        (event->named_overrides.items == NULL || event->named_overrides.count > 0))
        return decode_fault_at(d, "recurrence_overrides", "not_recurring",
                               "Only an event that repeats has overrides.");
    event->recurrence_overrides = NULL;
    return true;
}

/* -- Its size --------------------------------------------------------------------------------- */

/* Of a version's document (store/history.h): names, times and numbers, a uid if it has none yet,
 * and what texts there are. */
static int64_t document_bytes(const Decoder *d, const Event *event)
{
    enum { REST_BYTES = 768, UID_BYTES = 38 };
    const char *const texts[] = { event->uid, event->title, event->description, event->location,
                                  event->timezone };
    size_t bytes = event->uid != NULL ? REST_BYTES : REST_BYTES + UID_BYTES;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        bytes += texts[i] != NULL ? buffer_json_length(texts[i]) : 0;
    if (event->recurrence_overrides != NULL)
        bytes += strlen(event->recurrence_overrides);
    if (event->recurrence_pattern != NULL) {
        Writer w = writer_start(d->arena);
        recurrence_type.encode(&w, NULL, &event->recurrence_pattern);
        bytes += writer_length(&w);
    }
    return (int64_t)bytes;
}

/* What was larger before there was a limit may stay so, and be made smaller. */
static bool check_size(const Decoder *d, Event *event)
{
    int64_t before = event->document_bytes;
    const char *grown = "description";

    event->document_bytes = document_bytes(d, event);
    if (event->document_bytes <= LIMIT_DOCUMENT_BYTES || event->document_bytes <= before)
        return true;
    if (EVENT_GIVES(event, recurrence_overrides))
        grown = "recurrence_overrides";
    else if (EVENT_GIVES(event, recurrence_pattern) && !EVENT_GIVES(event, description))
        grown = "recurrence_pattern";
    return decode_fault_at(d, grown, "document_too_large",
                           "An event with all its overrides takes at most %d KiB: shorten this, or "
                           "take something else out first.",
                           LIMIT_DOCUMENT_BYTES / 1024);
}

/* The rule and the overrides, followed as far as it takes. */
static bool check_series(const Decoder *d, const Timezone *zone, Event *event)
{
    int64_t work = 0;

    if (!may_follow(d, event) || !check_pattern(d, zone, event) || !check_overrides(d, event))
        return false;
    event->series_start = occurrences_series_start(event);
    event->series_end = occurrences_series_end(event, &work);
    spend(d, work);
    return true;
}

static bool takes_place_as(const Event *before, const Event *event)
{
    return before != NULL && before->start_time == event->start_time &&
           before->end_time == event->end_time && before->all_day == event->all_day &&
           text_equal(before->timezone, event->timezone) &&
           text_equal(before->recurrence_overrides, event->recurrence_overrides) &&
           recurrence_type.equal(NULL, &before->recurrence_pattern, &event->recurrence_pattern);
}

/* A merge patch says of which event its names are (series/follow.c). */
static bool resolve_names(const Decoder *d, const Timezone *zone, Event *event)
{
    const Location location = { .parent = d->location, .name = "recurrence_overrides" };
    const Decoder at_overrides = decoder_at(d, &location);

    return d->merges || !EVENT_GIVES(event, recurrence_overrides) ||
           overrides_resolve(&at_overrides, zone, event->all_day, event->recurrence_overrides,
                             &event->recurrence_overrides);
}

bool event_check_members(const Decoder *d, Event *event)
{
    if (event->timezone == NULL)
        event->timezone = "UTC";
    if (event->status == INTEGER_NULL)
        event->status = EVENT_CONFIRMED;
    if (event->transparency == INTEGER_NULL)
        event->transparency = EVENT_OPAQUE;
    const Timezone *zone = timezone_find(event->timezone);
    bool is_sound = zone != NULL;
    if (!is_sound) {
        decode_fault_at(d, "timezone", "timezone_unknown",
                        "There is no such zone; give an IANA name like Europe/Zurich.");
        zone = timezone_find("UTC"); /* so that the other faults are told at once */
    }
    is_sound &= check_times(d, zone, event);
    is_sound &= check_is_recurring(d, event);
    is_sound &= resolve_names(d, zone, event);
    return is_sound;
}

bool event_check_series(const Decoder *d, const Event *before, Event *event)
{
    const Timezone *zone = timezone_find(event->timezone);

    wall_clock_keep_start(event);
    if (!takes_place_as(before, event)) {
        if (!check_series(d, zone, event))
            return false;
        wall_clock_keep(d->arena, event);
    }
    return check_size(d, event);
}

bool event_check(const Decoder *d, Event *event)
{
    return event_check_members(d, event) && event_check_series(d, NULL, event);
}
