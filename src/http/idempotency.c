#include "http/idempotency.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "auth/mac.h"
#include "base/limits.h"
#include "base/text.h"
#include "store/idempotency.h"
#include "store/sessions.h"

static const char key_header[] = "Idempotency-Key";
static const char replayed_header[] = "Idempotent-Replayed";
static const char type_header[] = "Content-Type";
static const char json_type_name[] = "application/json";

static const Location header_location = { .name = "header" };
static const Location key_location = { .parent = &header_location, .name = key_header };

struct Once {
    KeyName name;
    int64_t lock;
    const char *digest; /* of what was asked */
    KeptReply *kept;
    KeyUsage usage;
};

/* -- What is asked ---------------------------------------------------------------------------- */

/* A digest with a key of the server's own: a body may hold a password. */
static void digest_of(const Exchange *x, const char *text, size_t length,
                      unsigned char ret_mac[MAC_BYTES])
{
    mac_sha256(x->request.app->replay_key, KEY_BYTES, text, length, ret_mac);
}

/* A trailing slash makes no difference. */
static int path_length(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return (int)length;
}

static void name_change(const Exchange *x, const char *key, Once *once)
{
    const Request *req = &x->request;
    Buffer text = buffer_start(req->arena);
    unsigned char mac[MAC_BYTES];

    buffer_printf(&text, "%" PRId64 " %s %.*s %s", req->claims.user_id,
                  method_name(req->route->method), path_length(req->path), req->path, key);
    digest_of(x, text.data, text.length, mac);
    memcpy(&once->lock, mac, sizeof(once->lock));
    once->name = (KeyName){
        .user_id = req->claims.user_id,
        .name = base64url_encode(req->arena, mac, sizeof(mac)),
    };
}

static const char *digest_of_input(const Exchange *x)
{
    Arena *arena = x->request.arena;
    Buffer text = buffer_start(arena);
    unsigned char mac[MAC_BYTES];

    digest_of(x, x->content.data != NULL ? x->content.data : "", x->content.length, mac);
    buffer_printf(&text, "%s %s", base64url_encode(arena, mac, sizeof(mac)), x->request.query_text);
    digest_of(x, text.data, text.length, mac);
    return base64url_encode(arena, mac, sizeof(mac));
}

/* -- The key ---------------------------------------------------------------------------------- */

static bool is_key(const char *key)
{
    size_t length = 0;

    while (key[length] > ' ' && key[length] < 0x7f)
        length++;
    return key[length] == '\0' && length > 0 && length <= LIMIT_KEY_CHARACTERS;
}

void idempotency_take_key(Exchange *x, const char *key)
{
    Request *req = &x->request;

    if (!is_key(key)) {
        error_fault(&x->fault, req->arena, &key_location, "key",
                    "Send one key of 1 to %d visible ASCII characters, a UUID say.",
                    LIMIT_KEY_CHARACTERS);
        return;
    }
    Once *once = ARENA_NEW(req->arena, Once);
    name_change(x, key, once);
    once->digest = digest_of_input(x);
    x->once = once;
}

typedef struct KeySearch {
    const char *key;
    size_t count;
} KeySearch;

static enum MHD_Result find_key(void *context, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    KeySearch *search = context;

    (void)kind;
    if (strcasecmp(name, key_header) == 0) {
        search->key = value != NULL ? value : "";
        search->count++;
    }
    return MHD_YES;
}

void idempotency_read(Exchange *x)
{
    KeySearch search = { 0 };

    if (!route_honours_key(x->request.route))
        return;
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, find_key, &search);
    if (search.count > 0)
        idempotency_take_key(x, search.count == 1 ? search.key : "");
}

/* -- Finding ---------------------------------------------------------------------------------- */

/* Who has signed out in the meantime hears that first, from the need. */
static KeyState refuse_running(Request *req, Ask *asked)
{
    Identity *identity = NULL;

    if (!sessions_take_identity(asked, req->arena, &identity, &req->error))
        return KEY_REFUSED;
    if (identity == NULL)
        return KEY_IS_NEW;
    (void)error_set(&req->error, ERROR_KEY_IN_USE,
                    "The same request is still running: send it again in a moment.");
    return KEY_REFUSED;
}

KeyState idempotency_find(Exchange *x)
{
    Request *req = &x->request;
    Once *once = x->once;
    Ask *lock = idempotency_ask_lock(req->db, req->arena, once->lock);
    Ask *kept = idempotency_ask(req->db, req->arena, &once->name, req->now);
    Ask *usage = idempotency_ask_usage(req->db, req->arena, once->name.user_id, req->now);
    Ask *identity = sessions_ask_identity(req->db, req->arena, req->claims.session_id,
                                          req->claims.user_id, false);
    int64_t is_free = 0;

    if (!db_take_number(lock, &is_free, &req->error))
        return KEY_REFUSED;
    if (is_free == 0)
        return refuse_running(req, identity);
    if (!idempotency_take(kept, req->arena, &once->kept, &req->error) ||
        !idempotency_take_usage(usage, &once->usage, &req->error))
        return KEY_REFUSED;
    if (once->kept == NULL)
        return KEY_IS_NEW;
    return text_equal(once->kept->digest, once->digest) ? KEY_IS_KEPT : KEY_IS_TAKEN;
}

bool idempotency_is_kept(Exchange *x)
{
    Request *req = &x->request;
    Error err = { .code = ERROR_NONE };
    Ask *asked = idempotency_ask(req->db, req->arena, &x->once->name, req->now);
    KeptReply *kept = NULL;

    return idempotency_take(asked, req->arena, &kept, &err) && kept != NULL;
}

void idempotency_blame(Exchange *x)
{
    error_fault(&x->request.error, x->request.arena, &key_location, "key_reused",
                "This key was used for another body or other parameters: take a new one.");
}

bool idempotency_admits(Exchange *x)
{
    Request *req = &x->request;
    const KeyUsage *usage = &x->once->usage;

    /* To delete always works: it ends by itself, when nothing is left. */
    if (req->route->method == METHOD_DELETE ||
        (usage->count < LIMIT_KEYS_PER_USER && usage->bytes < LIMIT_KEPT_BYTES))
        return true;
    req->error.retry_after_s =
        (unsigned)((usage->oldest - idempotency_oldest(req->now)) / SECOND_US + 1);
    return error_set(&req->error, ERROR_TOO_MANY_REQUESTS,
                     "You have used %" PRId64 " keys in %d hours, as many as are kept: leave "
                     "Idempotency-Key out, or wait.",
                     usage->count, LIMIT_KEY_HOURS);
}

/* -- Keeping ---------------------------------------------------------------------------------- */

/* What tells somebody what was made: ids and version numbers. */
static void write_ids(Writer *w, const Schema *schema, const void *object)
{
    write_object(w);
    for (size_t i = 0; i < schema->field_count; i++) {
        const Field *field = &schema->fields[i];
        bool is_number = text_equal(field->name, "id") || text_equal(field->name, "version_number");
        if (!is_number && field->type != &object_type)
            continue;
        write_key(w, field->name);
        const void *inner = is_number ? NULL : *(const void *const *)field_in(field, object);
        if (inner != NULL)
            write_ids(w, field->schema, inner);
        else
            field_encode(field, w, object);
    }
    write_end_object(w);
}

static const char *ids_of(Arena *arena, const Reply *reply)
{
    Writer w = writer_start(arena);

    if (reply->schema == NULL)
        return "{}";
    if (reply->is_array)
        write_array(&w);
    for (size_t i = 0; i < reply->object_count; i++)
        write_ids(&w, reply->schema, (const char *)reply->objects + i * reply->schema->size);
    if (reply->is_array)
        write_end_array(&w);
    return writer_text(&w);
}

/* One large reply, or half of what one person may have kept, and the rest of them is kept short. */
static const char *body_to_keep(const Exchange *x, const Reply *reply)
{
    bool is_short = reply->length <= LIMIT_KEPT_REPLY_BYTES &&
                    x->once->usage.bytes + (int64_t)reply->length <= LIMIT_KEPT_BYTES / 2;

    if (reply->body == NULL || is_short)
        return reply->body;
    return ids_of(x->request.arena, reply);
}

static const char *headers_to_keep(Arena *arena, const Reply *reply)
{
    Buffer text = buffer_start(arena);

    for (size_t i = 0; i < reply->header_count; i++)
        buffer_printf(&text, "%s: %s\n", reply->headers[i].name, reply->headers[i].value);
    if (reply->content_type != NULL && !text_equal(reply->content_type, json_type_name))
        buffer_printf(&text, "%s: %s\n", type_header, reply->content_type);
    return text.data;
}

bool idempotency_keep(Exchange *x, const Reply *reply)
{
    Request *req = &x->request;
    const Once *once = x->once;

    if (reply->status < 200 || reply->status > 299 || reply->is_dry_run)
        return true;
    const KeptReply kept = {
        .digest = once->digest,
        .status = reply->status,
        .headers = headers_to_keep(req->arena, reply),
        .body = body_to_keep(x, reply),
    };
    return idempotency_insert(req->db, &once->name, &kept, req->now, &req->error);
}

/* -- Giving it again -------------------------------------------------------------------------- */

/* As headers_to_keep wrote them. */
static void add_headers(Arena *arena, const char *text, Reply *reply)
{
    while (*text != '\0') {
        size_t name_length = strcspn(text, ":");
        const char *value = text + name_length + strlen(": ");
        size_t value_length = strcspn(value, "\n");
        const char *name = arena_strndup(arena, text, name_length);
        const char *copy = arena_strndup(arena, value, value_length);
        if (text_equal(name, type_header))
            reply->content_type = copy;
        else
            reply_header(reply, name, copy);
        text = value + value_length + 1;
    }
}

Reply idempotency_replay(Exchange *x)
{
    Request *req = &x->request;
    const KeptReply *kept = x->once->kept;
    Reply reply = {
        .status = (int)kept->status,
        .body = kept->body,
        .length = kept->body != NULL ? strlen(kept->body) : 0,
        .content_type = kept->body != NULL ? json_type_name : NULL,
    };

    add_headers(req->arena, kept->headers, &reply);
    reply_header(&reply, replayed_header, "true");
    return reply;
}
