#include "calendar/series/follow.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/text.h"
#include "calendar/event_check.h"
#include "calendar/occurrences.h"
#include "calendar/overrides.h"

static bool has_rule(const Event *event)
{
    return event->recurrence_pattern != NULL && event->recurrence_pattern->rrule != NULL;
}

static bool is_elsewhere(const Event *before, const Event *event)
{
    return before->start_time != event->start_time || before->all_day != event->all_day ||
           !text_equal(before->timezone, event->timezone);
}

static bool gives(const Event *event, size_t offset)
{
    return schema_is_given(&event_schema, event, offset);
}

static SeriesMove move_between(const Series *from, const Event *before, const Event *event)
{
    bool gives_pattern = gives(event, offsetof(Event, recurrence_pattern));
    SeriesMove move = {
        .local_us = series_wall_clock(from, before->start_time),
        .has_new_rule = gives_pattern && !event->recurrence_pattern->keeps_rule,
        .has_new_rdates = gives_pattern && !event->recurrence_pattern->keeps_rdates,
        .zone = event->all_day ? NULL : timezone_find(event->timezone),
        .keeps_rdates =
            before->start_time == event->start_time && before->all_day == event->all_day,
    };
    int64_t local_us =
        move.zone != NULL ? timezone_to_local(move.zone, event->start_time) : event->start_time;

    move.by_us = local_us - move.local_us;
    return move;
}

/* All overrides, and not only what a merge patch says of some. */
static bool gives_overrides(const Event *event)
{
    return gives(event, offsetof(Event, recurrence_overrides)) &&
           event->named_overrides.items == NULL;
}

SeriesFollowed series_follow(Arena *arena, const Event *before, Event *event)
{
    SeriesFollowed followed = { .before = before };
    const char *reason;

    if (!has_rule(before) || !has_rule(event) || !is_elsewhere(before, event) ||
        !occurrences_contains(before, before->start_time))
        return followed;
    const Series from = series_open(before);
    Event moved = *event;
    moved.start_time = before->start_time;
    moved.end_time = before->start_time + (event->end_time - event->start_time);
    followed.move = move_between(&from, before, event);
    if (gives_overrides(event))
        moved.recurrence_overrides = NULL;
    followed.has_moved = series_move(&from, arena, &followed.move, &moved, &reason);
    if (!followed.has_moved)
        return followed;
    event->recurrence_pattern = moved.recurrence_pattern;
    if (!gives_overrides(event))
        event->recurrence_overrides = moved.recurrence_overrides;
    return followed;
}

List series_note_dropped(Arena *arena, const SeriesFollowed *followed, const Event *event)
{
    const Series from = series_open(followed->before);
    OverrideEntry *were;
    OverrideEntry *are;
    size_t count = overrides_list(arena, followed->before->recurrence_overrides, &were);
    size_t count_now = overrides_list(arena, event->recurrence_overrides, &are);
    Instant *dropped = ARENA_ARRAY(arena, Instant, count);
    const OverrideEntry *last = NULL; /* two that come to one start are one from then on */
    List list = { 0 };

    for (size_t i = 0; i < count; i++) {
        Instant now = followed->has_moved
                          ? series_moved(&from, &followed->move, were[i].original_start)
                          : event_date(event, were[i].original_start);
        const OverrideEntry *entry = overrides_find(are, count_now, now);
        if (entry == NULL || entry == last)
            dropped[list.count++] = were[i].original_start;
        last = entry;
    }
    list.items = list.count > 0 ? dropped : NULL;
    return list;
}

/* -- Merge patches ---------------------------------------------------------------------------- */

/* What a merge patch says of overrides: of those of the event as it was, which then move with it,
 * and of occurrences that it has only now. Each part ascending. */
typedef struct Merge {
    OverridePatch *early;
    size_t early_count;
    OverridePatch *late;
    size_t late_count;
} Merge;

static int compare_items(const void *a, const void *b)
{
    const OverridePatch *left = a;
    const OverridePatch *right = b;

    return (left->original_start > right->original_start) -
           (left->original_start < right->original_start);
}

/* With the moments that their names stand for in this event, of an all-day one dates: INSTANT_NULL
 * for what is none. Two may be one now. */
static bool resolve_items(const Decoder *d, const Event *event, OverridePatch items[], size_t count)
{
    bool is_sound = true;

    for (size_t i = 0; i < count; i++)
        items[i].original_start = event_original_start(event, items[i].name);
    if (count > 0)
        qsort(items, count, sizeof(*items), compare_items);
    for (size_t i = 1; i < count; i++) {
        if (items[i].original_start == items[i - 1].original_start &&
            items[i].original_start != INSTANT_NULL)
            is_sound = decode_fault_at(d, instant_text(d->arena, items[i].original_start),
                                       "repeated", "This occurrence is given twice.");
    }
    return is_sound;
}

/* Which of them were occurrences; one walk through the series. */
static const bool *find_early(const Decoder *d, const Event *before, const OverridePatch items[],
                              size_t count)
{
    Instant *starts = ARENA_ARRAY(d->arena, Instant, count);
    bool *is_found = ARENA_ARRAY(d->arena, bool, count);

    for (size_t i = 0; i < count; i++)
        starts[i] = items[i].original_start != INSTANT_NULL ? items[i].original_start : INSTANT_MIN;
    int64_t work = occurrences_contain(before, starts, count, is_found);
    if (d->work_left != NULL)
        *d->work_left -= work;
    for (size_t i = 0; i < count; i++)
        is_found[i] &= items[i].original_start != INSTANT_NULL;
    return is_found;
}

/* What names no start of the event as it is now. To take it away is nothing. */
static bool check_names(const Decoder *d, Merge *merge)
{
    bool is_sound = true;
    size_t kept = 0;

    for (size_t i = 0; i < merge->late_count; i++) {
        const OverridePatch *item = &merge->late[i];
        if (item->original_start != INSTANT_NULL)
            merge->late[kept++] = *item;
        else if (item->json != NULL)
            is_sound = decode_fault_at(d, item->key, "not_an_occurrence",
                                       "No occurrence of this event starts then.");
    }
    merge->late_count = kept;
    return is_sound;
}

static bool read_merge(const Decoder *d, const Event *before, const Event *event, Merge *ret_merge)
{
    OverridePatch *items;
    size_t count = overrides_patch_list(d->arena, event->recurrence_overrides, &items);
    Merge merge = {
        .early = ARENA_ARRAY(d->arena, OverridePatch, count),
        .late = ARENA_ARRAY(d->arena, OverridePatch, count),
    };

    if (!resolve_items(d, before, items, count))
        return false;
    const bool *is_early = find_early(d, before, items, count);
    for (size_t i = 0; i < count; i++) {
        if (is_early[i])
            merge.early[merge.early_count++] = items[i];
        else
            merge.late[merge.late_count++] = items[i];
    }
    bool is_sound = resolve_items(d, event, merge.late, merge.late_count) && check_names(d, &merge);
    *ret_merge = merge;
    return is_sound;
}

static void name(Event *event, const OverridePatch *item, Instant now)
{
    Instant *named = event->named_overrides.items;

    if (item->json != NULL)
        named[event->named_overrides.count++] = now;
}

/* The overrides as they are then, and which of them the client named. */
static bool merge_late(const Decoder *d, const SeriesFollowed *followed, const Merge *merge,
                       Event *event)
{
    const Series from = series_open(followed->before);

    event->named_overrides.count = 0;
    for (size_t i = 0; i < merge->early_count; i++)
        name(event, &merge->early[i],
             followed->has_moved
                 ? series_moved(&from, &followed->move, merge->early[i].original_start)
                 : event_date(event, merge->early[i].original_start));
    for (size_t i = 0; i < merge->late_count; i++)
        name(event, &merge->late[i], merge->late[i].original_start);
    return overrides_merge(d, event->recurrence_overrides, merge->late, merge->late_count,
                           &event->recurrence_overrides);
}

/* -- The change ------------------------------------------------------------------------------- */

/* As event_check_change, of a patch whose overrides are a merge patch. */
static bool check_merge(const Decoder *d, const Event *before, Event *event)
{
    const Location location = { .parent = d->location, .name = "recurrence_overrides" };
    Decoder at_overrides = *d;
    Event was = *before;
    Merge merge;

    at_overrides.location = &location;
    if (!read_merge(&at_overrides, before, event, &merge) ||
        !overrides_merge(&at_overrides, before->recurrence_overrides, merge.early,
                         merge.early_count, &was.recurrence_overrides))
        return false;
    event->recurrence_overrides = was.recurrence_overrides;
    event->named_overrides.items =
        ARENA_ARRAY(d->arena, Instant, merge.early_count + merge.late_count);
    const SeriesFollowed followed = series_follow(d->arena, &was, event);
    if (!merge_late(&at_overrides, &followed, &merge, event) ||
        !event_check_series(d, before, event))
        return false;
    if (!text_equal(was.recurrence_overrides, event->recurrence_overrides))
        event->dropped_overrides = series_note_dropped(d->arena, &followed, event);
    return true;
}

bool event_check_change(const Decoder *d, const Event *before, Event *event)
{
    const Location location = { .parent = d->location, .name = "recurrence_pattern" };
    const bool gives_overrides = gives(event, offsetof(Event, recurrence_overrides));
    Decoder at_pattern = *d;

    at_pattern.location = &location;
    event->named_overrides = (List){ .items = NULL };
    if (before != NULL && !recurrence_merge(&at_pattern, before->recurrence_pattern,
                                            event->recurrence_pattern, &event->recurrence_pattern))
        return false;
    if (!event_check_members(d, event))
        return false;
    if (before == NULL)
        return event_check_series(d, NULL, event);
    if (d->merges && gives_overrides && event->recurrence_overrides != NULL)
        return check_merge(d, before, event);
    const SeriesFollowed followed = series_follow(d->arena, before, event);
    if (!event_check_series(d, before, event))
        return false;
    if (!gives_overrides && !text_equal(before->recurrence_overrides, event->recurrence_overrides))
        event->dropped_overrides = series_note_dropped(d->arena, &followed, event);
    return true;
}
