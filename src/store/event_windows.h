/* Event windows - the events that can touch a window of time: what views of the calendar look into,
 * and what occupies a person. */
#pragma once

#include "store/reach.h"
#include "store/records.h"

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
