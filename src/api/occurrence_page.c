#include "api/occurrence_page.h"

#include <stdlib.h>

#include "api/paging.h"
#include "calendar/occurrence_view.h"

typedef struct OccurrencePage {
    Members given;
    List items; /* of EventOccurrence */
    const char *next_cursor;
    List incomplete; /* of LeftOut */
} OccurrencePage;

static const Field occurrence_page_fields[] = {
    ARRAY(OccurrencePage, items, .schema = &occurrence_view_schema,
          .doc = "By start, without those that are cancelled in their series."),
    TEXT(OccurrencePage, next_cursor, .flags = NULLABLE, .max = 1024,
         .doc = "Give it as `cursor` for the next page; null on the last one."),
    INCOMPLETE(OccurrencePage),
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

/* Behind the first `count` items; NULL: these are all there are. */
static const char *cursor_behind(Request *req, const Agenda *agenda, size_t count)
{
    AgendaPlace place = agenda->end;

    if (count == agenda->count && !agenda->has_more)
        return NULL;
    if (count < agenda->count || !agenda->is_cut) {
        const AgendaItem *last = &agenda->items[count - 1];
        place = (AgendaPlace){
            .start = last->occurrence.start,
            .event_id = last->event->id,
            .original_start = last->occurrence.original_start,
        };
    }
    const char *key = arena_printf(req->arena, "%lld:%lld", (long long)place.start,
                                   (long long)place.original_start);
    return paging_cursor(req, (Place){ .key = key, .id = place.event_id });
}

static void write_incomplete(Writer *w, const Fair *fair)
{
    const List list = fair != NULL ? window_left_out(fair) : (List){ .items = NULL };
    const LeftOut *items = list.items;

    write_key(w, "incomplete");
    write_array(w);
    for (size_t i = 0; i < list.count; i++)
        schema_encode(&left_out_schema, w, &items[i], 0);
    write_end_array(w);
}

/* The members of occurrence_page_schema, by hand: a page also ends after LIMIT_PAGE_BYTES. */
Reply occurrence_page_reply(Request *req, const Agenda *agenda, const Fair *fair)
{
    EventOccurrence *views = ARENA_ARRAY(req->arena, EventOccurrence, agenda->count + 1);
    const List items = { .items = views, .count = agenda->count };
    Writer w = writer_start(req->arena);

    for (size_t i = 0; i < agenda->count; i++) {
        const AgendaItem *item = &agenda->items[i];
        views[i] = occurrence_view(item->event, &item->occurrence,
                                   local_start_text(req->arena, &item->local));
    }
    write_object(&w);
    write_key(&w, "items");
    size_t count = paging_write_items(&w, &occurrence_view_schema, &items, agenda->count);
    const char *cursor = cursor_behind(req, agenda, count);
    write_key(&w, "next_cursor");
    write_text(&w, cursor);
    write_incomplete(&w, fair);
    write_end_object(&w);
    Reply reply = reply_written(req, &w);
    if (cursor != NULL && reply.status < 400)
        paging_link(req, &reply, cursor);
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
        .days = window_days(req),
        .limit = (size_t)occurrence_page_limit(query),
        .after = after,
        .work_left = work_left,
    };

    return agenda_start(req->arena, &window);
}
