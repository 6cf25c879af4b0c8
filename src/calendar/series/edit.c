#include "calendar/series/edit.h"

#include <string.h>

#include "base/limits.h"
#include "calendar/occurrences.h"
#include "calendar/overrides.h"
#include "calendar/series/move.h"

const char *const series_scope_names[] = { "this", "following", "all", NULL };

static const Field occurrence_change_fields[] = {
    TEXT(OccurrenceChange, title, .min = 1, .max = LIMIT_TITLE, .doc = "Another title.",
         .example = "\"Retrospective\""),
    TEXT(OccurrenceChange, description, .flags = NULLABLE | IN_BYTES, .max = LIMIT_DESCRIPTION,
         .doc = "Another description; `null`: none."),
    TEXT(OccurrenceChange, location, .flags = NULLABLE, .max = LIMIT_LOCATION,
         .doc = "Another place; `null`: none.", .example = "\"Room 9\""),
    INSTANT(OccurrenceChange, start_time,
            .doc = "Another start for this occurrence. With `following` and `all` the others move "
                   "by the same difference of the wall clock.",
            .example = "\"2025-03-10T11:00:00Z\""),
    INSTANT(OccurrenceChange, end_time,
            .doc = "Another end for this occurrence. Left out, it lasts as long as before; with "
                   "`following` and `all` the others last as long."),
    CHOICE(OccurrenceChange, status, .choices = event_status_names, .doc = "Another status.",
           .example = "\"tentative\""),
    RECURRENCE(OccurrenceChange, recurrence_pattern, .flags = NULLABLE | EMPTY_IS_LEFT_OUT,
               .doc = "With `following` and `all`: how it repeats from its start on; `null`: not "
                      "at all.",
               .example = "{\"rrule\":\"FREQ=WEEKLY;COUNT=10\"}"),
    CHOICE(OccurrenceChange, transparency, .choices = event_transparency_names,
           .doc = "Whether it occupies time.", .example = "\"transparent\""),
    BOOLEAN(OccurrenceChange, all_day,
            .doc = "With `this`: of whole days where the series is not, or the other way round, "
                   "with a start and an end of its own.",
            .example = "false"),
    TEXT(OccurrenceChange, timezone, .min = 1, .max = LIMIT_ZONE_NAME,
         .doc = "With `this`: another zone, whose clock it is told by.",
         .example = "\"Asia/Tokyo\""),
};

const Schema occurrence_change_schema = SCHEMA(
    OccurrenceChange, occurrence_change_fields,
    .doc = "What is to be different in an occurrence, or from it on. Members left out stay.");

#define CHANGES(change, member)                                                                    \
    schema_is_given(&occurrence_change_schema, (change), offsetof(OccurrenceChange, member))

/* -- One occurrence --------------------------------------------------------------------------- */

#define BIT(member) schema_bit(&override_schema, offsetof(Override, member))

static void put_change(const OccurrenceChange *change, Override *override)
{
    if (CHANGES(change, title)) {
        override->title = change->title;
        override->given |= BIT(title);
    }
    if (CHANGES(change, description)) {
        override->description = change->description;
        override->given |= BIT(description);
    }
    if (CHANGES(change, location)) {
        override->location = change->location;
        override->given |= BIT(location);
    }
    if (CHANGES(change, status)) {
        override->status = change->status;
        override->given |= BIT(status);
    }
    if (CHANGES(change, transparency)) {
        override->transparency = change->transparency;
        override->given |= BIT(transparency);
    }
    if (CHANGES(change, all_day)) {
        override->all_day = change->all_day;
        override->given |= BIT(all_day);
    }
    if (CHANGES(change, timezone)) {
        override->timezone = change->timezone;
        override->given |= BIT(timezone);
    }
    if (CHANGES(change, end_time)) {
        override->end_time = change->end_time;
        override->given |= BIT(end_time);
    }
    if (CHANGES(change, start_time)) {
        override->start_time = change->start_time;
        override->given |= BIT(start_time);
    }
}

/* A start without an end moves the end that the occurrence has of its own. */
static void keep_length(const OccurrenceChange *change, OverrideEntry *entry)
{
    Override *override = &entry->override;

    if (CHANGES(change, start_time) && !CHANGES(change, end_time) &&
        OVERRIDE_HAS(override, end_time))
        override->end_time += change->start_time - overrides_start(entry);
}

static bool change_entry(const Decoder *d, const Event *event, const OccurrenceChange *change,
                         OverrideEntry *entry)
{
    Override *override = &entry->override;

    if (change == NULL) {
        *override = (Override){ .given = BIT(cancelled), .cancelled = true };
        return true;
    }
    if (CHANGES(change, recurrence_pattern))
        return decode_fault_at(d, "recurrence_pattern", "scope_this",
                               "One occurrence does not repeat: use scope=following or scope=all.");
    override->cancelled = false;
    override->given &= ~BIT(cancelled);
    keep_length(change, entry);
    put_change(change, override);
    if (!event_check_kind(d, event, override))
        return false;
    if (overrides_end(entry, event->end_time - event->start_time) < overrides_start(entry))
        return decode_fault_at(d, "end_time", "time_order",
                               "The end_time must not be earlier than the start_time.");
    return true;
}

static bool edit_this(const Decoder *d, const Event *event, const SeriesEdit *edit,
                      SeriesAfter *after)
{
    OverrideEntry *present;
    size_t count = overrides_list(d->arena, event->recurrence_overrides, &present);
    OverrideEntry *entries = ARENA_ARRAY(d->arena, OverrideEntry, count + 1);
    size_t place = count;

    for (size_t i = 0; i < count; i++) {
        entries[i] = present[i];
        if (present[i].original_start == edit->original_start)
            place = i;
    }
    if (place == count) {
        if (count == LIMIT_OVERRIDES)
            return error_set(d->err, ERROR_CONFLICT, "A series has at most %d overrides.",
                             LIMIT_OVERRIDES);
        entries[count++] = (OverrideEntry){
            .original_start = edit->original_start,
            .key = instant_text(d->arena, edit->original_start),
        };
        schema_set_nulls(&override_schema, &entries[place].override);
    }
    if (!change_entry(d, event, edit->change, &entries[place]))
        return false;
    if (entries[place].override.given == 0)
        entries[place] = entries[--count];
    after->event.recurrence_overrides = overrides_text(d->arena, entries, count);
    return event_check(d, &after->event);
}

/* -- A series --------------------------------------------------------------------------------- */

static void put_members(const OccurrenceChange *change, Event *event)
{
    if (CHANGES(change, title))
        event->title = change->title;
    if (CHANGES(change, description))
        event->description = change->description;
    if (CHANGES(change, location))
        event->location = change->location;
    if (CHANGES(change, status))
        event->status = change->status;
    if (CHANGES(change, transparency))
        event->transparency = change->transparency;
}

/* In the occurrence that was edited the change counts, not what an override had said. With a new
 * end alone it stays where it had been moved. */
static void clear_override(Arena *arena, const SeriesEdit *edit, Event *event)
{
    OverrideEntry *entries;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);
    const Members times = BIT(start_time) | BIT(end_time);
    Override changed = { 0 };

    put_change(edit->change, &changed);
    if (CHANGES(edit->change, start_time))
        changed.given |= BIT(end_time);
    OverrideEntry *entry = overrides_find(entries, count, edit->original_start);
    if (entry == NULL)
        return;
    if (OVERRIDE_HAS(&entry->override, all_day) && (changed.given & times) != 0)
        changed.given |= times | BIT(all_day); /* they are of one kind */
    entry->override.given &= ~(changed.given | BIT(cancelled));
    entry->override.cancelled = false;
    if (entry->override.given == 0) {
        count--;
        memmove(entry, entry + 1, (size_t)(entries + count - entry) * sizeof(*entry));
    }
    event->recurrence_overrides = overrides_text(arena, entries, count);
}

/* The wall-clock time that a client gave; of an all-day event the date. */
static int64_t given_wall_clock(const Series *series, Instant given)
{
    return series->zone != NULL ? timezone_to_local(series->zone, given) : given;
}

/* Notes which of the overrides that were there have none to answer to them any more, but for that
 * of the occurrence in question, and those of occurrences that are taken away. */
static void note_dropped(Arena *arena, const Event *before, const SeriesEdit *edit,
                         SeriesAfter *after)
{
    const Event *const sides[] = { &after->event, &after->next };
    OverrideEntry *were;
    OverrideEntry *are[2] = { NULL, NULL };
    size_t counts[2] = { 0, 0 };
    size_t count = overrides_list(arena, before->recurrence_overrides, &were);
    const OverrideEntry *last = NULL; /* two that come to one start are one from then on */

    for (size_t side = 0; side < (after->is_split ? 2 : 1); side++)
        counts[side] = overrides_list(arena, sides[side]->recurrence_overrides, &are[side]);
    after->dropped = ARENA_ARRAY(arena, Instant, count);
    for (size_t i = 0; i < count; i++) {
        bool is_later = were[i].original_start >= after->move_from;
        size_t side = after->is_split && is_later ? 1 : 0;
        if (were[i].original_start == edit->original_start || (is_later && edit->change == NULL))
            continue;
        Instant now = series_original_after(before, after, were[i].original_start);
        const OverrideEntry *entry = overrides_find(are[side], counts[side], now);
        if (entry == NULL || entry == last)
            after->dropped[after->dropped_count++] = were[i].original_start;
        last = entry;
    }
}

/* When the occurrence in question begins as it is. */
static Instant present_start(Arena *arena, const Event *event, const SeriesEdit *edit)
{
    OverrideEntry *entries;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);
    const OverrideEntry *entry = overrides_find(entries, count, edit->original_start);

    return entry != NULL && !OVERRIDE_HAS(&entry->override, all_day) ? overrides_start(entry)
                                                                     : edit->original_start;
}

/* The length that the change asks for, or that it is now. */
static int64_t length_of(Arena *arena, const SeriesEdit *edit, const Event *event)
{
    const OccurrenceChange *change = edit->change;

    if (!CHANGES(change, end_time))
        return event->end_time - event->start_time;
    return change->end_time -
           (CHANGES(change, start_time) ? change->start_time : present_start(arena, event, edit));
}

/* The pattern of the change; the one that the series has is none. Of a series in two parts the
 * later one has what a merge patch says nothing of. */
static bool put_pattern(const Decoder *d, const Series *series, const SeriesEdit *edit,
                        bool is_split, Event *event, SeriesMove *move)
{
    const Recurrence *present = series->event->recurrence_pattern;
    const Recurrence *given = edit->change->recurrence_pattern;
    const Recurrence *whole;
    const Recurrence *pattern;
    const Location location = { .parent = d->location, .name = "recurrence_pattern" };
    Decoder at_pattern = *d;

    at_pattern.location = &location;
    if (!recurrence_merge(&at_pattern, present, given, &whole))
        return false;
    if (recurrence_type.equal(NULL, &whole, &present))
        return true;
    if (!recurrence_merge(&at_pattern, event->recurrence_pattern, given, &pattern))
        return false;
    event->recurrence_pattern = pattern;
    move->has_new_rule = pattern == NULL || !pattern->keeps_rule;
    move->has_new_rdates = pattern == NULL || !pattern->keeps_rdates;
    if (is_split && move->has_new_rule)
        event->start_time = edit->original_start;
    return true;
}

/* The change on `event`, which has the occurrence in question and the rule of `series`. */
static bool change_series(const Decoder *d, const Series *series, const SeriesEdit *edit,
                          Event *event, SeriesAfter *after)
{
    const OccurrenceChange *change = edit->change;
    SeriesMove move = {
        .local_us = series_wall_clock(series, edit->original_start),
        .zone = series->zone,
    };
    int64_t length_us = length_of(d->arena, edit, event);
    const char *reason;

    if (CHANGES(change, all_day) || CHANGES(change, timezone))
        return decode_fault_at(d, CHANGES(change, all_day) ? "all_day" : "timezone", "scope_whole",
                               "One occurrence of a series can be different in this: use "
                               "scope=this, or change the event itself.");
    if (CHANGES(change, recurrence_pattern) &&
        !put_pattern(d, series, edit, after->is_split, event, &move))
        return false;
    if (CHANGES(change, start_time))
        move.by_us = given_wall_clock(series, change->start_time) - move.local_us;
    bool is_at_start = event->start_time == edit->original_start;
    clear_override(d->arena, edit, event);
    put_members(change, event);
    if (!series_move(series, d->arena, &move, event, &reason))
        return decode_fault_at(d, "start_time", "series_not_movable", "%s", reason);
    if (is_at_start && series->zone != NULL && CHANGES(change, start_time))
        event->start_time = change->start_time;
    event->end_time = event->start_time + length_us;
    after->move_us = move.by_us;
    return event_check(d, event);
}

static bool edit_all(const Decoder *d, const Series *series, const SeriesEdit *edit,
                     SeriesAfter *after)
{
    after->move_from = INSTANT_MIN;
    after->is_trashed = edit->change == NULL;
    return after->is_trashed || change_series(d, series, edit, &after->event, after);
}

static bool edit_following(const Decoder *d, const Series *series, const SeriesEdit *edit,
                           SeriesAfter *after)
{
    bool has_next = edit->change != NULL;

    after->move_from = edit->original_start;
    if (!series_cut(series, d->arena, edit->original_start, &after->event,
                    has_next ? &after->next : NULL))
        return error_set(d->err, ERROR_CONFLICT,
                         "The clock is changed there, and no two rules say what the one rule said; "
                         "split the series at another occurrence.");
    after->is_split = has_next;
    if (!event_check(d, &after->event))
        return false;
    return !has_next || change_series(d, series, edit, &after->next, after);
}

/* The times of a change as those of what it changes: the event, or the occurrence as it would be.
 */
static OccurrenceChange align_change(Arena *arena, const Event *event, const SeriesEdit *edit)
{
    OccurrenceChange aligned = *edit->change;
    Override override = { 0 };
    OverrideEntry *entries;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);
    const OverrideEntry *entry = overrides_find(entries, count, edit->original_start);

    if (entry != NULL && edit->scope == SERIES_THIS)
        override = entry->override;
    put_change(edit->change, &override);
    event_align_override(event, &override);
    if (CHANGES(&aligned, start_time))
        aligned.start_time = override.start_time;
    if (CHANGES(&aligned, end_time))
        aligned.end_time = override.end_time;
    return aligned;
}

static bool edit_in_scope(const Decoder *d, const Event *event, const SeriesEdit *edit,
                          SeriesAfter *ret_after)
{
    Series series = series_open(event);
    bool is_whole =
        !series.has_rule || edit->scope == SERIES_ALL ||
        (edit->scope == SERIES_FOLLOWING && series_is_first(&series, edit->original_start));

    *ret_after = (SeriesAfter){ .event = *event, .move_from = INSTANT_END };
    ret_after->event.given = 0;
    series.event = event;
    if (is_whole)
        return edit_all(d, &series, edit, ret_after);
    if (edit->scope == SERIES_THIS)
        return edit_this(d, event, edit, ret_after);
    return edit_following(d, &series, edit, ret_after);
}

bool series_edit(const Decoder *d, const Event *event, const SeriesEdit *edit,
                 SeriesAfter *ret_after)
{
    OccurrenceChange change;
    SeriesEdit aligned = *edit;

    if (edit->change != NULL) {
        change = align_change(d->arena, event, edit);
        aligned.change = &change;
    }
    if (!edit_in_scope(d, event, &aligned, ret_after))
        return false;
    if (!ret_after->is_trashed)
        note_dropped(d->arena, event, &aligned, ret_after);
    return true;
}

Instant series_original_after(const Event *before, const SeriesAfter *after, Instant original_start)
{
    Series series = series_open(before);

    if (after->move_us == 0 || original_start < after->move_from)
        return original_start;
    return series_instant(&series, series_wall_clock(&series, original_start) + after->move_us);
}
