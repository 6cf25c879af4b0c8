#include "api/event_input.h"

#include "base/limits.h"
#include "store/search_texts.h"

const char *const overrides_choices[] = { "tell", "strict", NULL };
enum { OVERRIDES_STRICT = 1 };

static const Field comment_query_fields[] = {
    TEXT(ChangeQuery, comment, COMMENT_TEXT),
};

const Schema comment_query_schema =
    SCHEMA_NAMED("CommentQuery", ChangeQuery, comment_query_fields, .doc = "Why.");

bool overrides_may_drop(Request *req, const Location *where, const List *dropped)
{
    const ChangeQuery *query = req->query;
    const Location member = { .parent = where, .name = "recurrence_overrides" };
    const Instant *starts = dropped->items;

    if (query->overrides != OVERRIDES_STRICT)
        return true;
    for (size_t i = 0; i < dropped->count; i++) {
        const Location at = { .parent = &member, .name = instant_text(req->arena, starts[i]) };
        error_fault(&req->error, req->arena, &at, "override_dropped",
                    "No occurrence would answer to this override any more.");
    }
    return dropped->count == 0;
}

Author author_of(const Request *req, const char *comment)
{
    return (Author){
        .by = req->user,
        .at = req->now,
        .comment = comment,
        .address = req->address,
        .set = req->change_set,
        .folded = req->folded,
    };
}

static FoldedTexts *begin_digest(Request *req)
{
    req->folded = ARENA_NEW(req->arena, FoldedTexts);
    *req->folded = (FoldedTexts){ .arena = req->arena };
    return req->folded;
}

void event_digest_texts(Request *req, const Event *event)
{
    search_texts_prepare(begin_digest(req), event);
}

void event_digest(Request *req)
{
    event_digest_texts(req, req->body);
}

void events_digest(Request *req, const List *events)
{
    FoldedTexts *folded = begin_digest(req);

    for (size_t i = 0; i < events->count; i++)
        search_texts_prepare(folded, (const Event *)events->items + i);
}

void event_make_texts_ready(Request *req, const Event *event)
{
    search_texts_make_ready(req->folded != NULL ? req->folded : begin_digest(req), event);
}

Reply reply_event(Request *req, const Event *event)
{
    Reply reply = reply_object(req, &event_schema, event);

    reply_etag(req, &reply, event->version_number);
    return reply;
}

Decoder body_decoder(Request *req, const Location *where)
{
    return (Decoder){
        .arena = req->arena,
        .location = where,
        .err = &req->error,
        .merges = req->route->in.mode == DECODE_MERGE,
    };
}

bool event_prepare(Request *req, const Location *where, int64_t *work_left, Event *event)
{
    Decoder decoder = body_decoder(req, where);

    decoder.work_left = work_left;
    bool may_write = event_check_patch(&decoder, NULL, event);

    if (event->timezone == NULL)
        event->timezone = req->user->timezone != NULL ? req->user->timezone : "UTC";
    return event_check(&decoder, event) && may_write;
}

bool refuse_complex(Request *req, const Location *where, const Error *problem)
{
    return error_fault(&req->error, req->arena, where, "recurrence_too_complex", "%s",
                       problem->detail);
}

Reply reply_clash(Request *req)
{
    if (req->error.code == ERROR_DUPLICATE)
        error_set(&req->error, ERROR_CONFLICT, "The owner already has an event with this uid.");
    return reply_error(req);
}
