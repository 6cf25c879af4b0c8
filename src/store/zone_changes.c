#include "store/zone_changes.h"

#include "store/events.h"
#include "store/rows.h"

static const Field moment_fields[] = {
    INSTANT(ZoneMoment, start_time, .flags = READ_ONLY, .doc = "Its start.",
            .example = "\"2027-01-11T17:00:00Z\""),
    INSTANT(ZoneMoment, end_time, .flags = READ_ONLY, .doc = "Its end.",
            .example = "\"2027-01-11T18:00:00Z\""),
    TEXT(ZoneMoment, zone_release, .flags = READ_ONLY | NULLABLE,
         .doc = "By which release of the time zone database; \"unknown\" where the system did not "
                "say.",
         .example = "\"2025b\""),
};

static const Schema moment_schema =
    SCHEMA(ZoneMoment, moment_fields, .doc = "Where a release of the zones put an event.");

static const Field change_fields[] = {
    INTEGER(ZoneChange, id, .flags = READ_ONLY, .doc = "Of the entry in the event's changelog.",
            .example = "977"),
    INTEGER(ZoneChange, event_id, .flags = READ_ONLY, .doc = "The event.", .example = "42"),
    INTEGER(ZoneChange, owner_id, .flags = READ_ONLY, .doc = "Whose it is.", .example = "7"),
    TEXT(ZoneChange, title, .flags = READ_ONLY | NULLABLE,
         .doc = "The event's title, for its owner alone.", .example = "\"Market day\""),
    TEXT(ZoneChange, timezone, .flags = READ_ONLY, .doc = "The zone whose rules are others.",
         .example = "\"America/Vancouver\""),
    INTEGER(ZoneChange, version_number, .flags = READ_ONLY,
            .doc = "The version that the move made.", .example = "3"),
    INSTANT(ZoneChange, timestamp, .flags = READ_ONLY, .doc = "When it was moved.",
            .example = "\"2026-12-01T08:00:00Z\""),
    OBJECT(ZoneChange, old, ZoneMoment, .flags = READ_ONLY, .schema = &moment_schema,
           .doc = "Where it was."),
    OBJECT(ZoneChange, new, ZoneMoment, .flags = READ_ONLY, .schema = &moment_schema,
           .doc = "Where it is since. Of a series the start may be where it was, and the moments "
                  "of its rule or its overrides others: `changed_fields`."),
    JSON(ZoneChange, changed_fields, .flags = READ_ONLY,
         .described = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
         .doc = "The members that were moved.", .example = "[\"start_time\",\"end_time\"]"),
};

const Schema zone_change_schema =
    SCHEMA(ZoneChange, change_fields, .doc = "An event that a new time zone file moved.");

/* What is not in `changes` is as the version has it. */
#define BEFORE(member) "coalesce(c.changes -> '" member "' ->> 'old', v.data ->> '" member "')"
#define COLUMNS                                                                                    \
    "SELECT c.id, c.event_id, e.owner_id, CASE WHEN e.owner_id = $1 THEN e.title END AS title,"    \
    " v.data ->> 'timezone' AS timezone, c.version_number, c.timestamp, v.changed_fields,"         \
    " " BEFORE(                                                                                    \
        "start_time") " AS old_start, v.data ->> 'start_time' AS new_start,"                       \
                      " " BEFORE(                                                                  \
                          "end_time") " AS old_end, v.data ->> 'end_time' AS new_end,"             \
                                      " c.changes -> 'zone_release' ->> 'old' AS old_release,"     \
                                      " c.changes -> 'zone_release' ->> 'new' AS new_release"
#define VERSION                                                                                    \
    " JOIN event_versions v ON v.event_id = c.event_id AND v.version_number = c.version_number"

/* Along the index of all of them. */
#define OF_ALL                                                                                     \
    " FROM changelog c JOIN events e ON e.id = c.event_id" VERSION                                 \
    " WHERE c.change_type = 'zone_update'" OWNER_IS_THERE

/* From one's events to theirs; only those of the page are then looked at. CROSS: in this order. */
#define OF_OWNER                                                                                   \
    " FROM events e CROSS JOIN changelog c WHERE e.owner_id = $2 AND c.event_id = e.id"            \
    " AND c.change_type = 'zone_update'" OWNER_IS_THERE

SQL(select_zone_changes, COLUMNS OF_ALL " AND c.id < $3 ORDER BY c.id DESC LIMIT $4 OFFSET $5");

SQL(select_zone_changes_of,
    COLUMNS " FROM (SELECT c.id" OF_OWNER " AND c.id < $3 ORDER BY c.id DESC LIMIT $4 OFFSET $5) p"
            " JOIN changelog c ON c.id = p.id JOIN events e ON e.id = c.event_id" VERSION
            " ORDER BY c.id DESC");

SQL(count_zone_changes, "SELECT count(*) AS n" OF_ALL " AND c.id > 0");

SQL(count_zone_changes_of, "SELECT count(*) AS n" OF_OWNER);

static Instant moment_of(Rows *rows, const char *column, Arena *arena)
{
    const char *text = rows_text(rows, column, arena);
    const char *reason;
    Instant moment;

    return text != NULL && instant_parse(text, &moment, &reason) ? moment : INSTANT_NULL;
}

static void complete_change(Rows *rows, Arena *arena, void *object, const void *context)
{
    ZoneChange *change = object;

    (void)context;
    change->old = ARENA_NEW(arena, ZoneMoment);
    change->old->start_time = moment_of(rows, "old_start", arena);
    change->old->end_time = moment_of(rows, "old_end", arena);
    change->old->zone_release = rows_text(rows, "old_release", arena);
    change->new = ARENA_NEW(arena, ZoneMoment);
    change->new->start_time = moment_of(rows, "new_start", arena);
    change->new->end_time = moment_of(rows, "new_end", arena);
    change->new->zone_release = rows_text(rows, "new_release", arena);
}

Ask *zone_changes_ask(Db *db, Arena *arena, const ZoneChangePage *page)
{
    const Sql *sql =
        page->owner_id == INTEGER_NULL ? &select_zone_changes : &select_zone_changes_of;

    return db_ask(db, arena, sql,
                  PARAMS(INT(page->reader), INT(page->owner_id), INT(page->before),
                         INT(page->limit), INT(page->skip)));
}

bool zone_changes_take(Ask *ask, Arena *arena, List *ret_changes, Error *err)
{
    static const RowReader reader = { &zone_change_schema, complete_change, NULL };

    return rows_all(ask, arena, &reader, ret_changes, err);
}

Ask *zone_changes_ask_count(Db *db, Arena *arena, int64_t owner_id)
{
    const Sql *sql = owner_id == INTEGER_NULL ? &count_zone_changes : &count_zone_changes_of;

    return db_ask(db, arena, sql, PARAMS(INT(INTEGER_NULL), INT(owner_id)));
}
