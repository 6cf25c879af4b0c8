#include "store/event_lists.h"

#include "base/limits.h"
#include "store/events.h"
#include "store/permissions.h"
#include "store/rows.h"
#include "store/search_texts.h"

/* How lists work: along the grants in the order of start (store/reach.h). A page after the first
 * continues from the last row's place in the order (keyset), which costs the same however deep one
 * reads. Every order is its own constant statement, made by one macro, and prepared once. */

/* -- Statements of lists ---------------------------------------------------------------------- */

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

/* -- Where lists look ------------------------------------------------------------------------- */

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
        .low = BEFORE_ALL,
        .high = AFTER_ALL,
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
        reach.low = reach_later(reach.low, after);
    if (goes_on && filter->descending)
        reach.high = reach_earlier(reach.high, after);
    if (has_window(filter))
        reach_set_window(&reach, filter->from, filter->to, &filter->days);
    return reach;
}

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
