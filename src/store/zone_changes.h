/* Zone changes - the events that a new zone file moved (store/zone_moves.h), as their changelogs
 * and versions say it, newest first. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

/* Where one zone file put an event. */
typedef struct ZoneMoment {
    Members given;
    Instant start_time;
    Instant end_time;
    const char *zone_release;
} ZoneMoment;

typedef struct ZoneChange {
    Members given;
    int64_t id; /* of the entry */
    int64_t event_id;
    int64_t owner_id;
    const char *title; /* NULL: the reader is not its owner */
    const char *timezone;
    int64_t version_number;
    Instant timestamp;
    ZoneMoment *old;
    ZoneMoment *new;
    const char *changed_fields; /* JSON array text */
} ZoneChange;

extern const Schema zone_change_schema;

typedef struct ZoneChangePage {
    int64_t reader;
    int64_t owner_id; /* INTEGER_NULL: of everybody's events */
    int64_t before;   /* entries before this one */
    int64_t skip;
    int64_t limit;
} ZoneChangePage;

/* Those of events in the trash too; not of an account that is just going (store/departures.h). */
Ask *zone_changes_ask(Db *db, Arena *arena, const ZoneChangePage *page);
bool zone_changes_take(Ask *ask, Arena *arena, List *ret_changes, Error *err);

/* How many there are on all pages, for db_take_number. */
Ask *zone_changes_ask_count(Db *db, Arena *arena, int64_t owner_id);
