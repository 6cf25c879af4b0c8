/* Paging - `limit` with `skip` or `cursor`, the same in every list.
 *
 * A cursor names the place in the order after which the next page begins. It is authenticated and
 * bound to the person, the route and the conditions of the list, so it says nothing in another
 * context. */
#pragma once

#include "http/reply.h"

/* The first members of every list's query struct. */
typedef struct Paging {
    int64_t limit;
    int64_t skip;
    const char *cursor;
    bool count;
} Paging;

/* The rows of those members; `query_` has a member `Paging page`. */
#define PAGING_FIELDS(query_)                                                                      \
    PAGING_FIELD(query_, limit, int64_t, integer_type, .min = 1, .max = LIMIT_PAGE,                \
                 .fallback = "100", .doc = "The most items in the reply.", .example = "20"),       \
        PAGING_FIELD(query_, skip, int64_t, integer_type, .max = LIMIT_SKIP, .fallback = "0",      \
                     .doc = "Items to pass over; to read a long list, follow the cursor instead.", \
                     .example = "0"),                                                              \
        PAGING_FIELD(query_, cursor, const char *, text_type, .max = 1024,                         \
                     .doc = "`next_cursor` of the page before; the other conditions must be "      \
                            "the same."),                                                          \
        PAGING_FIELD(query_, count, bool, boolean_type, .fallback = "false",                       \
                     .doc = "Give `total` although a cursor is used.", .example = "true")

#define PAGING_FIELD(query_, member_, c_type_, type_, ...)                                         \
    {                                                                                              \
        .name = #member_, .type = &(type_),                                                        \
        .offset = offsetof(query_, page.member_) +                                                 \
                  0 * sizeof((c_type_ *)NULL == &((Paging *)NULL)->member_),                       \
        .size = sizeof(c_type_), __VA_ARGS__                                                       \
    }

/* A place in an order: the sort key as text, and the id that breaks ties. */
typedef struct Place {
    const char *key;
    int64_t id;
} Place;

/* Fills in the defaults, refuses `cursor` beside `skip`, and opens the cursor: ret_place->id is
 * INTEGER_NULL without one. `page` lies in req->query. */
bool paging_open(Request *req, Paging *page, Place *ret_place);

/* The same where it is not known yet whether the caller may ask (route.h, `prepare`): *ret_fault
 * keeps what is wrong, for paging_refuse to say it later. */
bool paging_prepare(Request *req, Paging *page, Place *ret_place, Error *ret_fault);
Reply paging_refuse(Request *req, const Error *fault);

/* Should the list say how many there are in all? Yes but with a cursor. */
bool paging_wants_total(const Paging *page);

/* Must they be counted for that, now that the page is there? Not when it shows the last of them:
 * then *ret_total is their number. It is INTEGER_NULL otherwise. */
bool paging_must_count(const Paging *page, const List *list, int64_t *ret_total);

/* What a list is of, and where it goes on behind one of its items. */
typedef struct PagedList {
    const Schema *schema;
    size_t
        id_offset; /* of the int64_t that it is in the order of; or, where that says too little: */
    Place (*place)(Request *req, const void *item);
} PagedList;

/* {items, total, next_cursor} with Link; `total` INTEGER_NULL when it was not counted. A page ends
 * at its limit or after LIMIT_PAGE_BYTES, whichever comes first. What `list` has beyond
 * page->limit only tells that more follows: ask the store for limit + 1. */
Reply paging_reply(Request *req, const Paging *page, const PagedList *of, const List *list,
                   int64_t total);

/* The same as a bare array, with Link alone. */
Reply paging_reply_array(Request *req, const Paging *page, const PagedList *of, const List *list);

/* Writes the first items as an array, up to `limit` or LIMIT_PAGE_BYTES; gives how many. */
size_t paging_write_items(Writer *w, const Schema *schema, const List *list, size_t limit);

/* The member `member_` of a query, which is to be found in texts, and what the store is asked for
 * it (base/fold.h); NULL in, NULL out. */
#define WORDS_FIELD(query_, member_, ...)                                                          \
    TEXT(query_, member_, .flags = IN_BYTES, .min = 1, .max = LIMIT_SEARCH_BYTES, __VA_ARGS__)
const char *search_words(Arena *arena, const char *text);

/* For lists that do not come out of one table in order: opens `cursor`, NULL giving the
 * INTEGER_NULL of paging_open; makes the cursor behind a place; and sets Link to the page behind
 * it. */
bool paging_open_cursor(Request *req, const char *cursor, Place *ret_place);
const char *paging_cursor(Request *req, Place place);
void paging_link(Request *req, Reply *reply, const char *cursor);
