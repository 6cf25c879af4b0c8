#include "api/conflicts.h"

#include <stdlib.h>
#include <string.h>

#include "api/occupying.h"
#include "api/window.h"
#include "base/budget.h"
#include "base/limits.h"
#include "base/vector.h"
#include "calendar/occurrence_view.h"
#include "calendar/overlap.h"
#include "store/changed_since.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

const char *const conflicts_choices[] = { "allow", "reject", NULL };
enum { CONFLICTS_REJECT = 1 };

static const Field conflicts_query_fields[] = {
    CHOICE(ChangeQuery, conflicts, CONFLICTS_CHOICE),
};

const Schema conflicts_query_schema = SCHEMA_NAMED(
    "ConflictsQuery", ChangeQuery, conflicts_query_fields, .doc = "What to do about conflicts.");

static const Field change_query_fields[] = {
    TEXT(ChangeQuery, comment, COMMENT_TEXT),
    CHOICE(ChangeQuery, overrides, OVERRIDES_CHOICE),
    CHOICE(ChangeQuery, conflicts, CONFLICTS_CHOICE),
};

const Schema change_query_schema = SCHEMA(ChangeQuery, change_query_fields, .doc = "How and why.");

/* -- Looking for them ------------------------------------------------------------------------- */

/* How it works: what occupies the caller is looked at in a reading lane, of many new events at
 * once, and how each of these events was, by id and version, is kept. In the WRITE lane, where
 * nobody else creates with `reject` for the same person any more, only those are looked at again
 * that have come or changed since: what the changelog names (store/changed_since.h), or, where that
 * does not tell, whatever is not as it was. */

typedef struct Search {
    Request *req;
    const Event *events;         /* that are asked about, `of` of an Overlap */
    const Event *const *befores; /* what each was, or NULL: all are new */
    size_t event_count;
    const Timezone *days;
    OverlapSide side; /* when they take place and did not before */
    Fair fair;
    SinceMark mark;     /* before … */
    EventVersion *seen; /* … what was there then, by id */
    size_t seen_count;
    Conflict *found;
    size_t count;
    size_t capacity;
} Search;

static int compare(const void *a, const void *b)
{
    const Conflict *left = a;
    const Conflict *right = b;
    const int64_t keys[][2] = {
        { left->with_start, right->with_start },
        { left->start_time, right->start_time },
        { left->event_id, right->event_id },
        { left->occurrence, right->occurrence },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    }
    return 0;
}

/* Beyond the limit only the first is kept: it tells how far the list is complete. */
static void sort_and_cut(Search *search)
{
    if (search->count > 1)
        qsort(search->found, search->count, sizeof(*search->found), compare);
    if (search->count > LIMIT_CONFLICTS)
        search->count = LIMIT_CONFLICTS + 1;
}

/* `clock` is theirs. */
static void add_conflict(Search *search, StartClock *clock, const Overlap *overlap)
{
    const char *local = start_clock_text(clock, overlap->theirs.original_start);
    const EventOccurrence view = occurrence_view(clock->event, &overlap->theirs, local);
    Arena *arena = search->req->arena;

    if (search->count == search->capacity && search->capacity > 2 * LIMIT_CONFLICTS)
        sort_and_cut(search);
    search->found =
        vector_room(arena, search->found, search->count, &search->capacity, sizeof(*search->found));
    search->found[search->count++] = (Conflict){
        .event_id = view.event_id,
        .title = arena_strdup(arena, view.title),
        .occurrence = view.occurrence,
        .occurrence_local = view.occurrence_local,
        .start_time = view.start_time,
        .end_time = view.end_time,
        .with_occurrence = overlap->ours.original_start,
        .with_start = overlap->ours.from,
    };
}

/* No event is in its own way, as it is or as it was. */
static bool is_asked_about(const Search *search, int64_t id)
{
    for (size_t i = 0; i < search->event_count; i++) {
        if (search->events[i].id == id)
            return true;
    }
    return false;
}

/* False: it is too complex, or there is no more work left. */
static bool search_event(Search *search, Arena *scratch, const Event *other, int64_t *work_left)
{
    const OverlapLimits limits = { .pairs = LIMIT_CONFLICTS + 1,
                                   .days = search->days,
                                   .work_left = work_left };
    OverlapList list;
    Error problem = { 0 };

    if (is_asked_about(search, other->id))
        return true;
    if (!overlap_find(scratch, &search->side, other, &limits, &list, &problem))
        return false;
    StartClock AUTO(start_clock_finish) clock = start_clock(search->req->arena, other);
    for (size_t i = 0; i < list.count; i++)
        add_conflict(search, &clock, &list.items[i]);
    return true;
}

static EventWindow window_of(const Search *search)
{
    return (EventWindow){
        .reader = search->req->user->user_id,
        .from = search->side.from,
        .to = search->side.until,
        .days = { .are_known = true, .zone = search->days },
        .after_id = INTEGER_NULL,
        .after_start = INSTANT_NULL,
    };
}

static bool visit_event(void *context, Arena *scratch, const Event *event, bool *ret_is_done)
{
    Search *search = context;

    *ret_is_done = search_event(search, scratch, event, &search->fair.work_left);
    return true;
}

static bool search_all(Search *search, int64_t work_left)
{
    const EventWindow window = window_of(search);

    search->fair = fair_start(search->req->arena, window.reader, work_left);
    return search->side.count == 0 ||
           occupying_visit(search->req, &window, &search->fair, visit_event, search);
}

/* The more there are, the less of each: what all come to is bounded. */
static size_t starts_of_each(size_t event_count)
{
    size_t share = LIMIT_CONFLICT_STARTS_OF_ALL / event_count;

    if (share > LIMIT_CONFLICT_STARTS)
        return LIMIT_CONFLICT_STARTS;
    return share < LEAST_CONFLICT_STARTS ? LEAST_CONFLICT_STARTS : share;
}

static bool prepare_one(Search *search, Arena *arena, const Event *event, Instant from,
                        int64_t *work_left, OverlapSide *ret_side)
{
    const Location at = { .parent = &body_location, .name = "recurrence_pattern" };
    const OverlapLimits limits = { .starts = starts_of_each(search->event_count),
                                   .days = search->days,
                                   .work_left = work_left };
    Error problem = { 0 };

    return overlap_prepare(arena, event, from, &limits, ret_side, &problem) ||
           refuse_complex(search->req, &at, &problem);
}

/* By start; of those that begin together, whichever comes first. */
static bool took_place(const OverlapSide *were, const Occurrence *occurrence)
{
    size_t low = 0;
    size_t high = were->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (were->items[middle].occurrence.from < occurrence->from)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < were->count && were->items[low].occurrence.from == occurrence->from; low++) {
        if (were->items[low].occurrence.until == occurrence->until)
            return true;
    }
    return false;
}

/* Which of them did not take place before, looked for where they lie. */
static bool find_new(Search *search, Arena *scratch, const Event *before, int64_t *work_left,
                     OverlapSide *side)
{
    OverlapSide were = { .count = 0 };

    if (before != NULL && !prepare_one(search, scratch, before, side->from, work_left, &were))
        return false;
    for (size_t i = 0; i < side->count; i++)
        side->items[i].is_new = !took_place(&were, &side->items[i].occurrence);
    return true;
}

/* When they take place and did not before: it outlives their overrides. */
static OverlapSide only_new(Arena *arena, const OverlapSide *whole)
{
    OverlapSide side = *whole;
    size_t count = 0;

    for (size_t i = 0; i < whole->count; i++)
        count += whole->items[i].is_new;
    side.items = ARENA_ARRAY(arena, OverlapItem, count);
    side.count = 0;
    for (size_t i = 0; i < whole->count; i++) {
        if (!whole->items[i].is_new)
            continue;
        side.items[side.count] = whole->items[i];
        side.items[side.count++].occurrence.override = NULL;
    }
    overlap_sort(&side);
    return side;
}

/* When the events take place, all together; it lives as long as `scratch`. */
static bool prepare_side(Search *search, Arena *scratch, int64_t *work_left, OverlapSide *ret_whole)
{
    Request *req = search->req;

    *ret_whole = OVERLAP_NOTHING;
    for (size_t i = 0; i < search->event_count; i++) {
        const Event *before = search->befores != NULL ? search->befores[i] : NULL;
        OverlapSide side;
        if (!prepare_one(search, scratch, &search->events[i], OVERLAP_FROM_THE_START, work_left,
                         &side) ||
            !find_new(search, scratch, before, work_left, &side))
            return false;
        overlap_add(scratch, &side, i, ret_whole);
        if (!budget_allows_other(scratch, req->arena, &req->error))
            return false;
    }
    overlap_sort(ret_whole);
    search->side = only_new(req->arena, ret_whole);
    return budget_allows(req->arena, &req->error);
}

/* What was there together before is none, and the parts of one event are not in each other's way.
 */
static bool is_brought(const Search *search, const Overlap *overlap)
{
    bool is_one = search->befores != NULL && search->befores[overlap->of] != NULL &&
                  search->befores[overlap->of] == search->befores[overlap->theirs_of];

    return !is_one && overlap->is_new;
}

/* The events of the request among each other. */
static bool search_within(Search *search, const OverlapSide *whole, int64_t *work_left)
{
    const OverlapLimits limits = { .pairs = LIMIT_CONFLICTS + 1, .work_left = work_left };
    Request *req = search->req;
    OverlapList list;
    Error problem = { 0 };

    if (!overlap_find_within(req->arena, whole, &limits, &list, &problem))
        return refuse_complex(req, &body_location, &problem);
    for (size_t i = 0; i < list.count; i++) {
        const Overlap *overlap = &list.items[i];
        Event other = search->events[overlap->theirs_of];
        if (search->befores == NULL || search->befores[overlap->theirs_of] == NULL)
            other.id = INTEGER_NULL;
        if (!is_brought(search, overlap))
            continue;
        StartClock AUTO(start_clock_finish) clock = start_clock(req->arena, &other);
        add_conflict(search, &clock, overlap);
    }
    return true;
}

static bool begin_search(Search *search, int64_t *work_left)
{
    Arena AUTO(arena_finish) scratch = { .budget = LIMIT_REQUEST_MEMORY };
    OverlapSide whole;

    if (!prepare_side(search, &scratch, work_left, &whole))
        return false;
    return search->side.count == 0 || search->event_count == 1 ||
           search_within(search, &whole, work_left);
}

static ConflictReport report_of(Search *search)
{
    const OverlapSide *side = &search->side;
    ConflictReport report = {
        .checked_until = side->all_until < side->until ? side->all_until : side->until,
    };

    sort_and_cut(search);
    if (search->count > LIMIT_CONFLICTS) {
        search->count = LIMIT_CONFLICTS;
        if (report.checked_until > search->found[LIMIT_CONFLICTS].with_start)
            report.checked_until = search->found[LIMIT_CONFLICTS].with_start;
    }
    /* An empty list is no null. */
    void *items =
        search->found != NULL ? (void *)search->found : arena_alloc(search->req->arena, 1);
    report.conflicts = (List){ .items = items, .count = search->count };
    report.incomplete = window_left_out(&search->fair);
    return report;
}

bool conflicts_find(Request *req, const Event *event, ConflictReport *ret_report)
{
    Search search = { .req = req, .events = event, .event_count = 1, .days = window_days(req) };
    int64_t work_left = req->work_left;

    if (!begin_search(&search, &work_left) || !search_all(&search, work_left))
        return false;
    *ret_report = report_of(&search);
    return true;
}

/* -- Before a write --------------------------------------------------------------------------- */

static bool refuse_conflicts(Search *search)
{
    Request *req = search->req;
    const ConflictReport report = report_of(search);
    Writer w = writer_start(req->arena);

    schema_encode(&conflict_report_schema, &w, &report, 0);
    /* Without the braces: members of the problem. */
    req->problem_members = arena_strndup(req->arena, writer_text(&w) + 1, writer_length(&w) - 2);
    return error_set(&req->error, ERROR_CONFLICT,
                     "The event takes place at the same time as another one of yours.");
}

static int compare_versions(const void *a, const void *b)
{
    const EventVersion *left = a;
    const EventVersion *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

/* Before they are looked at: what changes afterwards is looked at again. */
static bool remember_versions(Search *search)
{
    Request *req = search->req;
    const EventWindow window = window_of(search);

    if (!since_mark(req->db, window.reader, &search->mark, &req->error) ||
        !events_occupying_versions(req->db, req->arena, &window, &search->seen, &search->seen_count,
                                   &req->error))
        return false;
    if (search->seen_count > 1)
        qsort(search->seen, search->seen_count, sizeof(*search->seen), compare_versions);
    return true;
}

/* What others have put there does not keep anybody from creating; what is too much of one's own
 * does, for there a conflict may have been missed. */
static bool has_seen_own(Search *search)
{
    const Error problem = {
        .detail = "Your repeating events in this time are too complex together to look for "
                  "conflicts: give them simpler rules, or create it without conflicts=reject.",
    };
    LeftOut *list;
    size_t count = fair_left_out(&search->fair, &list);

    for (size_t i = 0; i < count; i++) {
        if (list[i].owner_id == search->fair.reader && list[i].event_id == INTEGER_NULL)
            return refuse_complex(search->req, &body_location, &problem);
    }
    return true;
}

bool conflicts_are_asked(const Request *req)
{
    const ChangeQuery *query = req->query;

    return query->conflicts == CONFLICTS_REJECT;
}

static bool look(Search *search, int64_t work_left)
{
    if (!begin_search(search, &work_left))
        return false;
    if (search->side.count == 0)
        return true;
    if (!remember_versions(search) || !search_all(search, work_left))
        return false;
    return search->count > 0 ? refuse_conflicts(search) : has_seen_own(search);
}

static Search *begin(Request *req, const Changes *changes)
{
    Search *search = ARENA_NEW(req->arena, Search);

    *search = (Search){
        .req = req,
        .events = changes->afters,
        .befores = changes->befores,
        .event_count = changes->count,
        .days = window_days(req),
    };
    return search;
}

bool conflicts_look_at_changes(Request *req, const Changes *changes)
{
    if (!conflicts_are_asked(req))
        return true;
    Search *search = begin(req, changes);

    req->state = search;
    return look(search, req->work_left);
}

bool conflicts_look(Request *req, Event *events, size_t count)
{
    return conflicts_look_at_changes(req, &(Changes){ .afters = events, .count = count });
}

static bool is_seen(const Search *search, const EventVersion *version)
{
    const EventVersion *seen = NULL;

    if (search->seen_count > 0)
        seen =
            bsearch(version, search->seen, search->seen_count, sizeof(*version), compare_versions);
    return seen != NULL && seen->version_number == version->version_number;
}

/* Of one owner's events or all others', those that were not seen. */
static bool search_changed(Search *search, const EventVersion *now, size_t count, bool of_own,
                           int64_t *work_left)
{
    enum { FETCH_WORK = 200 };
    Request *req = search->req;
    int64_t reader = req->user->user_id;
    Arena AUTO(arena_finish) scratch = { 0 };

    for (size_t i = 0; i < count && *work_left >= 0; i++) {
        Event *event = NULL;
        if ((now[i].owner_id == reader) != of_own || is_seen(search, &now[i]))
            continue;
        arena_reset(&scratch);
        *work_left -= FETCH_WORK;
        if (!events_find_occupying(req->db, &scratch, reader, now[i].id, &event, &req->error))
            return false;
        if (event != NULL)
            (void)search_event(search, &scratch, event, work_left);
    }
    return true;
}

/* Those that may not be as they were. */
static bool find_changed(const Search *search, EventVersion **ret_versions, size_t *ret_count)
{
    Request *req = search->req;
    const EventWindow window = window_of(search);
    bool is_known;

    if (!since_changed(req->db, req->arena, window.reader, &search->mark, ret_versions, ret_count,
                       &is_known, &req->error))
        return false;
    return is_known || events_occupying_versions(req->db, req->arena, &window, ret_versions,
                                                 ret_count, &req->error);
}

bool conflicts_permit(Request *req)
{
    const Error busy = { .detail = "Too many of your events have changed at this moment: try "
                                   "again." };
    const Search *looked = req->state;
    int64_t work_left = LIMIT_WRITE_WORK;
    EventVersion *now = NULL;
    size_t count = 0;

    if (!conflicts_are_asked(req))
        return true;
    if (looked->side.count == 0)
        return true;
    Search search = *looked; /* this may run again */
    search.req = req;
    if (!users_lock(req->db, req->user->user_id, &req->error) ||
        !find_changed(&search, &now, &count) ||
        !search_changed(&search, now, count, true, &work_left))
        return false;
    if (work_left < 0 && search.count == 0)
        return refuse_complex(req, &body_location, &busy);
    if (!search_changed(&search, now, count, false, &work_left))
        return false;
    return search.count == 0 || refuse_conflicts(&search);
}

/* Are the events that are changed those that were looked at? */
static bool are_seen(const Search *looked, const Changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const Event *before = looked->befores[i];
        const Event *now = changes->befores[i];
        if ((before == NULL) != (now == NULL) ||
            (now != NULL && before->version_number != now->version_number))
            return false;
    }
    return true;
}

bool conflicts_permit_changes(Request *req, const Changes *changes)
{
    if (!conflicts_are_asked(req))
        return true;
    const Search *looked = req->state;
    if (looked->event_count == changes->count && are_seen(looked, changes))
        return conflicts_permit(req);
    /* Somebody has changed one of them since: it is hardly ever looked at here. */
    return users_lock(req->db, req->user->user_id, &req->error) &&
           look(begin(req, changes), LIMIT_WRITE_WORK);
}

static Changes one_change(Request *req, const Event *before, Event *after)
{
    const Event **befores = ARENA_ARRAY(req->arena, const Event *, 1);

    befores[0] = before;
    return (Changes){ .befores = befores, .afters = after, .count = 1 };
}

bool conflicts_look_at_change(Request *req, const Event *before, Event *after)
{
    const Changes changes = one_change(req, before, after);

    return conflicts_look_at_changes(req, &changes);
}

bool conflicts_permit_change(Request *req, const Event *before, Event *after)
{
    const Changes changes = one_change(req, before, after);

    return conflicts_permit_changes(req, &changes);
}
