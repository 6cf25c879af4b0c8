#include "calendar/occurrences.h"

#include <stdlib.h>
#include <string.h>

#include "base/vector.h"
#include "calendar/starts.h"

/* How it works: two ordered streams are merged. One is the starts without those that have an
 * override; the other the overrides that are not cancelled, wherever they have been moved. */

typedef struct Stream {
    const OccurrenceWindow *window;
    const Event *event;
    int64_t duration_us;
    OverrideEntry *overrides; /* by original start */
    size_t override_count;
    Occurrence *moved; /* those in the window, in order */
    size_t moved_count;
    size_t moved_next;
    Instant last; /* nothing that starts here or later is wanted */
    Starts starts;
    RRuleResult regular_result; /* OCCURS: `regular` is there */
    Occurrence regular;
} Stream;

static bool is_before(const Occurrence *a, const Occurrence *b)
{
    return a->start != b->start ? a->start < b->start : a->original_start < b->original_start;
}

static int compare(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a);
}

bool occurrences_touch(const OccurrenceWindow *window, const Occurrence *occurrence)
{
    bool is_point = occurrence->from == occurrence->until;

    return occurrence->from < window->to &&
           (occurrence->until > window->from || (is_point && occurrence->from == window->from));
}

static bool is_wanted(const OccurrenceWindow *window, const Occurrence *occurrence)
{
    return occurrences_touch(window, occurrence) &&
           (window->cut == NULL || occurrence->start < *window->cut) &&
           (window->after == NULL || is_before(window->after, occurrence));
}

void occurrences_place(const Event *event, const Timezone *days, Occurrence *occurrence)
{
    const Override *override = occurrence->override;
    bool all_day = override != NULL ? overrides_all_day(override, event->all_day) : event->all_day;

    occurrence->from = days_begin(all_day ? days : NULL, occurrence->start);
    occurrence->until = days_begin(all_day ? days : NULL, occurrence->end);
}

static Occurrence placed(const Stream *stream, Occurrence occurrence)
{
    occurrences_place(stream->event, stream->window->days, &occurrence);
    return occurrence;
}

static Occurrence overridden(const Stream *stream, const OverrideEntry *entry)
{
    return placed(stream, (Occurrence){
                              .original_start = entry->original_start,
                              .start = overrides_start(entry),
                              .end = overrides_end(entry, stream->duration_us),
                              .override = &entry->override,
                          });
}

static void collect_moved(Arena *arena, Stream *stream)
{
    stream->moved = ARENA_ARRAY(arena, Occurrence, stream->override_count);
    for (size_t i = 0; i < stream->override_count; i++) {
        if (stream->overrides[i].override.cancelled)
            continue;
        Occurrence moved = overridden(stream, &stream->overrides[i]);
        if (is_wanted(stream->window, &moved))
            stream->moved[stream->moved_count++] = moved;
    }
    if (stream->moved_count > 1)
        qsort(stream->moved, stream->moved_count, sizeof(*stream->moved), compare);
}

static void next_regular(Stream *stream)
{
    Instant start;

    do {
        stream->regular_result = starts_next(&stream->starts, &start);
        if (stream->regular_result != RRULE_OCCURS)
            return;
        stream->regular = placed(stream, (Occurrence){
                                             .original_start = start,
                                             .start = start,
                                             .end = start + stream->duration_us,
                                         });
        if (start >= stream->last) {
            stream->regular_result = RRULE_ENDED;
            return;
        }
    } while (overrides_find(stream->overrides, stream->override_count, start) != NULL ||
             !is_wanted(stream->window, &stream->regular));
}

/* False: there are no more. */
static bool next(Stream *stream, Occurrence *ret_occurrence)
{
    bool has_moved = stream->moved_next < stream->moved_count;

    if (stream->regular_result == RRULE_OCCURS &&
        (!has_moved || is_before(&stream->regular, &stream->moved[stream->moved_next]))) {
        *ret_occurrence = stream->regular;
        next_regular(stream);
        return true;
    }
    if (stream->regular_result == RRULE_TOO_COMPLEX || !has_moved)
        return false;
    *ret_occurrence = stream->moved[stream->moved_next++];
    return true;
}

/* Takes the occurrences out of the stream. */
static void collect(Arena *arena, Stream *stream, OccurrenceList *ret_list)
{
    Occurrence occurrence;
    size_t capacity = 0;

    *ret_list = (OccurrenceList){ 0 };
    while (next(stream, &occurrence)) {
        if (ret_list->count == stream->window->limit) {
            ret_list->has_more = true;
            return;
        }
        ret_list->items =
            vector_room(arena, ret_list->items, ret_list->count, &capacity, sizeof(Occurrence));
        ret_list->items[ret_list->count++] = occurrence;
    }
}

/* What it costs to begin: the event itself, and the characters that are read. In periods of a rule,
 * each of which takes some 20 ns. */
static int64_t work_to_begin(const Event *event)
{
    enum { EVENT_WORK = 10 };
    const Recurrence *pattern = event->recurrence_pattern;
    int64_t work = EVENT_WORK;

    if (pattern != NULL && pattern->rrule != NULL)
        work += (int64_t)strlen(pattern->rrule);
    if (event->recurrence_overrides != NULL)
        work += (int64_t)strlen(event->recurrence_overrides);
    return work;
}

static bool refuse_work(Error *err)
{
    return error_set(err, ERROR_INVALID,
                     "The repeating events in this time are too complex together: look at a "
                     "shorter time, or give them simpler rules and fewer overrides.");
}

/* Takes from what is left before anything is done. False: it is not enough. */
static bool begin_work(const Event *event, const OccurrenceWindow *window, int64_t *ret_most)
{
    *ret_most = 0;
    if (window->work_left == NULL)
        return true;
    *window->work_left -= work_to_begin(event);
    *ret_most = *window->work_left + 1; /* and so the walk that reaches it leaves less than 0 */
    return *window->work_left >= 0;
}

bool occurrences_find(Arena *arena, const Event *event, const OccurrenceWindow *window,
                      OccurrenceList *ret_list, Error *err)
{
    int64_t most_work;
    Stream stream = {
        .window = window,
        .event = event,
        .duration_us = event->end_time - event->start_time,
    };
    bool is_shifted = event->all_day && window->days != NULL;
    int64_t farthest_us = is_shifted ? DAYS_FARTHEST_US : 0;

    if (!begin_work(event, window, &most_work))
        return refuse_work(err);
    stream.override_count = overrides_list(arena, event->recurrence_overrides, &stream.overrides);
    collect_moved(arena, &stream);
    stream.last = window->to + farthest_us;
    if (window->cut != NULL && *window->cut < stream.last)
        stream.last = *window->cut;
    starts_init_before(&stream.starts, event, stream.last, most_work);
    Instant from = window->from - farthest_us - stream.duration_us + (stream.duration_us > 0);
    if (window->after != NULL && window->after->start > from)
        from = window->after->start;
    starts_seek(&stream.starts, from > INSTANT_MIN ? from : INSTANT_MIN);
    next_regular(&stream);
    collect(arena, &stream, ret_list);
    if (window->work_left != NULL) {
        *window->work_left -= (int64_t)ret_list->count + stream.starts.it.walk.work;
        if (*window->work_left < 0)
            return refuse_work(err);
    }
    if (stream.regular_result == RRULE_TOO_COMPLEX && !ret_list->has_more)
        return error_set(err, ERROR_INVALID,
                         "The recurrence rule is too complex, its parts hardly ever agree: look at "
                         "a shorter time, or give it fewer parts and a smaller INTERVAL.");
    return true;
}

bool occurrence_occupies(const Event *event, const Occurrence *occurrence)
{
    const Override *override = occurrence->override;
    int64_t status =
        override != NULL && OVERRIDE_HAS(override, status) ? override->status : event->status;

    int64_t transparency = override != NULL && OVERRIDE_HAS(override, transparency)
                               ? override->transparency
                               : event->transparency;

    return status != EVENT_CANCELLED && transparency != EVENT_TRANSPARENT &&
           occurrence->from < occurrence->until;
}

int64_t occurrences_contain(const Event *event, const Instant starts[], size_t count,
                            bool ret_is_found[])
{
    Starts all;
    Instant start;

    starts_init(&all, event);
    for (size_t i = 0; i < count; i++) {
        starts_seek(&all, starts[i]);
        ret_is_found[i] = starts_next(&all, &start) == RRULE_OCCURS && start == starts[i];
    }
    return starts_work(&all);
}

bool occurrences_contains(const Event *event, Instant original_start)
{
    bool is_found;

    (void)occurrences_contain(event, &original_start, 1, &is_found);
    return is_found;
}

/* How far it may reach out of its own start and end. The extent of a series is of moments or of
 * dates, as the series is; a date among moments may be a day anywhere, and a moment among dates in
 * the day before or after. */
static int64_t strangeness(const Event *event, const Override *override)
{
    return overrides_all_day(override, event->all_day) == event->all_day ? 0 : DAYS_FARTHEST_US;
}

/* A rule yields nothing before the event's start; only rdates and overrides do. */
Instant occurrences_series_start(const Event *event)
{
    const Recurrence *pattern = event->recurrence_pattern;
    Instant first = event->start_time;
    Arena AUTO(arena_finish) arena = { 0 };
    OverrideEntry *entries;
    size_t count = overrides_list(&arena, event->recurrence_overrides, &entries);

    if (pattern != NULL && pattern->rdate_count > 0 && pattern->rdates[0] < first)
        first = pattern->rdates[0];
    for (size_t i = 0; i < count; i++) {
        Instant start = overrides_start(&entries[i]) - strangeness(event, &entries[i].override);
        if (!entries[i].override.cancelled && start < first)
            first = start;
    }
    return first;
}

/* A point in time reaches beyond itself, so that it is in the window that begins with it. */
static Instant reached(Instant start, Instant end)
{
    return end > start ? end : start + 1;
}

Instant occurrences_series_end(const Event *event, int64_t *work)
{
    int64_t duration_us = event->end_time - event->start_time;
    Arena AUTO(arena_finish) arena = { 0 };
    OverrideEntry *entries;
    Starts starts;
    Instant last;

    starts_init(&starts, event);
    if (starts.has_rule && starts.rule.count == 0 && starts.rule.until_form == UNTIL_NONE)
        return INSTANT_NULL;
    RRuleResult result = starts_last(&starts, &last);
    if (work != NULL)
        *work += starts_work(&starts);
    if (result == RRULE_TOO_COMPLEX)
        return INSTANT_NULL;
    Instant end = reached(result == RRULE_OCCURS ? last : event->start_time,
                          result == RRULE_OCCURS ? last + duration_us : event->end_time);
    size_t count = overrides_list(&arena, event->recurrence_overrides, &entries);
    for (size_t i = 0; i < count; i++) {
        Instant moved_end =
            reached(overrides_start(&entries[i]), overrides_end(&entries[i], duration_us)) +
            strangeness(event, &entries[i].override);
        if (!entries[i].override.cancelled && moved_end > end)
            end = moved_end;
    }
    return end;
}
