#include "calendar/start_clock.h"

#include <string.h>

#include "base/text.h"
#include "calendar/wall_clock.h"

/* How it works: what was kept counts (wall_clock.h). But nearly always it is what the clock shows
 * at that moment, so it is only looked for where it may be another: where a gap pushed the moment
 * on, and where something that was kept is the second of two equal times, which it stays under
 * rules that show it once. */

enum { OFFSET_LENGTH = 6 }; /* "+01:00" */

/* Is there "…T02:30:00+01:00" in it? */
static bool has_seconds_of_two(const char *local_times)
{
    const char *at = local_times;

    while (at != NULL && (at = strchr(at, 'T')) != NULL) {
        at += strcspn(at, "Z+-\"");
        if (*at == '+' || *at == '-')
            return true;
    }
    return false;
}

StartClock start_clock(Arena *arena, const Event *event)
{
    StartClock clock = {
        .arena = arena,
        .event = event,
        .zone = event->all_day ? NULL : timezone_find(event->timezone),
    };
    Error err = { 0 };

    if (clock.zone != NULL && has_seconds_of_two(event->local_times))
        (void)json_read_stored(event->local_times, &clock.kept, &err);
    return clock;
}

void start_clock_finish(StartClock *clock)
{
    json_release(&clock->kept);
}

static LocalStart local_start(const StartClock *clock, WallTime wall, Instant original_start)
{
    int32_t minutes = timezone_offset_s(clock->zone, original_start) / 60;
    int32_t size = minutes < 0 ? -minutes : minutes;

    return (LocalStart){
        .local_us = wall.local_us,
        .offset = wall.is_second ? arena_printf(clock->arena, "%c%02d:%02d",
                                                minutes < 0 ? '-' : '+', size / 60, size % 60)
                                 : NULL,
    };
}

static bool is_of(const StartClock *clock, WallTime wall, Instant moment)
{
    return wall.local_us != INTEGER_NULL && timezone_of_wall_time(clock->zone, wall) == moment;
}

static bool find_kept(StartClock *clock, Instant original_start, LocalStart *ret_local)
{
    static const char *const maps[] = { "starts", "times" };
    const Event *event = clock->event;
    const WallTime start = { event->start_local, event->start_is_second };
    char key[INSTANT_TEXT];
    WallTime wall;
    Error err = { 0 };

    if (original_start == event->start_time && is_of(clock, start, original_start)) {
        *ret_local = local_start(clock, start, original_start);
        return true;
    }
    if (event->local_times == NULL)
        return false;
    if (clock->kept == NULL && !json_read_stored(event->local_times, &clock->kept, &err))
        return false;
    instant_format(original_start, key);
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        const json_t *map = json_object_get(clock->kept, maps[i]);
        const char *text = json_string_value(json_object_get(map, key));
        if (text == NULL || !local_parse(text, &wall.local_us, &wall.is_second) ||
            !is_of(clock, wall, original_start))
            continue;
        *ret_local = local_start(clock, wall, original_start);
        if (wall.is_second)
            ret_local->offset = arena_strdup(clock->arena, text + strlen(text) - OFFSET_LENGTH);
        return true;
    }
    return false;
}

bool start_clock_find_kept(StartClock *clock, const char *text, Instant *ret_original_start)
{
    json_t *starts = json_object_get(clock->kept, "starts");
    const char *reason;
    int64_t local_us;
    bool has_offset;

    if (!local_parse(text, &local_us, &has_offset) || !has_offset)
        return false;
    for (void *at = json_object_iter(starts); at != NULL; at = json_object_iter_next(starts, at)) {
        if (text_equal(json_string_value(json_object_iter_value(at)), text))
            return instant_parse(json_object_iter_key(at), ret_original_start, &reason);
    }
    return false;
}

/* Lets the event's rule be asked on the clock alone. False: it has none. */
static bool open_rule(StartClock *clock)
{
    const Event *event = clock->event;
    const Recurrence *pattern = event->recurrence_pattern;
    RRuleFault fault;

    if (clock->was_opened)
        return clock->has_rule;
    clock->was_opened = true;
    clock->has_rule = pattern != NULL && pattern->rrule != NULL &&
                      rrule_parse(pattern->rrule, &clock->rule, &fault);
    if (!clock->has_rule)
        return false;
    clock->rule.until_form = UNTIL_NONE;
    rrule_iterator_init(&clock->at_shown, &clock->rule, wall_clock_start(event, clock->zone), NULL);
    clock->at_pushed = clock->at_shown;
    return true;
}

static bool says(RRuleIterator *it, int64_t local_us)
{
    Instant found = INSTANT_NULL;

    rrule_iterator_seek(it, local_us);
    return rrule_iterator_next(it, &found) == RRULE_OCCURS && found == local_us;
}

LocalStart start_clock_local(StartClock *clock, Instant original_start)
{
    LocalStart kept;
    int64_t local_us;
    int64_t pushed_us;

    if (clock->zone == NULL)
        return (LocalStart){ .local_us = original_start, .is_date = clock->event->all_day };
    if (clock->kept == NULL && timezone_is_unambiguous(clock->zone, original_start, &local_us))
        return (LocalStart){ .local_us = local_us };
    WallTime wall = timezone_wall_time(clock->zone, original_start);
    bool was_pushed = timezone_was_pushed(clock->zone, original_start, &pushed_us);
    if ((was_pushed || clock->kept != NULL) && find_kept(clock, original_start, &kept))
        return kept;
    if (was_pushed && open_rule(clock) && !says(&clock->at_shown, wall.local_us) &&
        says(&clock->at_pushed, pushed_us))
        wall.local_us = pushed_us;
    return local_start(clock, wall, original_start);
}

const char *local_start_text(Arena *arena, const LocalStart *local)
{
    enum { DATE_LENGTH = 10 };
    char text[INSTANT_TEXT];
    size_t length = local_format(local->local_us, text);

    if (local->offset != NULL)
        return arena_printf(arena, "%s%s", text, local->offset);
    return arena_strndup(arena, text, local->is_date ? DATE_LENGTH : length);
}

const char *start_clock_text(StartClock *clock, Instant original_start)
{
    const LocalStart local = start_clock_local(clock, original_start);

    return local_start_text(clock->arena, &local);
}
