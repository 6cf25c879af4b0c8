#include "api/occurrence_page.h"

#include <stdlib.h>

#include "api/paging.h"
#include "calendar/occurrence_view.h"

typedef struct OccurrencePage {
    Members given;
    List items; /* of EventOccurrence */
    const char *next_cursor;
} OccurrencePage;

static const Field occurrence_page_fields[] = {
    ARRAY(OccurrencePage, items, .schema = &occurrence_view_schema,
          .doc = "By start, without those that are cancelled in their series."),
    TEXT(OccurrencePage, next_cursor, .flags = NULLABLE, .max = 1024,
         .doc = "Give it as `cursor` for the next page; null on the last one."),
};

const Schema occurrence_page_schema =
    SCHEMA(OccurrencePage, occurrence_page_fields, .doc = "What takes place when.");

/* Its key is "<start>:<original start>", its id the event's. */
bool occurrence_page_open(Request *req, const char *cursor, AgendaPlace *place,
                          const AgendaPlace **ret_after)
{
    Place opened;

    *ret_after = NULL;
    if (!paging_open_cursor(req, cursor, &opened))
        return false;
    if (opened.id == INTEGER_NULL)
        return true;
    char *colon = NULL;
    place->event_id = opened.id;
    place->start = strtoll(opened.key, &colon, 10); /* genuine, so these are two numbers */
    place->original_start = strtoll(colon + 1, NULL, 10);
    *ret_after = place;
    return true;
}

Reply occurrence_page_reply(Request *req, const Agenda *agenda)
{
    EventOccurrence *views = ARENA_ARRAY(req->arena, EventOccurrence, agenda->count + 1);
    OccurrencePage page = { .items = { .items = views, .count = agenda->count } };

    for (size_t i = 0; i < agenda->count; i++)
        views[i] = occurrence_view(agenda->items[i].event, &agenda->items[i].occurrence);
    if (agenda->has_more) {
        const AgendaItem *last = &agenda->items[agenda->count - 1];
        const char *key = arena_printf(req->arena, "%lld:%lld", (long long)last->occurrence.start,
                                       (long long)last->occurrence.original_start);
        page.next_cursor = paging_cursor(req, (Place){ .key = key, .id = last->event->id });
    }
    Reply reply = reply_object(req, &occurrence_page_schema, &page);
    if (page.next_cursor != NULL)
        paging_link(req, &reply, page.next_cursor);
    return reply;
}

int64_t occurrence_page_limit(const WindowQuery *query)
{
    enum { DEFAULT_LIMIT = 1000 };

    return query->limit == INTEGER_NULL ? DEFAULT_LIMIT : query->limit;
}

Agenda occurrence_page_start(Request *req, const WindowQuery *query, const AgendaPlace *after,
                             int64_t *work_left)
{
    const AgendaWindow window = {
        .from = query->from,
        .to = query->to,
        .limit = (size_t)occurrence_page_limit(query),
        .after = after,
        .work_left = work_left,
    };

    return agenda_start(req->arena, &window);
}
