#include "calendar/series/follow.h"

#include <stddef.h>

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
    SeriesMove move = {
        .local_us = series_wall_clock(from, before->start_time),
        .has_new_rule = gives(event, offsetof(Event, recurrence_pattern)),
        .zone = event->all_day ? NULL : timezone_find(event->timezone),
        .keeps_rdates =
            before->start_time == event->start_time && before->all_day == event->all_day,
    };
    int64_t local_us =
        move.zone != NULL ? timezone_to_local(move.zone, event->start_time) : event->start_time;

    move.by_us = local_us - move.local_us;
    return move;
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
    if (gives(event, offsetof(Event, recurrence_overrides)))
        moved.recurrence_overrides = NULL;
    followed.has_moved = series_move(&from, arena, &followed.move, &moved, &reason);
    if (!followed.has_moved)
        return followed;
    event->recurrence_pattern = moved.recurrence_pattern;
    if (!gives(event, offsetof(Event, recurrence_overrides)))
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

bool event_check_change(const Decoder *d, const Event *before, Event *event)
{
    const bool gives_overrides = gives(event, offsetof(Event, recurrence_overrides));

    if (!event_check_members(d, event))
        return false;
    if (before == NULL)
        return event_check_series(d, NULL, event);
    const SeriesFollowed followed = series_follow(d->arena, before, event);
    if (!event_check_series(d, before, event))
        return false;
    if (!gives_overrides && !text_equal(before->recurrence_overrides, event->recurrence_overrides))
        event->dropped_overrides = series_note_dropped(d->arena, &followed, event);
    return true;
}
