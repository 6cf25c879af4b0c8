/* Event lists - the events that one may read: pages of them in some order, also of those that reach
 * into a window of time, and how many there are. */
#pragma once

#include "store/reach.h"
#include "store/records.h"

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
