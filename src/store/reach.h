/* Reach - where in the order of start an event lies that somebody may read, or that reaches into a
 * window of time: the part that all statements about it have in common, and its values.
 *
 * A grant says of its event what lists look for (store/permissions.h), so that an index over the
 * reader's grants gives them in the order of start. What reaches into a window is found class by
 * class, as calendar/extent.h says: each class is a short range in the same order, and the database
 * merges the ranges. */
#pragma once

#include "calendar/days.h"
#include "calendar/extent.h"
#include "store/driver/db.h"
#include "store/events.h"

/* Whose days the dates of all-day events are. Not known: what reaches into a window anywhere on
 * earth is shown. */
typedef struct Days {
    bool are_known;
    const Timezone *zone; /* NULL: those of UTC */
} Days;

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

/* The order names columns of the grants, where they are in order already. What only a change needs
 * stays where it is. */
#define LIST_COLUMNS                                                                               \
    "p.event_id AS id, p.start_time, {e.columns but id, start_time, zone_release, series_start,"   \
    " series_end, document_bytes}, p.meaning AS my_role"

/* SQLite hands on every column from merge to merge, so here they are places alone, and each brings
 * its event at the end. CROSS: in their order (docs/decisions/0036-merges-of-places.md). */
#define OF_PLACES(events) " FROM (SELECT p.event_id, p.start_time, p.meaning" events
#define THEIR_EVENTS      ") p CROSS JOIN events e ON e.id = p.event_id"

/* A place in the order of start. */
typedef struct StartPlace {
    Instant start;
    int64_t id;
} StartPlace;

/* Wider than what either database holds of events; PostgreSQL counts from 4713 BC. */
#define BEFORE_ALL ((StartPlace){ -INT64_C(210000000000000000), 0 })
#define AFTER_ALL  ((StartPlace){ INT64_C(9000000000000000000), INT64_MAX })

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

/* Of two places. */
StartPlace reach_later(StartPlace a, StartPlace b);
StartPlace reach_earlier(StartPlace a, StartPlace b);

/* Within its `low` and `high`: what reaches into this. */
void reach_set_window(Reach *reach, Instant from, Instant to, const Days *days);

#define PLACE_VALUES(place) TIME((place).start), INT((place).id)
#define REACH_VALUES(r)                                                                            \
    INT((r)->reader), BOOL((r)->hidden), PLACE_VALUES((r)->low), PLACE_VALUES((r)->high),          \
        PLACE_VALUES((r)->high_reaching), PLACE_VALUES((r)->low_reaching[0]),                      \
        PLACE_VALUES((r)->low_reaching[1]), PLACE_VALUES((r)->low_reaching[2]),                    \
        PLACE_VALUES((r)->low_reaching[3]), PLACE_VALUES((r)->low_reaching[4]), TIME((r)->from),   \
        TIME((r)->to), TIME((r)->days_from), TIME((r)->days_to), INT((int64_t)(r)->first_role),    \
        INT((int64_t)(r)->last_role)
_Static_assert(EXTENT_LIMITED_CLASSES == 5, "GRANTS_REACHING and REACH_VALUES name each class");
