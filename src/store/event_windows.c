#include "store/event_windows.h"

#include <stdlib.h>

#include "base/budget.h"
#include "base/limits.h"
#include "base/vector.h"
#include "calendar/wall_clock.h"
#include "store/driver/mapping.h"
#include "store/event_lists.h"
#include "store/known.h"
#include "store/rows.h"

/* -- Statements ------------------------------------------------------------------------------- */

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

static Reach reach_of_window(const EventWindow *window, Role first_role, Role last_role)
{
    Reach reach = {
        .reader = window->reader,
        .first_role = first_role,
        .last_role = last_role,
        .low = BEFORE_ALL,
        .high = AFTER_ALL,
    };

    if (window->after_id != INTEGER_NULL)
        reach.low = (StartPlace){ window->after_start, window->after_id };
    reach_set_window(&reach, window->from, window->to, &window->days);
    return reach;
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
