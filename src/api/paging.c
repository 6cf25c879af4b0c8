#include "api/paging.h"

#include <stdlib.h>
#include <string.h>

#include "auth/mac.h"
#include "base/fold.h"
#include "base/limits.h"
#include "base/text.h"

/* A cursor is base64url(MAC ‖ "<id>:<key>"). The MAC covers who asks, which route, and the whole
 * query but its paging, so it is only good for the list it came from. */

enum { CURSOR_MAC_BYTES = 16 };

static bool is_paging(const char *name)
{
    return text_equal(name, "limit") || text_equal(name, "skip") || text_equal(name, "cursor") ||
           text_equal(name, "count");
}

/* What the cursor is bound to, as one text. */
static const char *context_of(Request *req)
{
    Writer w = writer_start(req->arena);
    const Schema *schema = req->route->in.query;

    write_array(&w);
    write_integer(&w, req->claims.user_id); /* req->user, who is not known yet when it asks */
    write_text(&w, req->path);
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        if (is_paging(field->name) || !schema_is_given(schema, req->query, field->offset))
            continue;
        write_text(&w, field->name);
        field_encode(field, &w, req->query);
    }
    write_end_array(&w);
    return writer_text(&w);
}

static void compute_mac(Request *req, const char *place, unsigned char ret_mac[MAC_BYTES])
{
    const char *text = arena_printf(req->arena, "%s\n%s", context_of(req), place);

    mac_sha256(req->app->cursor_key, KEY_BYTES, text, strlen(text), ret_mac);
}

const char *paging_cursor(Request *req, Place place)
{
    const char *text = arena_printf(req->arena, "%lld:%s", (long long)place.id, place.key);
    size_t length = strlen(text);
    unsigned char mac[MAC_BYTES];
    unsigned char *bytes = arena_alloc(req->arena, CURSOR_MAC_BYTES + length + 1);

    compute_mac(req, text, mac);
    memcpy(bytes, mac, CURSOR_MAC_BYTES);
    memcpy(bytes + CURSOR_MAC_BYTES, text, length + 1);
    return base64url_encode(req->arena, bytes, CURSOR_MAC_BYTES + length);
}

static bool open_cursor(Request *req, const char *cursor, Place *ret_place)
{
    unsigned char *bytes = NULL;
    size_t length = 0;
    unsigned char mac[MAC_BYTES];

    if (!base64url_decode(req->arena, cursor, strlen(cursor), &bytes, &length) ||
        length <= CURSOR_MAC_BYTES)
        return false;
    const char *text = arena_strndup(req->arena, (const char *)bytes + CURSOR_MAC_BYTES,
                                     length - CURSOR_MAC_BYTES);
    compute_mac(req, text, mac);
    /* A NUL among the bytes would hide what follows it from the MAC. */
    if (strlen(text) != length - CURSOR_MAC_BYTES || !mac_equal(mac, bytes, CURSOR_MAC_BYTES))
        return false;

    char *colon = NULL;
    ret_place->id = strtoll(text, &colon, 10); /* genuine, so it is a number and a colon */
    ret_place->key = colon + 1;
    return true;
}

static bool fault(Request *req, const char *name, const char *type, const char *message)
{
    const Location at = { .parent = &query_location, .name = name };

    return error_fault(&req->error, req->arena, &at, type, "%s", message);
}

bool paging_open_cursor(Request *req, const char *cursor, Place *ret_place)
{
    *ret_place = (Place){ .id = INTEGER_NULL };
    if (cursor == NULL || open_cursor(req, cursor, ret_place))
        return true;
    return fault(req, "cursor", "cursor",
                 "This cursor does not belong to this list: start again without one.");
}

bool paging_open(Request *req, Paging *page, Place *ret_place)
{
    *ret_place = (Place){ .id = INTEGER_NULL };
    if (page->limit == INTEGER_NULL)
        page->limit = DEFAULT_PAGE;
    bool skips = page->skip != INTEGER_NULL;
    if (!skips)
        page->skip = 0;
    if (skips && page->cursor != NULL)
        return fault(req, "skip", "contradiction", "Give either `skip` or `cursor`, not both.");
    return paging_open_cursor(req, page->cursor, ret_place);
}

bool paging_prepare(Request *req, Paging *page, Place *ret_place, Error *ret_fault)
{
    if (paging_open(req, page, ret_place))
        return true;
    *ret_fault = req->error;
    error_clear(&req->error);
    return false;
}

Reply paging_refuse(Request *req, const Error *fault)
{
    req->error = *fault;
    return reply_error(req);
}

bool paging_wants_total(const Paging *page)
{
    return page->cursor == NULL || page->count;
}

bool paging_must_count(const Paging *page, const List *list, int64_t *ret_total)
{
    bool shows_last =
        !list->is_cut && list->count <= (size_t)page->limit && (list->count > 0 || page->skip == 0);

    *ret_total = INTEGER_NULL;
    if (page->cursor == NULL && shows_last)
        *ret_total = page->skip + (int64_t)list->count;
    return paging_wants_total(page) && *ret_total == INTEGER_NULL;
}

/* RFC 8288: the same request with the cursor in place of the old one. */
static const char *next_link(Request *req, const char *cursor)
{
    Buffer out = buffer_start(req->arena);

    buffer_printf(&out, "<%s?", req->path);
    for (const char *at = req->query_text; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "&");
        bool is_place = text_starts_with(at, "cursor=") || text_starts_with(at, "skip=");
        if (length > 0 && !is_place) {
            buffer_add_bytes(&out, at, length);
            buffer_add_char(&out, '&');
        }
        at += length + (at[length] == '&');
    }
    buffer_printf(&out, "cursor=%s>; rel=\"next\"", cursor);
    return out.data;
}

void paging_link(Request *req, Reply *reply, const char *cursor)
{
    reply_header(reply, "Link", next_link(req, cursor));
}

size_t paging_write_items(Writer *w, const Schema *schema, const List *list, size_t limit)
{
    size_t most = limit < list->count ? limit : list->count;
    size_t count = 0;

    write_array(w);
    for (; count < most && writer_length(w) <= LIMIT_PAGE_BYTES; count++)
        schema_encode(schema, w, (const char *)list->items + count * schema->size, 0);
    write_end_array(w);
    return count;
}

/* The cursor behind the first `count` items; NULL: these are all. */
static const char *cursor_behind(Request *req, const PagedList *of, const List *list, size_t count)
{
    Place place = { .key = "" };

    if (count == 0 || (count == list->count && !list->is_cut))
        return NULL;
    const char *last = (const char *)list->items + (count - 1) * of->schema->size;
    if (of->place != NULL)
        place = of->place(req, last);
    else
        memcpy(&place.id, last + of->id_offset, sizeof(place.id));
    return paging_cursor(req, place);
}

static Reply reply_page(Request *req, Writer *w, const char *cursor)
{
    Reply reply = reply_written(req, w);

    if (cursor != NULL && reply.status < 400)
        paging_link(req, &reply, cursor);
    return reply;
}

Reply paging_reply(Request *req, const Paging *page, const PagedList *of, const List *list,
                   int64_t total)
{
    Writer w = writer_start(req->arena);

    write_object(&w);
    write_key(&w, "items");
    size_t count = paging_write_items(&w, of->schema, list, (size_t)page->limit);
    const char *cursor = cursor_behind(req, of, list, count);
    write_key(&w, "total");
    if (total == INTEGER_NULL)
        write_null(&w);
    else
        write_integer(&w, total);
    write_key(&w, "next_cursor");
    write_text(&w, cursor);
    write_end_object(&w);
    return reply_page(req, &w, cursor);
}

Reply paging_reply_array(Request *req, const Paging *page, const PagedList *of, const List *list)
{
    Writer w = writer_start(req->arena);
    size_t count = paging_write_items(&w, of->schema, list, (size_t)page->limit);

    return reply_page(req, &w, cursor_behind(req, of, list, count));
}

const char *search_words(Arena *arena, const char *text)
{
    return text != NULL ? fold_text(arena, text) : NULL;
}
