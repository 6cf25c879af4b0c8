#include "calendar/series/report.h"

#include "calendar/series/cut.h"

/* How it works: an occurrence is the same before and after when its original start is the same,
 * moved as the edit moves it, and it is on the same side of the cut. Those found in the window on
 * one side of the edit only are looked up on the other: they may have moved into it or out. */

static const Field occurrence_step_fields[] = {
    INSTANT(OccurrenceStep, occurrence, .doc = "Its original start.",
            .example = "\"2025-03-10T09:00:00Z\""),
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
    const OccurrenceWindow *window;
    size_t limit;
    SeriesReport *report;
} Comparison;

/* Does it go to the new event? */
static bool is_cut_off(const Comparison *c, Instant original_start)
{
    return c->after->is_split && original_start >= c->after->move_from;
}

/* Its original start before the edit. */
static Instant original_before(const Comparison *c, const Event *event, Instant original_start)
{
    bool is_moved = event == &c->after->next || c->after->move_from == INSTANT_MIN;
    Series series = series_open(c->before);

    if (c->after->move_us == 0 || !is_moved)
        return original_start;
    return series_instant(&series, series_wall_clock(&series, original_start) - c->after->move_us);
}

/* Occurrences of one event, to be found by their original starts in any order. */
typedef struct Lookup {
    const Event *event; /* NULL: has none */
    OverrideEntry *overrides;
    size_t override_count;
    const bool *is_found; /* of the starts that were asked for */
} Lookup;

/* One walk for all, when the starts ascend. */
static Lookup look_up(Arena *arena, const Event *event, const Instant starts[], size_t count)
{
    bool *is_found = ARENA_ARRAY(arena, bool, count);
    OverrideEntry *entries = NULL;
    size_t override_count = 0;

    if (event != NULL) {
        (void)occurrences_contain(event, starts, count, is_found);
        override_count = overrides_list(arena, event->recurrence_overrides, &entries);
    }
    return (Lookup){
        .event = event, .overrides = entries, .override_count = override_count, .is_found = is_found
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
    if (entry == NULL)
        return true;
    ret_occurrence->start = overrides_start(entry);
    ret_occurrence->end = overrides_end(entry, duration_us);
    return !entry->override.cancelled;
}

static void note(const Comparison *c, OccurrenceFate fate, const Occurrence *before,
                 const Occurrence *after)
{
    List *steps = &c->report->steps[fate];

    c->report->counts[fate]++;
    if (steps->count == c->limit)
        return;
    ((OccurrenceStep *)steps->items)[steps->count++] = (OccurrenceStep){
        .occurrence = before != NULL ? before->original_start : after->original_start,
        .start_time = before != NULL ? before->start : INSTANT_NULL,
        .end_time = before != NULL ? before->end : INSTANT_NULL,
        .new_start_time = after != NULL ? after->start : INSTANT_NULL,
        .new_end_time = after != NULL ? after->end : INSTANT_NULL,
    };
}

static bool touches(const OccurrenceWindow *window, const Occurrence *occurrence)
{
    return occurrence->start < window->to && occurrence->end > window->from;
}

/* Each that is in the window before: where is it after? */
static void follow(const Comparison *c, const OccurrenceList *list)
{
    Instant *originals = ARENA_ARRAY(c->arena, Instant, list->count);

    for (size_t i = 0; i < list->count; i++)
        originals[i] = series_original_after(c->before, c->after, list->items[i].original_start);
    const Lookup in_event =
        look_up(c->arena, c->after->is_trashed ? NULL : &c->after->event, originals, list->count);
    const Lookup in_next =
        look_up(c->arena, c->after->is_split ? &c->after->next : NULL, originals, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const Occurrence *was = &list->items[i];
        const Lookup *lookup = is_cut_off(c, was->original_start) ? &in_next : &in_event;
        Occurrence is;
        if (!find(lookup, i, originals[i], &is))
            note(c, OCCURRENCE_REMOVED, was, NULL);
        else if (is.start == was->start && is.end == was->end)
            note(c, OCCURRENCE_KEPT, was, &is);
        else
            note(c, OCCURRENCE_MOVED, was, &is);
    }
}

/* Each that is in the window after and was not followed there. */
static void trace_back(const Comparison *c, const Event *event, const OccurrenceList *list)
{
    Instant *originals = ARENA_ARRAY(c->arena, Instant, list->count);

    for (size_t i = 0; i < list->count; i++)
        originals[i] = original_before(c, event, list->items[i].original_start);
    const Lookup in_before = look_up(c->arena, c->before, originals, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const Occurrence *is = &list->items[i];
        bool is_next = event == &c->after->next;
        Occurrence was;
        if (!find(&in_before, i, originals[i], &was) || is_cut_off(c, originals[i]) != is_next)
            note(c, OCCURRENCE_ADDED, NULL, is);
        else if (!touches(c->window, &was))
            note(c, OCCURRENCE_MOVED, &was, is);
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
