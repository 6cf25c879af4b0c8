/* Occurrence page - a reply with what takes place when, and its query: of one event, of all one may
 * read. */
#pragma once

#include "api/window.h"
#include "base/limits.h"
#include "calendar/agenda.h"
#include "http/reply.h"

typedef struct WindowQuery {
    Members given;
    Instant from;
    Instant to;
    int64_t limit;
    const char *cursor;
} WindowQuery;

/* The rows of `limit` and `cursor`. */
#define WINDOW_PAGE                                                                                \
    INTEGER(WindowQuery, limit, .min = 1, .max = LIMIT_OCCURRENCES, .fallback = "1000",            \
            .doc = "The most items in the reply.", .example = "50"),                               \
        TEXT(WindowQuery, cursor, .max = 1024,                                                     \
             .doc = "`next_cursor` of the page before; the other conditions must be the same.")

extern const Schema occurrence_page_schema;

/* The place of the cursor, if there is one: *ret_after is `place`, or NULL. */
bool occurrence_page_open(Request *req, const char *cursor, AgendaPlace *place,
                          const AgendaPlace **ret_after);

/* An empty agenda of the query's window and limit. */
Agenda occurrence_page_start(Request *req, const WindowQuery *query, const AgendaPlace *after,
                             int64_t *work_left);
int64_t occurrence_page_limit(const WindowQuery *query);

/* The page, with its cursor and Link where there is more, and what was left out; `fair` NULL:
 * nothing was. */
Reply occurrence_page_reply(Request *req, const Agenda *agenda, const Fair *fair);
