#include "api/judged.h"

#include <string.h>

#include "base/limits.h"
#include "history/diff.h"

typedef struct Judged {
    const Event *const *befores;
    size_t count;
    const char *const *changes;
    void *made;
    bool is_found;
    int times;
} Judged;

/* What has to follow a new zone file first is another event behind that (calendar/event.h). */
static bool is_any_moved(const Event *const befores[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (befores[i]->stored != NULL)
            return true;
    }
    return false;
}

static const char *changes_of(Arena *arena, const Event *before, const Event *after)
{
    Writer w = writer_start(arena);

    diff_write_changes(&w, before, after);
    return writer_text(&w);
}

void judged_keep(Request *req, const Event *const befores[], const Event afters[], size_t count,
                 void *made)
{
    int times = req->judged != NULL ? req->judged->times : 0;
    const char **changes = ARENA_ARRAY(req->arena, const char *, count);

    for (size_t i = 0; i < count; i++) {
        changes[i] = changes_of(req->arena, befores[i], &afters[i]);
        event_make_texts_ready(req, &afters[i]);
    }

    req->judged = ARENA_NEW(req->arena, Judged);
    *req->judged = (Judged){
        .befores = befores,
        .count = is_any_moved(befores, count) ? 0 : count,
        .changes = changes,
        .made = made,
        .times = times + 1,
    };
}

/* Whatever changes an event is a new version; the role says what its reader may. */
static bool is_same(const Event *before, const Event *now)
{
    return before->id == now->id && before->version_number == now->version_number &&
           before->my_role == now->my_role;
}

void *judged_find(Request *req, const Event *const befores[], size_t count)
{
    Judged *judged = req->judged;

    if (judged == NULL)
        return NULL;
    judged->is_found = judged->count == count && !is_any_moved(befores, count);
    for (size_t i = 0; i < count && judged->is_found; i++)
        judged->is_found = is_same(judged->befores[i], befores[i]);
    return judged->is_found ? judged->made : NULL;
}

const char *judged_changes(const Request *req, size_t index)
{
    const Judged *judged = req->judged;

    return judged != NULL && judged->is_found ? judged->changes[index] : NULL;
}

bool judged_takes_long(const Event *const befores[], size_t count, size_t given)
{
    for (size_t i = 0; i < count; i++) {
        const char *overrides = befores[i]->recurrence_overrides;
        given += overrides != NULL ? strlen(overrides) : 0;
    }
    return given > LIMIT_FOLLOWED_AT_ONCE && !is_any_moved(befores, count);
}

Reply judged_look(Request *req)
{
    if (req->judged == NULL || req->judged->times < LIMIT_LOOKS)
        return reply_look();
    error_set(&req->error, ERROR_UNAVAILABLE,
              "Others change this at the same moment, again and again: try again.");
    return reply_error(req);
}
