/* Extents: where the series begin of which rdates or overrides may come before their start. */

#include "calendar/occurrences.h"
#include "store/mapping.h"
#include "store/migrations_list.h"

enum { PAGE = 200 };

SQL(select_series, "SELECT id, start_time, end_time, recurrence_pattern, recurrence_overrides"
                   " FROM events WHERE id > $1 AND is_recurring ORDER BY id LIMIT $2");

SQL(update_series_start, "UPDATE events SET series_start = $2 WHERE id = $1");

static bool read_page(Db *db, Arena *arena, int64_t after, Event *page, size_t *ret_count,
                      Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &select_series, PARAMS(INT(after), INT(PAGE)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        if (!rows_read(&rows, &event_schema, arena, &page[(*ret_count)++], err))
            return false;
    }
    return rows_finish(&rows, err);
}

bool migration_find_series_starts(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Event *page = ARENA_ARRAY(&arena, Event, PAGE);
        if (!read_page(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            Instant start = occurrences_series_start(&page[i]);
            after = page[i].id;
            if (start != page[i].start_time &&
                !db_execute(db, &update_series_start, PARAMS(INT(after), TIME(start)), NULL, err))
                return false;
        }
    }
    return true;
}
