#include "http/request.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

const Location query_location = { .name = "query" };
const Location body_location = { .name = "body" };

/* The place of {name} among the values of the path. */
static size_t value_index(const Request *req, const char *name)
{
    size_t length = strlen(name);
    size_t index = 0;

    for (const char *at = strchr(req->route->path, '{'); at != NULL; at = strchr(at + 1, '{')) {
        if (strncmp(at + 1, name, length) == 0 && strchr(":}", at[1 + length]) != NULL)
            return index;
        index++;
    }
    assert(false && "the name is in the route's path");
    return 0;
}

const char *request_text(const Request *req, const char *name)
{
    return req->path_values[value_index(req, name)];
}

int64_t request_id(const Request *req, const char *name)
{
    long long value = 0;
    bool is_id = text_to_int64(request_text(req, name), &value);

    assert(is_id && value > 0);
    return value;
}

bool request_may_be_heard(const Request *req)
{
    return route_is_open(req->route) || req->has_token;
}

bool request_db(Request *req)
{
    if (req->db != NULL)
        return true;
    if (!worker_borrow(req->worker, &req->error))
        return false;
    req->db = req->worker->db;
    return true;
}
