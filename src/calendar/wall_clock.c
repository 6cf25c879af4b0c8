#include "calendar/wall_clock.h"

#include <string.h>

#include "base/text.h"
#include "calendar/overrides.h"
#include "rrule/iterator.h"
#include "json/reader.h"

/* How it works: `local_times` is {"starts": {…}, "times": {…}}, each from a moment, as it now
 * stands in rule and overrides, to its wall-clock time: the first for what overrides are known by,
 * the second for all else. One walk over all the moments of an event (turn_all) writes it, and
 * another one derives them. */

/* What becomes of one moment. */
typedef struct Turning Turning;
typedef Instant (*Turn)(Turning *turning, bool is_start, Instant moment);

struct Turning {
    Arena *arena;
    Event *event;
    const Timezone *zone;
    Turn turn;
    const char *own_zone; /* the name of `zone`, where it is not the event's */
    const json_t *starts; /* as they were kept; NULL: none */
    const json_t *times;
    json_t *new_starts;
    json_t *new_times;
};

/* NULL: an event that has nothing to be derived. */
static const Timezone *zone_of(const Event *event)
{
    const Timezone *zone =
        event->all_day || event->timezone == NULL ? NULL : timezone_find(event->timezone);

    return zone != NULL && timezone_rules(zone) != 0 && event->start_time != INSTANT_NULL &&
                   event->end_time != INSTANT_NULL
               ? zone
               : NULL;
}

/* -- Start and end ---------------------------------------------------------------------------- */

static bool is_of(const Timezone *zone, int64_t local_us, bool is_second, Instant moment)
{
    return local_us != INTEGER_NULL &&
           timezone_of_wall_time(zone, (WallTime){ local_us, is_second }) == moment;
}

static void keep_one(const Timezone *zone, Instant moment, int64_t *local_us, bool *is_second)
{
    if (is_of(zone, *local_us, *is_second, moment))
        return;
    const WallTime wall = timezone_wall_time(zone, moment);
    *local_us = wall.local_us;
    *is_second = wall.is_second;
}

void wall_clock_keep_start(Event *event)
{
    const Timezone *zone = zone_of(event);

    if (zone == NULL) {
        event->start_local = event->start_time;
        event->end_local = event->end_time;
        event->start_is_second = event->end_is_second = false;
        event->zone_rules = 0;
        event->zone_release = NULL;
        return;
    }
    keep_one(zone, event->start_time, &event->start_local, &event->start_is_second);
    keep_one(zone, event->end_time, &event->end_local, &event->end_is_second);
    event->zone_rules = timezone_rules(zone);
    event->zone_release = timezone_release();
}

int64_t wall_clock_start(const Event *event, const Timezone *zone)
{
    if (zone == NULL)
        return event->start_time;
    return is_of(zone, event->start_local, event->start_is_second, event->start_time)
               ? event->start_local
               : timezone_to_local(zone, event->start_time);
}

/* -- The others ------------------------------------------------------------------------------- */

/* "2027-10-31T02:30:00", the second of a fold with its offset: "2027-10-31T02:30:00+01:00". */
static const char *wall_text(Arena *arena, const Timezone *zone, WallTime wall)
{
    char text[INSTANT_TEXT];

    local_format(wall.local_us, text);
    if (!wall.is_second)
        return arena_strdup(arena, text);
    int32_t minutes = timezone_offset_s(zone, timezone_of_wall_time(zone, wall)) / 60;
    int32_t size = minutes < 0 ? -minutes : minutes;
    return arena_printf(arena, "%s%c%02d:%02d", text, minutes < 0 ? '-' : '+', size / 60,
                        size % 60);
}

/* Of what an override tells by a clock of its own, with that. */
static const char *key_of(const Turning *turning, Instant moment)
{
    const char *text = instant_text(turning->arena, moment);

    return turning->own_zone == NULL
               ? text
               : arena_printf(turning->arena, "%s %s", text, turning->own_zone);
}

static bool read_wall(const json_t *map, const char *key, WallTime *ret_wall)
{
    const char *text = json_string_value(json_object_get(map, key));

    return text != NULL && local_parse(text, &ret_wall->local_us, &ret_wall->is_second);
}

static void put_wall(const Turning *turning, bool is_start, Instant moment, const char *wall)
{
    json_t *map = is_start ? turning->new_starts : turning->new_times;

    json_object_set_new(map, key_of(turning, moment), json_string(wall));
}

/* Does the event's rule say this wall-clock time? Asked of the clock alone. */
static bool says(const Event *event, const Timezone *zone, int64_t local_us)
{
    const Recurrence *pattern = event->recurrence_pattern;
    RRuleIterator it;
    RRuleFault fault;
    RRule rule;
    Instant found = INSTANT_NULL;

    if (pattern == NULL || pattern->rrule == NULL || !rrule_parse(pattern->rrule, &rule, &fault))
        return false;
    rule.until_form = UNTIL_NONE;
    rrule_iterator_init(&it, &rule, wall_clock_start(event, zone), NULL);
    rrule_iterator_seek(&it, local_us);
    return rrule_iterator_next(&it, &found) == RRULE_OCCURS && found == local_us;
}

/* What the clock shows; for what a gap has pushed on what the rule says. */
static WallTime natural(const Turning *turning, bool is_start, Instant moment)
{
    WallTime wall = timezone_wall_time(turning->zone, moment);
    int64_t pushed_us;

    if (is_start && timezone_was_pushed(turning->zone, moment, &pushed_us) &&
        !says(turning->event, turning->zone, wall.local_us) &&
        says(turning->event, turning->zone, pushed_us))
        wall.local_us = pushed_us;
    return wall;
}

static bool find_wall(const Turning *turning, const json_t *map, Instant moment, WallTime *ret_wall)
{
    return read_wall(map, key_of(turning, moment), ret_wall) &&
           is_of(turning->zone, ret_wall->local_us, ret_wall->is_second, moment);
}

/* An rdate that a gap has pushed on, whose override is turned after it. */
static bool find_pushed(const Turning *turning, Instant moment, WallTime *ret_wall)
{
    return find_wall(turning, turning->new_times, moment, ret_wall) &&
           ret_wall->local_us != timezone_to_local(turning->zone, moment);
}

static Instant keep_moment(Turning *turning, bool is_start, Instant moment)
{
    WallTime wall;

    if (!find_wall(turning, is_start ? turning->starts : turning->times, moment, &wall) &&
        !(is_start && find_pushed(turning, moment, &wall)))
        wall = natural(turning, is_start, moment);
    put_wall(turning, is_start, moment, wall_text(turning->arena, turning->zone, wall));
    return moment;
}

/* What nobody kept is what the clock shows. */
static Instant derive_moment(Turning *turning, bool is_start, Instant moment)
{
    const json_t *map = is_start ? turning->starts : turning->times;
    const char *key = key_of(turning, moment);
    WallTime wall;

    if (!read_wall(map, key, &wall))
        return moment;
    Instant now = timezone_of_wall_time(turning->zone, wall);
    put_wall(turning, is_start, now, json_string_value(json_object_get(map, key)));
    return now;
}

/* -- All moments of an event ------------------------------------------------------------------ */

static const char *turn_until(Turning *turning, const char *text)
{
    RRule rule;
    RRuleFault fault;

    if (text == NULL || !rrule_parse(text, &rule, &fault) || rule.until_form != UNTIL_UTC)
        return text;
    Instant until = turning->turn(turning, false, rule.until_us);
    if (until == rule.until_us)
        return text;
    rule.until_us = until - (until % SECOND_US + SECOND_US) % SECOND_US;
    return rrule_format(turning->arena, &rule);
}

static void turn_pattern(Turning *turning)
{
    const Recurrence *pattern = turning->event->recurrence_pattern;
    bool is_same;

    if (pattern == NULL)
        return;
    Recurrence *turned = ARENA_NEW(turning->arena, Recurrence);
    Instant *rdates = ARENA_ARRAY(turning->arena, Instant, pattern->rdate_count);
    *turned = *pattern;
    turned->rrule = turn_until(turning, pattern->rrule);
    turned->rdate_count = 0;
    is_same = turned->rrule == pattern->rrule;
    for (size_t i = 0; i < pattern->rdate_count; i++) {
        Instant date = turning->turn(turning, false, pattern->rdates[i]);
        size_t at = turned->rdate_count;
        is_same &= date == pattern->rdates[i];
        while (at > 0 && rdates[at - 1] > date)
            at--;
        if (at > 0 && rdates[at - 1] == date)
            continue;
        memmove(&rdates[at + 1], &rdates[at], (turned->rdate_count - at) * sizeof(*rdates));
        rdates[at] = date;
        turned->rdate_count++;
    }
    turned->rdates = rdates;
    if (!is_same)
        turning->event->recurrence_pattern = turned;
}

/* Its own times keep their length where a gap would leave none. Dates are of no clock, and what is
 * told by another one stands on that. */
static void turn_times(const Turning *of_event, OverrideEntry *entry)
{
    const OverrideEntry before = *entry;
    Override *override = &entry->override;
    Turning own = *of_event;
    Turning *turning = &own;

    if (overrides_all_day(override, false))
        return;
    if (OVERRIDE_HAS(override, timezone)) {
        own.own_zone = override->timezone;
        own.zone = timezone_find(override->timezone);
    }
    if (own.zone == NULL)
        return;
    if (OVERRIDE_HAS(override, start_time))
        override->start_time = turning->turn(turning, false, override->start_time);
    if (OVERRIDE_HAS(override, end_time)) {
        override->end_time = turning->turn(turning, false, override->end_time);
        if (override->end_time <= overrides_start(entry))
            override->end_time =
                overrides_start(entry) + before.override.end_time - overrides_start(&before);
    }
}

static bool is_same_entry(const OverrideEntry *a, const OverrideEntry *b)
{
    return a->original_start == b->original_start &&
           a->override.start_time == b->override.start_time &&
           a->override.end_time == b->override.end_time;
}

static void turn_overrides(Turning *turning)
{
    Event *event = turning->event;
    OverrideEntry *entries;
    size_t count = overrides_list(turning->arena, event->recurrence_overrides, &entries);
    OverrideEntry *turned = ARENA_ARRAY(turning->arena, OverrideEntry, count);
    size_t kept = 0;
    bool is_same = true;

    for (size_t i = 0; i < count; i++) {
        OverrideEntry entry = entries[i];
        size_t at = kept;
        entry.original_start = turning->turn(turning, true, entries[i].original_start);
        entry.key = instant_text(turning->arena, entry.original_start);
        turn_times(turning, &entry);
        is_same &= is_same_entry(&entry, &entries[i]);
        while (at > 0 && turned[at - 1].original_start > entry.original_start)
            at--;
        if (at > 0 && turned[at - 1].original_start == entry.original_start) {
            turned[at - 1] = entry; /* the later one on the clock, which shows it */
            continue;
        }
        memmove(&turned[at + 1], &turned[at], (kept - at) * sizeof(*turned));
        turned[at] = entry;
        kept++;
    }
    if (!is_same)
        event->recurrence_overrides = overrides_text(turning->arena, turned, kept);
}

/* Turns each, and puts the new `local_times` in the place of the old. */
static void turn_all(Turning *turning)
{
    json_t *old AUTO(json_release) = NULL;
    json_t *new AUTO(json_release) = json_object();
    Event *event = turning->event;
    Error err = { 0 };

    turning->new_starts = json_object();
    turning->new_times = json_object();
    json_object_set_new(new, "starts", turning->new_starts);
    json_object_set_new(new, "times", turning->new_times);
    if (event->local_times != NULL && json_read_stored(event->local_times, &old, &err)) {
        turning->starts = json_object_get(old, "starts");
        turning->times = json_object_get(old, "times");
    }
    turn_pattern(turning);
    turn_overrides(turning);
    bool is_empty =
        json_object_size(turning->new_starts) == 0 && json_object_size(turning->new_times) == 0;
    event->local_times = is_empty ? NULL : json_canonical(turning->arena, new);
}

/* Most events have no such moments. */
static bool has_others(const Event *event)
{
    const Recurrence *pattern = event->recurrence_pattern;

    return event->recurrence_overrides != NULL || event->local_times != NULL ||
           (pattern != NULL &&
            (pattern->rdate_count > 0 ||
             (pattern->rrule != NULL && strstr(pattern->rrule, "UNTIL=") != NULL)));
}

void wall_clock_keep(Arena *arena, Event *event)
{
    const Timezone *zone = zone_of(event);
    Turning turning = { .arena = arena, .event = event, .zone = zone, .turn = keep_moment };

    wall_clock_keep_start(event);
    if (zone == NULL)
        event->local_times = NULL;
    else if (has_others(event))
        turn_all(&turning);
}

void wall_clock_note(Arena *arena, Event *event, Instant rdate, int64_t local_us)
{
    json_t *root AUTO(json_release) = NULL;
    const Timezone *zone = zone_of(event);
    char text[INSTANT_TEXT];
    Error err = { 0 };

    if (zone == NULL || timezone_to_local(zone, rdate) == local_us)
        return;
    if (event->local_times == NULL || !json_read_stored(event->local_times, &root, &err))
        root = json_object();
    json_t *times = json_object_get(root, "times");
    if (times == NULL) {
        times = json_object();
        json_object_set_new(root, "times", times);
    }
    local_format(local_us, text);
    json_object_set_new(times, instant_text(arena, rdate), json_string(text));
    event->local_times = json_canonical(arena, root);
}

/* -- Deriving --------------------------------------------------------------------------------- */

bool wall_clock_is_stale(const Event *event)
{
    if (event->zone_rules == 0 || event->zone_rules == INTEGER_NULL)
        return false;
    const Timezone *zone = zone_of(event);
    return zone != NULL && timezone_rules(zone) != event->zone_rules;
}

void wall_clock_derive(Arena *arena, Event *event)
{
    const Timezone *zone = zone_of(event);
    Turning turning = { .arena = arena, .event = event, .zone = zone, .turn = derive_moment };
    int64_t length_us = event->end_time - event->start_time;

    if (zone == NULL)
        return;
    event->start_time =
        timezone_of_wall_time(zone, (WallTime){ event->start_local, event->start_is_second });
    event->end_time =
        timezone_of_wall_time(zone, (WallTime){ event->end_local, event->end_is_second });
    if (event->end_time <= event->start_time)
        event->end_time = event->start_time + length_us;
    if (has_others(event))
        turn_all(&turning);
    event->zone_rules = timezone_rules(zone);
}

void wall_clock_follow(Arena *arena, Event *event)
{
    if (!wall_clock_is_stale(event))
        return;
    Event *stored = ARENA_NEW(arena, Event);
    *stored = *event;
    wall_clock_derive(arena, event);
    event->stored = stored;
}

/* -- In versions ------------------------------------------------------------------------------ */

const char *wall_clock_text(Arena *arena, const Event *event)
{
    const Timezone *zone = zone_of(event);
    const char *rest = event->local_times;

    if (zone == NULL || event->zone_rules == 0)
        return NULL;
    const char *start =
        wall_text(arena, zone, (WallTime){ event->start_local, event->start_is_second });
    const char *end = wall_text(arena, zone, (WallTime){ event->end_local, event->end_is_second });
    return arena_printf(arena, "{\"end\":\"%s\",\"start\":\"%s\"%s%s", end, start,
                        rest != NULL ? "," : "}", rest != NULL ? rest + 1 : "");
}

static bool read_all(Arena *arena, const char *text, Event *event)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { 0 };
    WallTime start;
    WallTime end;

    if (text == NULL || !json_read_stored(text, &root, &err) || !read_wall(root, "start", &start) ||
        !read_wall(root, "end", &end))
        return false;
    event->start_local = start.local_us;
    event->start_is_second = start.is_second;
    event->end_local = end.local_us;
    event->end_is_second = end.is_second;
    json_object_del(root, "start");
    json_object_del(root, "end");
    event->local_times = json_object_size(root) > 0 ? json_canonical(arena, root) : NULL;
    return true;
}

void wall_clock_read(Arena *arena, const char *text, Event *event)
{
    if (read_all(arena, text, event))
        wall_clock_derive(arena, event);
    else
        wall_clock_keep(arena, event);
}
