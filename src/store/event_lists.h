/* Event lists - the events that one may read: pages of them in some order, those that reach into a
 * window of time, and how many there are. */
#pragma once

#include "calendar/days.h"
#include "store/driver/db.h"
#include "store/records.h"

/* Whose days the dates of all-day events are. Not known: what reaches into a window anywhere on
 * earth is shown. */
typedef struct Days {
    bool are_known;
    const Timezone *zone; /* NULL: those of UTC */
} Days;

typedef enum EventSort { SORT_START_TIME, SORT_TITLE, SORT_CREATED_AT, SORT_UPDATED_AT } EventSort;

/* What a list shows; INTEGER_NULL and NULL: no condition. */
typedef struct EventFilter {
    int64_t reader;
    bool deleted; /* only the trash, of which one sees what one owns */
    /* Folded words (base/fold.h), to be found in the texts of the event or of an occurrence. */
    const char *title;
    const char *text; /* in title, description or location */
    const char *location;
    int64_t owner_id;
    int64_t role;
    int64_t is_recurring; /* 0, 1 */
    Instant start_after;  /* start_time >= */
    Instant start_before; /* start_time <= */
    Instant from;         /* the event, or its series, reaches beyond this … */
    Instant to;           /* … and begins before this; given both or neither */
    Days days;
    Instant updated_since; /* updated_at >= */
    EventSort sort;
    bool descending;
    /* Keyset: only what comes after this place in the order; after_id INTEGER_NULL: from the
     * start. The text for SORT_TITLE, the instant for the others. */
    int64_t after_id;
    Instant after_time;
    const char *after_title;
    int64_t skip;
    int64_t limit;
} EventFilter;

/* Is the list an ordinary page that an index gives as it is, and its number kept? */
bool events_are_indexed_page(const EventFilter *filter);

Ask *events_ask_list(Db *db, Arena *arena, const EventFilter *filter);
/* As many as one page has room for; when there are more of them the list `is_cut`. */
bool events_take_page(Ask *ask, Arena *arena, List *ret_events, Error *err);

/* How many there are on all its pages: db_take_number. */
Ask *events_ask_count(Db *db, Arena *arena, const EventFilter *filter);

/* What can touch a window of time: what begins before its end, with whichever occurrence comes
 * first, and ends after its start. By start and id, without the trash. */
typedef struct EventWindow {
    int64_t reader;
    Instant from; /* half-open */
    Instant to;
    Days days;
    /* Goes on behind this event; after_id INTEGER_NULL: from the start. */
    Instant after_start;
    int64_t after_id;
    int64_t limit;
} EventWindow;

/* Those that take place once, and those that repeat: events_take_page. */
Ask *events_ask_singles(Db *db, Arena *arena, const EventWindow *window);
Ask *events_ask_series(Db *db, Arena *arena, const EventWindow *window);
Ask *events_ask_own_series(Db *db, Arena *arena, const EventWindow *window);

/* Of other people's series, where they are more than window->limit or than a page has room for:
 * some of each owner, of each by start and id; and the owners who have more, ids of int64_t. */
bool events_list_series_of_each(Db *db, Arena *arena, const EventWindow *window, List *ret_events,
                                List *ret_owners, Error *err);

/* -- What occupies a person: decided in store/known.h, here, and by occurrence_occupies ---------
 */

/* Whose events. */
typedef enum Occupying { OCCUPYING_OWN, OCCUPYING_OF_OTHERS, OCCUPYING_ALL } Occupying;

/* Those of both kinds that occupy his time and that are not cancelled as a whole: with the members
 * that say when they take place, id, title, owner and version, and no others: a page. */
bool events_list_occupying(Db *db, Arena *arena, const EventWindow *window, Occupying whose,
                           List *ret_events, Error *err);

/* One of them; NULL: it occupies him no more. */
bool events_find_occupying(Db *db, Arena *arena, int64_t reader, int64_t id, Event **ret_event,
                           Error *err);

typedef struct EventVersion {
    int64_t id;
    int64_t version_number;
    int64_t owner_id;
} EventVersion;

/* Of all in the window, in no order, but of those of others no more than LIMIT_VERSIONS: whatever
 * alters when one takes place is a new version. */
bool events_occupying_versions(Db *db, Arena *arena, const EventWindow *window,
                               EventVersion **ret_versions, size_t *ret_count, Error *err);
