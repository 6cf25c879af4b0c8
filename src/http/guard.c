#include "http/guard.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/subnet.h"
#include "base/text.h"
#include "http/door.h"

typedef struct Walk {
    Head *head;
    Error *err;
} Walk;

static bool refuse(Error *err, const char *why)
{
    return error_set(err, ERROR_MALFORMED, "%s", why);
}

static bool take_once(Error *err, const char **field, const char *value, const char *sentence)
{
    if (*field != NULL)
        return refuse(err, sentence);
    *field = value;
    return true;
}

/* A gateway that reads '_' as '-' would see another request than we do. */
static bool looks_like(const char *name, const char *field)
{
    size_t i = 0;

    for (; name[i] != '\0' && field[i] != '\0'; i++) {
        char c = name[i] == '_' ? '-' : (char)tolower((unsigned char)name[i]);
        if (c != field[i])
            return false;
    }
    return name[i] == field[i];
}

/* What proxies and those in front of them write, and nobody else: these names, and all that begin
 * like those that end with a hyphen. */
static const char *const forwarding[] = {
    "Forwarded",        "Via",          "X-Forwarded-",   "X-Forwarded", "Forwarded-",
    "X-Original-",      "X-Real-IP",    "X-Client-IP",    "Client-IP",   "X-Cluster-",
    "X-Remote-",        "X-Proxy",      "X-Envoy-",       "X-Azure-",    "X-Amz-",
    "X-Amzn-",          "X-Appengine-", "X-Host",         "CF-",         "CDN-",
    "Fastly-",          "Fly-",         "True-Client-IP", "Proxy-",      "X-ProxyUser-",
    "X-Originating-IP", "X-Varnish",    "X-Scheme",       "X-SSL-",      "X-Cloud-",
};

/* Most names begin with another letter, and are compared no further. */
static bool is_of_forwarding(const char *name)
{
    for (size_t i = 0; i < sizeof(forwarding) / sizeof(forwarding[0]); i++) {
        if ((*name | 0x20) != (*forwarding[i] | 0x20))
            continue;
        size_t length = strlen(forwarding[i]);
        bool is_start = forwarding[i][length - 1] == '-';
        if (is_start ? strncasecmp(name, forwarding[i], length) == 0
                     : strcasecmp(name, forwarding[i]) == 0)
            return true;
    }
    return false;
}

/* Is this the name, of so many bytes? */
#define IS(text) (length == sizeof(text) - 1 && strncasecmp(name, text, length) == 0)

static bool note_field(Walk *walk, const char *name, const char *value)
{
    Head *head = walk->head;
    size_t length = strlen(name);

    if (strchr(name, '_') != NULL &&
        (looks_like(name, "content-length") || looks_like(name, "transfer-encoding")))
        return refuse(walk->err, "A header field has a name that is easily mistaken.");
    if (IS("Host"))
        return take_once(walk->err, &head->host, value, "There is more than one Host.");
    if (IS("Authorization"))
        return take_once(walk->err, &head->authorization, value,
                         "There is more than one Authorization.");
    if (IS("Expect"))
        return take_once(walk->err, &head->expect, value, "There is more than one Expect.");
    if (IS("Content-Length"))
        head->content_length = value;
    if (IS("Transfer-Encoding"))
        head->transfer_encoding = value;
    if (IS("Content-Type")) {
        head->has_two_content_types = head->content_type != NULL;
        head->content_type = value;
    }
    if (IS("X-Forwarded-For"))
        head->forwarded_for = value;
    head->is_forwarded = head->is_forwarded || is_of_forwarding(name);
    if (IS("Origin"))
        head->origin = value;
    if (IS("Content-Encoding") && strcasecmp(value, "identity") != 0)
        head->has_content_encoding = true;
    return true;
}

static enum MHD_Result check_field(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    return note_field(context, name, value != NULL ? value : "") ? MHD_YES : MHD_NO;
}

/* Nothing is sound that did not come through the door. */
static bool check_door(const Exchange *x, Error *err)
{
    return door_has_seen(x->peer) ||
           error_set(err, ERROR_INTERNAL,
                     "The server cannot see what its library reads: build it anew on this system.");
}

/* RFC 9112 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
 * request message that lacks a Host header field and to any request message that contains more
 * than one Host header field line or a Host header field with an invalid field value." */
static bool check_host(const Head *head, bool is_http_1_0, Error *err)
{
    static const char digits[] = "0123456789";
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    const char *at = head->host;

    if (at == NULL)
        return is_http_1_0 || refuse(err, "There is no Host.");
    if (*at == '[') {
        at += 1 + strspn(at + 1, "0123456789abcdefABCDEF:.");
        at += *at == ']';
    } else {
        at += strspn(at, name);
    }
    size_t length = (size_t)(at - head->host);
    const char *port = at;
    if (*at == ':')
        at += 1 + strspn(at + 1, digits);
    if (length == 0 || *at != '\0' || strlen(head->host) > 255 || at - port > 1 + 5)
        return refuse(err, "The Host is not a name or an address.");
    return true;
}

/* Is it in the list, as it is or without its port? */
static bool is_listed(const char *hosts, const char *host)
{
    size_t length = strlen(host);
    size_t name_length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

    for (const char *at = hosts + strspn(hosts, ", "); *at != '\0'; at += strspn(at, ", ")) {
        size_t entry_length = strcspn(at, ", ");
        if ((entry_length == length || entry_length == name_length) &&
            strncasecmp(at, host, entry_length) == 0)
            return true;
        at += entry_length;
    }
    return false;
}

/* Is it a sound Host that only this machine itself is asked by? */
static bool is_loopback_name(const char *host)
{
    const char *name = *host == '[' ? host + 1 : host;
    size_t length = strcspn(name, *host == '[' ? "]" : ":");
    struct in6_addr address;

    return (length == strlen("localhost") && strncasecmp(name, "localhost", length) == 0) ||
           (subnet_read_address(name, length, &address) && subnet_is_loopback(&address));
}

/* A page whose own name was made to lead here (DNS rebinding) says that name in Host, and so may
 * not speak to a server in the network of who looks at it. RFC 9110 15.5.20. No page reaches the
 * Unix socket. */
static bool check_allowed(const Exchange *x, Error *err)
{
    const Config *config = x->request.app->config;
    const Head *head = &x->head;

    if (x->peer->is_local || config->allowed_hosts == NULL ||
        (head->host != NULL && is_listed(config->allowed_hosts, head->host)))
        return true;
    return error_set(err, ERROR_MISDIRECTED_REQUEST, "This server does not answer to that name.");
}

bool guard_check_head(Exchange *x, const char *version, Error *err)
{
    Head *head = &x->head;
    Walk walk = { .head = head, .err = err };
    bool is_http_1_0 = text_equal(version, "HTTP/1.0"); /* as proxies speak by default */

    if (!check_door(x, err))
        return false;
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, check_field, &walk);
    if (err->code != ERROR_NONE || !check_host(head, is_http_1_0, err) || !check_allowed(x, err))
        return false;
    head->is_for_this_machine = !is_http_1_0 && is_loopback_name(head->host);
    if (head->expect != NULL && strcasecmp(head->expect, "100-continue") != 0)
        return error_set(err, ERROR_EXPECTATION_FAILED,
                         "The only expectation this server meets is 100-continue.");
    return true;
}
