#include "calendar/agenda.h"
#include "base/vector.h"

#include <stdlib.h>

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *a, const void *b)
{
    const AgendaItem *left = a;
    const AgendaItem *right = b;
    int order = compare_numbers(left->occurrence.start, right->occurrence.start);

    if (order == 0)
        order = compare_numbers(left->event->id, right->event->id);
    if (order == 0)
        order = compare_numbers(left->occurrence.original_start, right->occurrence.original_start);
    return order;
}

Agenda agenda_start(Arena *arena, const AgendaWindow *window)
{
    return (Agenda){ .arena = arena, .window = *window, .cut = INT64_MAX };
}

/* The place `after` as one of this event's own occurrences, though it may be another's: of two
 * events that start together the one with the smaller id comes first. */
static Occurrence after_of(const AgendaPlace *after, int64_t event_id)
{
    Instant original_start = event_id < after->event_id   ? INT64_MAX
                             : event_id > after->event_id ? INT64_MIN
                                                          : after->original_start;

    return (Occurrence){ .start = after->start, .original_start = original_start };
}

static void sort_and_cut(Agenda *agenda)
{
    size_t kept = agenda->window.limit + 1; /* one more tells that there are more */

    if (agenda->count > 1)
        qsort(agenda->items, agenda->count, sizeof(*agenda->items), compare);
    if (agenda->count < kept)
        return;
    agenda->count = kept;
    agenda->cut = agenda->items[kept - 1].occurrence.start + 1;
}

static void make_room(Agenda *agenda)
{
    size_t most = 2 * (agenda->window.limit + 1);

    if (agenda->count == agenda->capacity && agenda->capacity >= most)
        sort_and_cut(agenda);
    agenda->items = vector_room(agenda->arena, agenda->items, agenda->count, &agenda->capacity,
                                sizeof(AgendaItem));
}

/* Out of the memory that is given back after each event. */
static Occurrence keep(Arena *arena, const Occurrence *found)
{
    Occurrence kept = *found;
    Override *override;

    if (found->override == NULL)
        return kept;
    kept.override = override = ARENA_NEW(arena, Override);
    *override = *found->override;
    override->timezone = arena_strdup(arena, override->timezone);
    override->title = arena_strdup(arena, override->title);
    override->description = arena_strdup(arena, override->description);
    override->location = arena_strdup(arena, override->location);
    return kept;
}

bool agenda_add(Agenda *agenda, const Event *event, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    Occurrence after;
    OccurrenceWindow window = {
        .from = agenda->window.from,
        .to = agenda->window.to,
        .days = agenda->window.days,
        .cut = &agenda->cut,
        .limit = agenda->window.limit + 1,
        .work_left = agenda->window.work_left,
    };
    OccurrenceList list;

    if (agenda->window.after != NULL) {
        after = after_of(agenda->window.after, event->id);
        window.after = &after;
    }
    if (!occurrences_find(&scratch, event, &window, &list, err))
        return false;
    if (list.count == 0)
        return true;
    StartClock AUTO(start_clock_finish) clock = start_clock(agenda->arena, event);
    for (size_t i = 0; i < list.count; i++) {
        make_room(agenda);
        agenda->items[agenda->count++] = (AgendaItem){
            .event = event,
            .occurrence = keep(agenda->arena, &list.items[i]),
            .local = start_clock_local(&clock, list.items[i].original_start),
        };
    }
    return true;
}

void agenda_end_at(Agenda *agenda, AgendaPlace place)
{
    agenda->is_cut = true;
    agenda->end = place;
    if (agenda->cut > place.start)
        agenda->cut = place.start + 1;
}

static bool is_behind_end(const Agenda *agenda, const AgendaItem *item)
{
    const Event event = { .id = agenda->end.event_id };
    const AgendaItem end = {
        .event = &event,
        .occurrence = { .start = agenda->end.start, .original_start = agenda->end.original_start },
    };

    return agenda->is_cut && compare(item, &end) > 0;
}

void agenda_finish(Agenda *agenda)
{
    sort_and_cut(agenda);
    while (agenda->count > 0 && is_behind_end(agenda, &agenda->items[agenda->count - 1]))
        agenda->count--;
    bool is_long = agenda->count > agenda->window.limit;
    if (is_long) {
        agenda->count = agenda->window.limit;
        agenda->is_cut = false; /* it ends before that */
    }
    agenda->has_more = is_long || agenda->is_cut;
}
