#include "api/occupying.h"

#include "base/limits.h"

/* How it works: what fits into one page is read once. What does not is read again in each round, a
 * page at a time of which nothing is kept: how much there is, others decide too. */

enum { PAGE = 500 };

typedef struct Visitor {
    Request *req;
    Fair *fair;
    OccupyingVisit visit;
    void *context;
} Visitor;

static bool visit_page(const Visitor *visitor, const List *page)
{
    const Event *events = page->items;
    Arena AUTO(arena_finish) scratch = { 0 };

    for (size_t i = 0; i < page->count; i++) {
        bool is_done = false;
        arena_reset(&scratch);
        if (!fair_begin(visitor->fair, &events[i]))
            continue;
        if (!visitor->visit(visitor->context, &scratch, &events[i], &is_done))
            return false;
        fair_end(visitor->fair, &events[i], is_done);
    }
    return true;
}

static bool visit_pages(const Visitor *visitor, EventWindow window)
{
    Request *req = visitor->req;
    Occupying whose = fair_is_own_round(visitor->fair) ? OCCUPYING_OWN : OCCUPYING_OF_OTHERS;
    Arena AUTO(arena_finish) arena = { .budget = LIMIT_REQUEST_MEMORY };
    List page;

    do {
        arena_reset(&arena);
        if (!events_list_occupying(req->db, &arena, &window, whose, &page, &req->error) ||
            !visit_page(visitor, &page))
            return false;
        if (page.count > 0) {
            const Event *last = (const Event *)page.items + page.count - 1;
            window.after_start = last->start_time;
            window.after_id = last->id;
        }
    } while (page.is_cut || page.count == PAGE);
    return true;
}

bool occupying_visit(Request *req, const EventWindow *window, Fair *fair, OccupyingVisit visit,
                     void *context)
{
    const Visitor visitor = { .req = req, .fair = fair, .visit = visit, .context = context };
    EventWindow first = *window;
    Arena AUTO(arena_finish) arena = { .budget = LIMIT_REQUEST_MEMORY };
    List page;

    first.after_id = INTEGER_NULL;
    first.after_start = INSTANT_NULL;
    first.limit = PAGE;
    if (!events_list_occupying(req->db, &arena, &first, OCCUPYING_ALL, &page, &req->error))
        return false;
    bool is_all = !page.is_cut && page.count < PAGE;
    if (!is_all)
        arena_finish(&arena);
    do {
        if (!(is_all ? visit_page(&visitor, &page) : visit_pages(&visitor, first)))
            return false;
    } while (fair_next_round(fair));
    return true;
}
