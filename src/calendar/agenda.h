/* Agenda - the occurrences of many events in one order: by start, then event, then original start.
 *
 *   Agenda agenda = agenda_start(arena, &window);
 *   for (…)
 *       agenda_add(&agenda, &events[i], err);
 *   agenda_finish(&agenda);
 *   … agenda.items, agenda.count, agenda.has_more …
 *
 * However many events are added, no more than twice the limit is held: what lies behind the
 * limit's item is dropped, and the window ends there for the events that follow. */
#pragma once

#include "calendar/occurrences.h"
#include "calendar/start_clock.h"

typedef struct AgendaItem {
    const Event *event;
    Occurrence occurrence;
    LocalStart local; /* its original start */
} AgendaItem;

/* The place of an item in the order. */
typedef struct AgendaPlace {
    Instant start;
    int64_t event_id;
    Instant original_start;
} AgendaPlace;

typedef struct AgendaWindow {
    Instant from; /* half-open, as of occurrences_find */
    Instant to;
    const Timezone *days; /* as of occurrences_find */
    size_t limit;
    const AgendaPlace *after; /* goes on behind this; NULL: from the start */
    int64_t *work_left;       /* as of occurrences_find; may be another for each event */
} AgendaWindow;

typedef struct Agenda {
    Arena *arena;
    AgendaWindow window;
    AgendaItem *items;
    size_t count;
    size_t capacity;
    Instant cut; /* what starts here or later is behind the limit, or behind the end */
    bool has_more;
    bool is_cut;     /* it ends at … */
    AgendaPlace end; /* … this place, for what comes behind it was not looked at */
} Agenda;

Agenda agenda_start(Arena *arena, const AgendaWindow *window);

/* The event must live as long as the agenda. False: as of occurrences_find. */
bool agenda_add(Agenda *agenda, const Event *event, Error *err);

/* Not all events were there to be added: nothing behind this place is shown, and `has_more`. */
void agenda_end_at(Agenda *agenda, AgendaPlace place);

/* Sorts, and cuts at the limit. */
void agenda_finish(Agenda *agenda);
