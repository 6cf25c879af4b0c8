#include "store/event_lists.h"

#include <stdlib.h>

#include "base/budget.h"
#include "base/limits.h"
#include "base/vector.h"
#include "calendar/extent.h"
#include "calendar/wall_clock.h"
#include "store/driver/mapping.h"
#include "store/events.h"
#include "store/known.h"
#include "store/permissions.h"
#include "store/rows.h"
#include "store/search_texts.h"

/* How lists work: a grant says of its event what lists look for (store/permissions.h), so that an
 * index over the reader's grants gives them in the order of start. A page after the first continues
 * from the last row's place in the order (keyset), which costs the same however deep one reads.
 * What reaches into a window is found class by class, as calendar/extent.h says: each class is a
 * short range in the same order, and the database merges the ranges. Every order is its own
 * constant statement, made by one macro, and prepared once. */

/* -- Statements of lists ---------------------------------------------------------------------- */

/* $1 reader, $2 trash. `low` and `high` are places in the order. */
#define GRANTS(which, low, high)                                                                   \
    "SELECT event_id, start_time, meaning FROM event_permissions" which " WHERE user_id = $1"      \
    " AND hidden = $2 AND (start_time, event_id) > (" low ") AND (start_time, event_id) < (" high  \
    ")"
#define GRANTS_BETWEEN(low, high) GRANTS("", low, high)

#define GRANTS_OF_CLASS(class, low, high) GRANTS_BETWEEN(low, high) " AND extent_class = " class

#define ALL_GRANTS GRANTS_BETWEEN("$3, $4", "$5, $6")

/* Of the window $19, $20, or $21, $22 for dates, which says nothing about the starts of class 6. */
#define GRANTS_REACHING(open, close)                                                               \
    open GRANTS_OF_CLASS("0", "$9, $10", "$7, $8") close                                           \
        " UNION ALL " open GRANTS_OF_CLASS("1", "$11, $12", "$7, $8") close                        \
        " UNION ALL " open GRANTS_OF_CLASS("2", "$13, $14", "$7, $8") close                        \
        " UNION ALL " open GRANTS_OF_CLASS("3", "$15, $16", "$7, $8") close                        \
        " UNION ALL " open GRANTS_OF_CLASS("4", "$17, $18", "$7, $8") close                        \
        " UNION ALL " open GRANTS_OF_CLASS("5", "$3, $4", "$7, $8") close                          \
        " UNION ALL " open GRANTS_OF_CLASS("6", "$3, $4", "$5, $6") close

/* $23, $24: the first and the last role. */
#define EVENTS_OF(grants)                                                                          \
    " FROM (" grants ") p JOIN events e ON e.id = p.event_id"                                      \
    " WHERE p.meaning >= $23 AND p.meaning <= $24" OWNER_IS_THERE

#define ALL_EVENTS EVENTS_OF(ALL_GRANTS)

/* For what must look at all of them and in no order: SQLite reads the events as they lie. */
#define ALL_EVENTS_AS_THEY_LIE                                                                     \
    EVENTS_OF(GRANTS(" INDEXED BY idx_event_permissions_user_event", "$3, $4", "$5, $6"))

#define REACHES(from, to)                                                                          \
    "e.series_start < " to " AND (e.series_end > " from " OR e.series_end IS NULL)"
#define EVENTS_REACHING_OF(grants)                                                                 \
    EVENTS_OF(grants)                                                                              \
    " AND CASE WHEN e.all_day THEN " REACHES("$21", "$22") " ELSE " REACHES("$19", "$20") " END"

#define EVENTS_REACHING EVENTS_REACHING_OF(GRANTS_REACHING("", ""))

/* To be merged in order. SQLite sees by itself that each class is in order, and refuses to be told;
 * PostgreSQL must be. */
#define EVENTS_REACHING_ORDERED(order)                                                             \
    EVENTS_REACHING_OF(GRANTS_REACHING("(", " ORDER BY start_time " order ", event_id " order ")"))

/* HAS is EVENT_HAS of the database (store/search_texts.h). */
#define ANY_TEXT(HAS, words)                                                                       \
    HAS("title", words) " OR " HAS("location", words) " OR " HAS("description", words)
#define TITLED(HAS)     "($25 IS NULL OR " HAS("title", "$25") ")"
#define CONTAINING(HAS) "($26 IS NULL OR " ANY_TEXT(HAS, "$26") ")"
#define LOCATED(HAS)    "($27 IS NULL OR " HAS("location", "$27") ")"
#define CONDITIONS(HAS)                                                                            \
    " AND " TITLED(HAS) " AND " CONTAINING(HAS) " AND " LOCATED(                                   \
        HAS) " AND ($28 IS NULL OR e.owner_id = $28)"                                              \
             " AND ($29 IS NULL OR e.is_recurring = ($29 = 1))"                                    \
             " AND ($30 IS NULL OR e.updated_at >= $30)"

/* Each question comes twice: with these conditions, and without, for who asks for all, as nearly
 * everybody does: PostgreSQL makes ready what stands in a statement, whether it is used or not, and
 * SQLite asks of each row whether there is a condition. */
#define SOME_SQLITE   CONDITIONS(EVENT_HAS_SQLITE)
#define SOME_POSTGRES CONDITIONS(EVENT_HAS_POSTGRES)

#define COUNTS(name, sqlite_conditions, postgres_conditions)                                       \
    SQL_DIALECTS(name, .sqlite = COUNT ALL_EVENTS_AS_THEY_LIE sqlite_conditions,                   \
                 .postgres = COUNT ALL_EVENTS postgres_conditions);                                \
    SQL_DIALECTS(name##_between, .sqlite = COUNT ALL_EVENTS sqlite_conditions,                     \
                 .postgres = COUNT ALL_EVENTS postgres_conditions);                                \
    SQL_DIALECTS(name##_reaching, .sqlite = COUNT EVENTS_REACHING sqlite_conditions,               \
                 .postgres = COUNT EVENTS_REACHING postgres_conditions)
#define COUNT "SELECT count(*) AS n"

COUNTS(count_all, "", "");
COUNTS(count_some, SOME_SQLITE, SOME_POSTGRES);

/* The order names columns of the grants, where they are in order already. What only a change needs
 * stays where it is. */
#define LIST_COLUMNS                                                                               \
    "p.event_id AS id, p.start_time, {e.columns but id, start_time, zone_release, series_start,"   \
    " series_end, document_bytes}, p.meaning AS my_role"

/* SQLite hands on every column from merge to merge, so here they are places alone, and each brings
 * its event at the end. CROSS: in their order (docs/decisions/0036-merges-of-places.md). */
#define OF_PLACES(events) " FROM (SELECT p.event_id, p.start_time, p.meaning" events
#define THEIR_EVENTS      ") p CROSS JOIN events e ON e.id = p.event_id"

/* $31, $32: the place to go on from, where it is not one by start; $33, $34: limit and skip. */
#define AFTER(key, sign) " AND ($32 IS NULL OR (" key ", e.id) " sign " ($31, $32))"
#define PAGE_OF(events, conditions, key, id, order)                                                \
    events conditions " ORDER BY " key " " order ", " id " " order " LIMIT $33 OFFSET $34"
#define PAGE(...) "SELECT " LIST_COLUMNS PAGE_OF(__VA_ARGS__)

#define PAGE_BY_START(events, conditions, order)                                                   \
    PAGE(events, conditions, "p.start_time", "p.event_id", order)
#define LIST_BY_START(name, sqlite_conditions, postgres_conditions, order)                         \
    SQL_DIALECTS(name, .table = &event_schema,                                                     \
                 .sqlite = PAGE_BY_START(ALL_EVENTS, sqlite_conditions, order),                    \
                 .postgres = PAGE_BY_START(ALL_EVENTS, postgres_conditions, order))
#define LIST_REACHING_BY_START(name, sqlite_conditions, postgres_conditions, order)                \
    SQL_DIALECTS(                                                                                  \
        name, .table = &event_schema,                                                              \
        .sqlite = "SELECT " LIST_COLUMNS OF_PLACES(                                                \
            PAGE_OF(EVENTS_REACHING, sqlite_conditions, "p.start_time", "p.event_id", order))      \
            THEIR_EVENTS,                                                                          \
        .postgres = PAGE_BY_START(EVENTS_REACHING_ORDERED(order), postgres_conditions, order))
#define LIST_BY(name, sqlite_events, postgres_events, key, sign, order)                            \
    SQL_DIALECTS(name, .table = &event_schema,                                                     \
                 .sqlite = PAGE(sqlite_events, AFTER(key, sign), key, "e.id", order),              \
                 .postgres = PAGE(postgres_events, AFTER(key, sign), key, "e.id", order))
#define LISTS_BY(name, sqlite_events, postgres_events, key)                                        \
    LIST_BY(name, sqlite_events, postgres_events, key, ">", "ASC");                                \
    LIST_BY(name##_descending, sqlite_events, postgres_events, key, "<", "DESC")

#define LISTS(name, some_sqlite, some_postgres)                                                    \
    LIST_BY_START(name##_by_start_time, some_sqlite, some_postgres, "ASC");                        \
    LIST_BY_START(name##_by_start_time_descending, some_sqlite, some_postgres, "DESC");            \
    LISTS_BY(name##_by_title, ALL_EVENTS_AS_THEY_LIE some_sqlite, ALL_EVENTS some_postgres,        \
             "e.title");                                                                           \
    LISTS_BY(name##_by_created_at, ALL_EVENTS_AS_THEY_LIE some_sqlite, ALL_EVENTS some_postgres,   \
             "e.created_at");                                                                      \
    LISTS_BY(name##_by_updated_at, ALL_EVENTS_AS_THEY_LIE some_sqlite, ALL_EVENTS some_postgres,   \
             "e.updated_at");                                                                      \
    LIST_REACHING_BY_START(name##_reaching_by_start_time, some_sqlite, some_postgres, "ASC");      \
    LIST_REACHING_BY_START(name##_reaching_by_start_time_descending, some_sqlite, some_postgres,   \
                           "DESC");                                                                \
    LISTS_BY(name##_reaching_by_title, EVENTS_REACHING some_sqlite, EVENTS_REACHING some_postgres, \
             "e.title");                                                                           \
    LISTS_BY(name##_reaching_by_created_at, EVENTS_REACHING some_sqlite,                           \
             EVENTS_REACHING some_postgres, "e.created_at");                                       \
    LISTS_BY(name##_reaching_by_updated_at, EVENTS_REACHING some_sqlite,                           \
             EVENTS_REACHING some_postgres, "e.updated_at")

LISTS(list_all, "", "");
LISTS(list_some, SOME_SQLITE, SOME_POSTGRES);

#define STATEMENTS(name)                                                                           \
    {                                                                                              \
        [SORT_START_TIME] = { &name##_by_start_time, &name##_by_start_time_descending },           \
        [SORT_TITLE] = { &name##_by_title, &name##_by_title_descending },                          \
        [SORT_CREATED_AT] = { &name##_by_created_at, &name##_by_created_at_descending },           \
        [SORT_UPDATED_AT] = { &name##_by_updated_at, &name##_by_updated_at_descending },           \
    }

/* By whether there are conditions, by whether there is a window, by order. */
static const Sql *const list_statements[2][2][4][2] = {
    { STATEMENTS(list_all), STATEMENTS(list_all_reaching) },
    { STATEMENTS(list_some), STATEMENTS(list_some_reaching) },
};

/* $25: limit. */
#define PAGE_REACHING(name, columns, condition)                                                    \
    SQL_DIALECTS(name, .table = &event_schema,                                                     \
                 .sqlite =                                                                         \
                     "SELECT " columns OF_PLACES(EVENTS_REACHING condition BY_START) THEIR_EVENTS, \
                 .postgres = "SELECT " columns EVENTS_REACHING_ORDERED("ASC") condition BY_START)
#define BY_START " ORDER BY p.start_time, p.event_id LIMIT $25"

PAGE_REACHING(list_singles, LIST_COLUMNS, " AND NOT e.is_recurring");
PAGE_REACHING(list_series, LIST_COLUMNS, " AND e.is_recurring");

/* What occupies a person: all that is asked about it uses these. No texts but the title: they are
 * long, and nobody looks at them. */
#define IS_OCCUPYING                                                                               \
    " AND ((e.status <> 'cancelled' AND e.transparency <> 'transparent')"                          \
    " OR e.recurrence_overrides IS NOT NULL) AND " OCCUPIES("$1")
#define OCCUPYING_COLUMNS                                                                          \
    "p.event_id AS id, p.start_time, e.end_time, e.title, e.timezone, e.all_day, e.status,"        \
    " e.start_local, e.end_local, e.start_is_second, e.end_is_second, e.local_times,"              \
    " e.zone_rules,"                                                                               \
    " e.transparency, e.is_recurring, e.recurrence_pattern, e.recurrence_overrides, e.owner_id,"   \
    " e.version_number,"                                                                           \
    " p.meaning AS my_role"

PAGE_REACHING(list_occupying, OCCUPYING_COLUMNS, IS_OCCUPYING);

SQL(occupying_versions,
    "SELECT p.event_id AS id, e.version_number AS version, e.owner_id AS owner" EVENTS_REACHING
        IS_OCCUPYING " LIMIT $25");

SQL(select_occupying,
    "SELECT " OCCUPYING_COLUMNS " FROM event_permissions p JOIN events e ON e.id = p.event_id"
    " WHERE p.user_id = $1 AND p.event_id = $2 AND NOT p.hidden AND p.meaning <= $3" IS_OCCUPYING,
    .table = &event_schema);

/* Some of each owner: in the order of what an owner's come to, up to each, with some bytes for the
 * row and its index; so whoever has few short ones has them all there. */
#define BYTES_OF_ROW                                                                               \
    "400 + coalesce(length(e.description), 0) + coalesce(length(CAST(e.recurrence_overrides AS "   \
    "TEXT)), 0)"

SQL(list_series_of_each,
    "SELECT " LIST_COLUMNS EVENTS_REACHING " AND e.is_recurring ORDER BY sum(" BYTES_OF_ROW
    ") OVER (PARTITION BY e.owner_id"
    " ORDER BY p.start_time, p.event_id), p.start_time, p.event_id LIMIT $25",
    .table = &event_schema);

/* Also of an owner of whom none of these has room. */
SQL(count_series_of_each, "SELECT e.owner_id AS owner, count(*) AS n" EVENTS_REACHING
                          " AND e.is_recurring GROUP BY e.owner_id ORDER BY e.owner_id LIMIT $25");

/* -- Where lists look ------------------------------------------------------------------------- */

/* A place in the order of start. */
typedef struct StartPlace {
    Instant start;
    int64_t id;
} StartPlace;

/* Wider than what either database holds of events; PostgreSQL counts from 4713 BC. */
static const StartPlace before_all = { -INT64_C(210000000000000000), 0 };
static const StartPlace after_all = { INT64_C(9000000000000000000), INT64_MAX };

/* $1 … $24 of every list. All places are outside of what is meant. */
typedef struct Reach {
    int64_t reader;
    bool hidden;
    Role first_role;
    Role last_role;
    StartPlace low;
    StartPlace high;
    StartPlace high_reaching;                        /* before the end of the window */
    StartPlace low_reaching[EXTENT_LIMITED_CLASSES]; /* what begins there can last into it */
    Instant from;
    Instant to;
    Instant days_from; /* the dates that reach into it */
    Instant days_to;
} Reach;

static StartPlace later(StartPlace a, StartPlace b)
{
    return a.start > b.start || (a.start == b.start && a.id > b.id) ? a : b;
}

static StartPlace earlier(StartPlace a, StartPlace b)
{
    return a.start < b.start || (a.start == b.start && a.id < b.id) ? a : b;
}

static void set_window(Reach *reach, Instant from, Instant to, const Days *days)
{
    if (days->are_known) {
        days_reaching(days->zone, from, to, &reach->days_from, &reach->days_to);
    } else {
        reach->days_from = from - DAYS_FARTHEST_US;
        reach->days_to = to + DAYS_FARTHEST_US;
    }
    const StartPlace end = { to > reach->days_to ? to : reach->days_to, 0 };
    const Instant first_of_all = from < reach->days_from ? from : reach->days_from;

    reach->from = from;
    reach->to = to;
    reach->high_reaching = earlier(reach->high, end);
    for (int k = 0; k < EXTENT_LIMITED_CLASSES; k++) {
        const StartPlace first = { first_of_all - extent_longest_us(k), INT64_MAX };
        reach->low_reaching[k] = later(reach->low, first);
    }
}

static bool has_window(const EventFilter *filter)
{
    return filter->from != INSTANT_NULL;
}

static Reach reach_of_filter(const EventFilter *filter)
{
    const StartPlace after = { filter->after_time, filter->after_id };
    bool goes_on = filter->sort == SORT_START_TIME && filter->after_id != INTEGER_NULL;
    Reach reach = {
        .reader = filter->reader,
        .hidden = filter->deleted,
        .first_role = ROLE_OWNER,
        .last_role = filter->deleted ? ROLE_OWNER : ROLE_VIEWER,
        .low = before_all,
        .high = after_all,
    };

    if (filter->role != INTEGER_NULL) {
        reach.first_role = (Role)filter->role;
        if (reach.last_role > reach.first_role)
            reach.last_role = reach.first_role;
    }
    if (filter->start_after != INSTANT_NULL)
        reach.low = (StartPlace){ filter->start_after, 0 };
    if (filter->start_before != INSTANT_NULL)
        reach.high = (StartPlace){ filter->start_before, INT64_MAX };
    if (goes_on && !filter->descending)
        reach.low = later(reach.low, after);
    if (goes_on && filter->descending)
        reach.high = earlier(reach.high, after);
    if (has_window(filter))
        set_window(&reach, filter->from, filter->to, &filter->days);
    return reach;
}

static Reach reach_of_window(const EventWindow *window, Role first_role, Role last_role)
{
    Reach reach = {
        .reader = window->reader,
        .first_role = first_role,
        .last_role = last_role,
        .low = before_all,
        .high = after_all,
    };

    if (window->after_id != INTEGER_NULL)
        reach.low = (StartPlace){ window->after_start, window->after_id };
    set_window(&reach, window->from, window->to, &window->days);
    return reach;
}

#define PLACE_VALUES(place) TIME((place).start), INT((place).id)
#define REACH_VALUES(r)                                                                            \
    INT((r)->reader), BOOL((r)->hidden), PLACE_VALUES((r)->low), PLACE_VALUES((r)->high),          \
        PLACE_VALUES((r)->high_reaching), PLACE_VALUES((r)->low_reaching[0]),                      \
        PLACE_VALUES((r)->low_reaching[1]), PLACE_VALUES((r)->low_reaching[2]),                    \
        PLACE_VALUES((r)->low_reaching[3]), PLACE_VALUES((r)->low_reaching[4]), TIME((r)->from),   \
        TIME((r)->to), TIME((r)->days_from), TIME((r)->days_to), INT((int64_t)(r)->first_role),    \
        INT((int64_t)(r)->last_role)
_Static_assert(EXTENT_LIMITED_CLASSES == 5, "GRANTS_REACHING and REACH_VALUES name each class");

/* $25 … $30, in the order of CONDITIONS. */
#define CONDITION_VALUES(f)                                                                        \
    TXT((f)->title), TXT((f)->text), TXT((f)->location), INT((f)->owner_id),                       \
        INT((f)->is_recurring), TIME((f)->updated_since)

/* -- Lists ------------------------------------------------------------------------------------ */

/* Those of CONDITIONS. */
static bool has_conditions(const EventFilter *filter)
{
    return filter->title != NULL || filter->text != NULL || filter->location != NULL ||
           filter->owner_id != INTEGER_NULL || filter->is_recurring != INTEGER_NULL ||
           filter->updated_since != INSTANT_NULL;
}

/* Does it show all that the reader may read, whose number is kept? */
static bool is_everything(const EventFilter *filter)
{
    return !filter->deleted && !has_window(filter) && !has_conditions(filter) &&
           filter->role == INTEGER_NULL && filter->start_after == INSTANT_NULL &&
           filter->start_before == INSTANT_NULL;
}

bool events_are_indexed_page(const EventFilter *filter)
{
    return is_everything(filter) && filter->sort == SORT_START_TIME &&
           filter->skip + filter->limit <= DEFAULT_PAGE + 1;
}

static const Sql *count_statement(const EventFilter *filter)
{
    bool has = has_conditions(filter);

    if (has_window(filter))
        return has ? &count_some_reaching : &count_all_reaching;
    if (filter->start_after != INSTANT_NULL || filter->start_before != INSTANT_NULL)
        return has ? &count_some_between : &count_all_between;
    return has ? &count_some : &count_all;
}

Ask *events_ask_count(Db *db, Arena *arena, const EventFilter *filter)
{
    const Reach reach = reach_of_filter(filter);

    if (is_everything(filter))
        return permissions_ask_event_count(db, arena, filter->reader);
    return db_ask(db, arena, count_statement(filter),
                  PARAMS(REACH_VALUES(&reach), CONDITION_VALUES(filter)));
}

bool events_take_page(Ask *ask, Arena *arena, List *ret_events, Error *err)
{
    return rows_page(ask, arena, &event_rows, ret_events, err);
}

static const Sql *list_statement(const EventFilter *filter)
{
    return list_statements[has_conditions(filter)][has_window(filter)][filter->sort]
                          [filter->descending];
}

static Value place_value(const EventFilter *filter)
{
    return filter->sort == SORT_TITLE ? TXT(filter->after_title) : TIME(filter->after_time);
}

Ask *events_ask_list(Db *db, Arena *arena, const EventFilter *filter)
{
    const Reach reach = reach_of_filter(filter);
    Ask *ask = db_ask(db, arena, list_statement(filter),
                      PARAMS(REACH_VALUES(&reach), CONDITION_VALUES(filter), place_value(filter),
                             INT(filter->after_id), INT(filter->limit), INT(filter->skip)));

    rows_bound(ask, filter->limit);
    return ask;
}

static Ask *ask_reaching(Db *db, Arena *arena, const Sql *sql, const EventWindow *window,
                         Role first_role, Role last_role)
{
    const Reach reach = reach_of_window(window, first_role, last_role);

    return db_ask(db, arena, sql, PARAMS(REACH_VALUES(&reach), INT(window->limit)));
}

/* Of which no more is kept than one page has room for. */
static Ask *ask_page(Db *db, Arena *arena, const Sql *sql, const EventWindow *window,
                     Role first_role, Role last_role)
{
    Ask *ask = ask_reaching(db, arena, sql, window, first_role, last_role);

    rows_bound(ask, window->limit);
    return ask;
}

Ask *events_ask_singles(Db *db, Arena *arena, const EventWindow *window)
{
    return ask_page(db, arena, &list_singles, window, ROLE_OWNER, ROLE_VIEWER);
}

Ask *events_ask_series(Db *db, Arena *arena, const EventWindow *window)
{
    return ask_page(db, arena, &list_series, window, ROLE_OWNER, ROLE_VIEWER);
}

Ask *events_ask_own_series(Db *db, Arena *arena, const EventWindow *window)
{
    return ask_page(db, arena, &list_series, window, ROLE_OWNER, ROLE_OWNER);
}

typedef struct OwnerCount {
    int64_t id;
    int64_t missing;
} OwnerCount;

typedef struct OwnerCounts {
    OwnerCount *items; /* by id */
    size_t count;
} OwnerCounts;

static bool take_owners(Ask *ask, Arena *arena, OwnerCounts *ret_owners, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    OwnerCounts owners = { 0 };
    size_t capacity = 0;

    if (!db_take(ask, &rows, err))
        return false;
    while (rows_next(&rows)) {
        owners.items =
            vector_room(arena, owners.items, owners.count, &capacity, sizeof(*owners.items));
        owners.items[owners.count++] =
            (OwnerCount){ rows_int(&rows, "owner"), rows_int(&rows, "n") };
        if (!budget_allows(arena, err))
            return false;
    }
    *ret_owners = owners;
    return rows_finish(&rows, err);
}

static int compare_owners(const void *a, const void *b)
{
    int64_t left = ((const OwnerCount *)a)->id;
    int64_t right = ((const OwnerCount *)b)->id;

    return (left > right) - (left < right);
}

/* One of an owner is there. Who has shared his first one since is not among them. */
static void count_off(OwnerCounts *owners, int64_t owner_id)
{
    const OwnerCount wanted = { .id = owner_id };
    OwnerCount *found = NULL;

    if (owners->count > 0)
        found =
            bsearch(&wanted, owners->items, owners->count, sizeof(*owners->items), compare_owners);
    if (found != NULL)
        found->missing--;
}

static List missing_owners(Arena *arena, const OwnerCounts *owners)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, owners->count + 1);
    size_t missing = 0;

    for (size_t i = 0; i < owners->count; i++) {
        if (owners->items[i].missing > 0)
            ids[missing++] = owners->items[i].id;
    }
    return (List){ .items = ids, .count = missing };
}

static bool take_some_of_each(Ask *ask, Arena *arena, OwnerCounts *owners, List *ret_events,
                              Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    size_t count = 0;
    size_t capacity = 0;
    Event *events = vector_room(arena, NULL, 0, &capacity, sizeof(*events));

    if (!db_take(ask, &rows, err))
        return false;
    for (; rows.text_bytes <= LIMIT_PAGE_BYTES && rows_next(&rows); count++) {
        events = vector_room(arena, events, count, &capacity, sizeof(*events));
        if (!rows_read(&rows, &event_schema, arena, &events[count], err) ||
            !budget_allows(arena, err))
            return false;
        wall_clock_follow(arena, &events[count]);
        count_off(owners, events[count].owner_id);
    }
    *ret_events = (List){ .items = events, .count = count };
    return rows_finish(&rows, err);
}

bool events_list_series_of_each(Db *db, Arena *arena, const EventWindow *window, List *ret_events,
                                List *ret_owners, Error *err)
{
    Ask *all = ask_reaching(db, arena, &count_series_of_each, window, ROLE_EDITOR, ROLE_VIEWER);
    Ask *page = ask_page(db, arena, &list_series_of_each, window, ROLE_EDITOR, ROLE_VIEWER);
    OwnerCounts owners;

    if (!take_owners(all, arena, &owners, err) ||
        !take_some_of_each(page, arena, &owners, ret_events, err))
        return false;
    *ret_owners = missing_owners(arena, &owners);
    return true;
}

/* By Occupying: the first and the last role. */
static const Role occupying_roles[][2] = {
    [OCCUPYING_OWN] = { ROLE_OWNER, ROLE_OWNER },
    [OCCUPYING_OF_OTHERS] = { ROLE_EDITOR, ROLE_VIEWER },
    [OCCUPYING_ALL] = { ROLE_OWNER, ROLE_VIEWER },
};

bool events_list_occupying(Db *db, Arena *arena, const EventWindow *window, Occupying whose,
                           List *ret_events, Error *err)
{
    const Role *roles = occupying_roles[whose];

    return events_take_page(ask_reaching(db, arena, &list_occupying, window, roles[0], roles[1]),
                            arena, ret_events, err);
}

bool events_find_occupying(Db *db, Arena *arena, int64_t reader, int64_t id, Event **ret_event,
                           Error *err)
{
    Ask *ask = db_ask(db, arena, &select_occupying,
                      PARAMS(INT(reader), INT(id), INT((int64_t)ROLE_VIEWER)));

    return rows_one(ask, arena, &event_rows, ret_event, err);
}

typedef struct VersionList {
    EventVersion *items;
    size_t count;
    size_t capacity;
} VersionList;

static Ask *ask_versions(Db *db, Arena *arena, const EventWindow *window, Occupying whose,
                         int64_t limit)
{
    const Role *roles = occupying_roles[whose];
    const Reach reach = reach_of_window(window, roles[0], roles[1]);

    return db_ask(db, arena, &occupying_versions, PARAMS(REACH_VALUES(&reach), INT(limit)));
}

static bool take_versions(Ask *ask, Arena *arena, VersionList *list, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_take(ask, &rows, err))
        return false;
    while (!budget_is_spent(arena) && rows_next(&rows)) {
        list->items =
            vector_room(arena, list->items, list->count, &list->capacity, sizeof(*list->items));
        list->items[list->count++] = (EventVersion){
            .id = rows_int(&rows, "id"),
            .version_number = rows_int(&rows, "version"),
            .owner_id = rows_int(&rows, "owner"),
        };
    }
    return budget_allows(arena, err) && rows_finish(&rows, err);
}

bool events_occupying_versions(Db *db, Arena *arena, const EventWindow *window,
                               EventVersion **ret_versions, size_t *ret_count, Error *err)
{
    Ask *own = ask_versions(db, arena, window, OCCUPYING_OWN, INT64_MAX);
    Ask *others = ask_versions(db, arena, window, OCCUPYING_OF_OTHERS, LIMIT_VERSIONS);
    VersionList list = { 0 };

    if (!take_versions(own, arena, &list, err) || !take_versions(others, arena, &list, err))
        return false;
    *ret_versions = list.items;
    *ret_count = list.count;
    return true;
}
