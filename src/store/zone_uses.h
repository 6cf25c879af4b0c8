/* Zone uses - whose clocks the events follow, and by which rules their moments were derived. Looks
 * at every event: for `fasti zones`. */
#pragma once

#include "store/driver/db.h"
#include "json/schema.h"

/* Events that were derived by the same rules of one zone. */
typedef struct ZoneUse {
    const char *timezone;
    const char *release; /* the rules came with it */
    int64_t rules;
    int64_t events;
} ZoneUse;

/* Of all events that follow a clock, in the order of the zones' names. */
bool zone_uses_list(Db *db, Arena *arena, List *ret_uses, Error *err);
