#include "calendar/series/report.h"

#include "calendar/series/cut.h"
#include "calendar/start_clock.h"

/* How it works: an occurrence is the same before and after when its original start is the same,
 * moved as the edit moves it, and it is on the same side of the cut. Those found in the window on
 * one side of the edit only are looked up on the other: they may have moved into it or out. */

static const Field occurrence_step_fields[] = {
    INSTANT(OccurrenceStep, occurrence, .doc = "Its original start.",
            .example = "\"2025-03-10T09:00:00Z\""),
    OCCURRENCE_LOCAL(OccurrenceStep),
    INSTANT(OccurrenceStep, start_time, .flags = NULLABLE,
            .doc = "Its start as it is; `null`: it is added."),
    INSTANT(OccurrenceStep, end_time, .flags = NULLABLE,
            .doc = "Its end as it is; `null`: it is added."),
    INSTANT(OccurrenceStep, new_start_time, .flags = NULLABLE,
            .doc = "Its start after the edit; `null`: it is removed."),
    INSTANT(OccurrenceStep, new_end_time, .flags = NULLABLE,
            .doc = "Its end after the edit; `null`: it is removed."),
};

const Schema occurrence_step_schema =
    SCHEMA(OccurrenceStep, occurrence_step_fields,
           .doc = "One occurrence as it is and as it would be after an edit.");

typedef struct Comparison {
    Arena *arena;
    const Event *before;
    const SeriesAfter *after;
    Series series; /* before, */
    Series event;  /* and after */
    Series next;
    const OccurrenceWindow *window;
    size_t limit;
    SeriesReport *report;
} Comparison;

/* Does it go to the new event? */
static bool is_cut_off(const Comparison *c, Instant original_start)
{
    return c->after->is_split && original_start >= c->after->move_from;
}

/* Which starts can have become this one is more than one question: a gap may have pushed it on, and
 * what it was may be the second of two that a clock shows alike. The i-th answer; INSTANT_NULL: no
 * start becomes this one that way. */
enum { PUSHED = 1, SECOND = 2, WAYS = 4 };

static Instant original_before(const Comparison *c, const Event *event, Instant original_start,
                               int way)
{
    bool is_moved = event == &c->after->next || c->after->move_from == INSTANT_MIN;
    const Series *is = event == &c->after->next ? &c->next : &c->event;
    const Series *was = &c->series;

    if (c->after->move_us == 0 || !is_moved || is->zone == NULL)
        return way == 0 ? original_start - (is_moved ? c->after->move_us : 0) : INSTANT_NULL;
    int64_t local_us = (way & PUSHED) != 0 ? series_wall_clock(is, original_start)
                                           : timezone_to_local(is->zone, original_start);
    Instant before = series_instant(was, local_us - c->after->move_us);
    if ((way & SECOND) != 0)
        before += SECOND_US * ((int64_t)timezone_offset_s(was->zone, before) -
                               timezone_offset_s(was->zone, before + DAY_US));
    return series_original_after(c->before, c->after, before) == original_start ? before
                                                                                : INSTANT_NULL;
}

/* Occurrences of one event, to be found by their original starts in any order. */
typedef struct Lookup {
    const Event *event; /* NULL: has none */
    const Timezone *days;
    OverrideEntry *overrides;
    size_t override_count;
    const bool *is_found; /* of the starts that were asked for */
} Lookup;

/* One walk for all, when the starts ascend. */
static Lookup look_up(const Comparison *c, const Event *event, const Instant starts[], size_t count)
{
    Arena *arena = c->arena;
    bool *is_found = ARENA_ARRAY(arena, bool, count);
    OverrideEntry *entries = NULL;
    size_t override_count = 0;

    if (event != NULL) {
        (void)occurrences_contain(event, starts, count, is_found);
        override_count = overrides_list(arena, event->recurrence_overrides, &entries);
    }
    return (Lookup){
        .event = event,
        .days = c->window->days,
        .overrides = entries,
        .override_count = override_count,
        .is_found = is_found,
    };
}

/* The i-th of the starts that were asked for, if an occurrence takes place. */
static bool find(const Lookup *lookup, size_t i, Instant original_start, Occurrence *ret_occurrence)
{
    if (lookup->event == NULL || !lookup->is_found[i])
        return false;
    int64_t duration_us = lookup->event->end_time - lookup->event->start_time;
    *ret_occurrence = (Occurrence){
        .original_start = original_start,
        .start = original_start,
        .end = original_start + duration_us,
    };
    const OverrideEntry *entry =
        overrides_find(lookup->overrides, lookup->override_count, original_start);
    if (entry != NULL) {
        ret_occurrence->start = overrides_start(entry);
        ret_occurrence->end = overrides_end(entry, duration_us);
        ret_occurrence->override = &entry->override;
    }
    occurrences_place(lookup->event, lookup->days, ret_occurrence);
    return entry == NULL || !entry->override.cancelled;
}

/* `clock` is that of the event with the original start that is told. */
static void note(const Comparison *c, StartClock *clock, OccurrenceFate fate,
                 const Occurrence *before, const Occurrence *after)
{
    List *steps = &c->report->steps[fate];
    Instant original_start = before != NULL ? before->original_start : after->original_start;

    c->report->counts[fate]++;
    if (steps->count == c->limit)
        return;
    ((OccurrenceStep *)steps->items)[steps->count++] = (OccurrenceStep){
        .occurrence = original_start,
        .occurrence_local = start_clock_text(clock, original_start),
        .start_time = before != NULL ? before->start : INSTANT_NULL,
        .end_time = before != NULL ? before->end : INSTANT_NULL,
        .new_start_time = after != NULL ? after->start : INSTANT_NULL,
        .new_end_time = after != NULL ? after->end : INSTANT_NULL,
    };
}

/* Each that is in the window before: where is it after? */
static void follow(const Comparison *c, const OccurrenceList *list)
{
    StartClock AUTO(start_clock_finish) clock = start_clock(c->arena, c->before);
    Instant *originals = ARENA_ARRAY(c->arena, Instant, list->count);

    for (size_t i = 0; i < list->count; i++)
        originals[i] = series_original_after(c->before, c->after, list->items[i].original_start);
    const Lookup in_event =
        look_up(c, c->after->is_trashed ? NULL : &c->after->event, originals, list->count);
    const Lookup in_next =
        look_up(c, c->after->is_split ? &c->after->next : NULL, originals, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const Occurrence *was = &list->items[i];
        const Lookup *lookup = is_cut_off(c, was->original_start) ? &in_next : &in_event;
        Occurrence is;
        if (!find(lookup, i, originals[i], &is))
            note(c, &clock, OCCURRENCE_REMOVED, was, NULL);
        else if (is.start == was->start && is.end == was->end)
            note(c, &clock, OCCURRENCE_KEPT, was, &is);
        else
            note(c, &clock, OCCURRENCE_MOVED, was, &is);
    }
}

/* Finds which occurrences those of the list were, in one of the ways, where none is known yet. */
static void find_before(const Comparison *c, const Event *event, const OccurrenceList *list,
                        int way, bool has_been[], Occurrence were[])
{
    Instant *originals = ARENA_ARRAY(c->arena, Instant, list->count);
    bool *is_one = ARENA_ARRAY(c->arena, bool, list->count);
    bool is_next = event == &c->after->next;

    for (size_t i = 0; i < list->count; i++) {
        originals[i] = original_before(c, event, list->items[i].original_start, way);
        is_one[i] = originals[i] != INSTANT_NULL && is_cut_off(c, originals[i]) == is_next;
        if (!is_one[i]) /* where the walk is anyway */
            originals[i] = i > 0 ? originals[i - 1] : INSTANT_MIN;
    }
    const Lookup in_before = look_up(c, c->before, originals, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (!has_been[i] && is_one[i])
            has_been[i] = find(&in_before, i, originals[i], &were[i]);
    }
}

/* Each that is in the window after and was not followed there. */
static void trace_back(const Comparison *c, const Event *event, const OccurrenceList *list)
{
    bool *has_been = ARENA_ARRAY(c->arena, bool, list->count);
    Occurrence *were = ARENA_ARRAY(c->arena, Occurrence, list->count);

    StartClock AUTO(start_clock_finish) was = start_clock(c->arena, c->before);
    StartClock AUTO(start_clock_finish) is = start_clock(c->arena, event);
    for (int way = 0; way < WAYS; way++)
        find_before(c, event, list, way, has_been, were);
    for (size_t i = 0; i < list->count; i++) {
        if (!has_been[i])
            note(c, &is, OCCURRENCE_ADDED, NULL, &list->items[i]);
        else if (!occurrences_touch(c->window, &were[i]))
            note(c, &was, OCCURRENCE_MOVED, &were[i], &list->items[i]);
    }
}

static bool trace_event(const Comparison *c, const Event *event, Error *err)
{
    OccurrenceList list;

    if (!occurrences_find(c->arena, event, c->window, &list, err))
        return false;
    c->report->is_complete &= !list.has_more;
    trace_back(c, event, &list);
    return true;
}

bool series_report(Arena *arena, const Event *before, const SeriesAfter *after,
                   const OccurrenceWindow *window, size_t limit, SeriesReport *ret_report,
                   Error *err)
{
    const Comparison comparison = {
        .arena = arena,
        .before = before,
        .after = after,
        .series = series_open(before),
        .event = series_open(&after->event),
        .next = series_open(after->is_split ? &after->next : &after->event),
        .window = window,
        .limit = limit,
        .report = ret_report,
    };
    OccurrenceList list;

    *ret_report = (SeriesReport){ 0 };
    for (int fate = 0; fate < OCCURRENCE_FATES; fate++)
        ret_report->steps[fate].items = ARENA_ARRAY(arena, OccurrenceStep, limit);
    if (!occurrences_find(arena, before, window, &list, err))
        return false;
    ret_report->is_complete = !list.has_more;
    follow(&comparison, &list);
    if (after->is_trashed)
        return true;
    return trace_event(&comparison, &after->event, err) &&
           (!after->is_split || trace_event(&comparison, &after->next, err));
}
