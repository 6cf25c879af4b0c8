#include "api/event_input.h"

#include "base/limits.h"

static const Field comment_query_fields[] = {
    TEXT(CommentQuery, comment, .min = 1, .max = LIMIT_COMMENT,
         .doc = "Why: kept with the version and in the changelog.",
         .example = "\"Room was taken\""),
};

const Schema comment_query_schema = SCHEMA(CommentQuery, comment_query_fields, .doc = "Why.");

Author author_of(const Request *req, const char *comment)
{
    return (Author){
        .by = req->user,
        .at = req->now,
        .comment = comment,
        .address = req->address,
        .set = req->change_set,
    };
}

Reply reply_event(Request *req, const Event *event)
{
    Reply reply = reply_object(req, &event_schema, event);

    reply_etag(req, &reply, event->version_number);
    return reply;
}

Decoder body_decoder(Request *req, const Location *where)
{
    return (Decoder){ .arena = req->arena, .location = where, .err = &req->error };
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
