#include "store/zone_uses.h"

#include "base/vector.h"

SQL(select_zone_uses, "SELECT timezone, zone_rules, zone_release, count(*) AS events FROM events"
                      " WHERE zone_rules <> 0 GROUP BY timezone, zone_rules, zone_release"
                      " ORDER BY timezone, zone_release, zone_rules");

bool zone_uses_list(Db *db, Arena *arena, List *ret_uses, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };
    ZoneUse *uses = NULL;
    size_t capacity = 0;
    size_t count = 0;

    if (!db_query(db, &select_zone_uses, NO_PARAMS, &rows, err))
        return false;
    while (rows_next(&rows)) {
        uses = vector_room(arena, uses, count, &capacity, sizeof(*uses));
        uses[count++] = (ZoneUse){
            .timezone = rows_text(&rows, "timezone", arena),
            .release = rows_text(&rows, "zone_release", arena),
            .rules = rows_int(&rows, "zone_rules"),
            .events = rows_int(&rows, "events"),
        };
    }
    *ret_uses = (List){ .items = uses, .count = count };
    return rows_finish(&rows, err);
}
