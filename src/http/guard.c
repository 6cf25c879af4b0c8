#include "http/guard.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "http/guard_layout.h"

typedef struct Walk {
    Layout layout;
    size_t fields;
    Head *head;
    Error *err;
} Walk;

static bool refuse(Error *err, const char *why)
{
    return error_set(err, ERROR_MALFORMED, "%s", why);
}

/* RFC 9110 5.6.2: token */
static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80 || (!isalnum(c) && strchr("!#$%&'*+-.^_`|~", c) == NULL) || c == '\0')
            return false;
    }
    return length > 0;
}

/* RFC 9110 5.5: field-content, obs-text included. Looks at all of it whatever it finds, so that the
 * compiler may take many bytes at once: an access token is the longest text of a head. */
static bool is_field_value(const char *value, size_t length)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];
        wrong |= ((c < 0x20) & (c != '\t')) | (c == 0x7f);
    }
    return wrong == 0;
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

static bool note_field(Walk *walk, const char *name, const char *value)
{
    Head *head = walk->head;

    if (strchr(name, '_') != NULL &&
        (looks_like(name, "content-length") || looks_like(name, "transfer-encoding")))
        return refuse(walk->err, "A header field has a name that is easily mistaken.");
    if (strcasecmp(name, "Host") == 0)
        return take_once(walk->err, &head->host, value, "There is more than one Host.");
    if (strcasecmp(name, "Content-Length") == 0)
        return take_once(walk->err, &head->content_length, value,
                         "There is more than one Content-Length.");
    if (strcasecmp(name, "Transfer-Encoding") == 0)
        return take_once(walk->err, &head->transfer_encoding, value,
                         "There is more than one Transfer-Encoding.");
    if (strcasecmp(name, "Authorization") == 0)
        return take_once(walk->err, &head->authorization, value,
                         "There is more than one Authorization.");
    if (strcasecmp(name, "Expect") == 0)
        return take_once(walk->err, &head->expect, value, "There is more than one Expect.");
    if (strcasecmp(name, "Content-Type") == 0) {
        head->has_two_content_types = head->content_type != NULL;
        head->content_type = value;
    }
    if (strcasecmp(name, "X-Forwarded-For") == 0)
        head->forwarded_for = value;
    if (strcasecmp(name, "Content-Encoding") == 0 && strcasecmp(value, "identity") != 0)
        head->has_content_encoding = true;
    return true;
}

static enum MHD_Result check_field(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    Walk *walk = context;

    (void)kind;
    if (++walk->fields > LIMIT_HEADER_FIELDS) {
        error_set(walk->err, ERROR_HEADERS_TOO_LARGE, "There are more than %d header fields.",
                  LIMIT_HEADER_FIELDS);
        return MHD_NO;
    }
    if (!layout_has_name(&walk->layout, name, name_length, value) || !is_token(name, name_length) ||
        value == NULL) {
        refuse(walk->err, "A header field is not in the form of RFC 9112.");
        return MHD_NO;
    }
    if (!layout_has_value(&walk->layout, value, value_length) ||
        !is_field_value(value, value_length)) {
        refuse(walk->err, "A header field holds a byte that it must not hold.");
        return MHD_NO;
    }
    return note_field(walk, name, value) ? MHD_YES : MHD_NO;
}

static bool check_request_line(Layout *layout, const char *method, const char *version,
                               const Exchange *x, Error *err)
{
    size_t method_length = strlen(method);
    size_t uri_length = strlen(x->uri);

    if (!is_token(method, method_length) || method_length > 32)
        return refuse(err, "The method is not in the form of RFC 9110.");
    if (uri_length > LIMIT_URI_BYTES)
        return error_set(err, ERROR_URI_TOO_LONG, "The address has more than %d bytes.",
                         LIMIT_URI_BYTES);
    if (strlen(version) != strlen("HTTP/1.1") ||
        !layout_has_request_line(layout, method, x->uri_in_head, uri_length, version))
        return refuse(err, "The request line is not in the form of RFC 9112.");
    for (const char *at = x->uri; *at != '\0'; at++) {
        if (*at <= 0x20 || *at >= 0x7f || *at == '#')
            return refuse(err, "The address holds a character that must be percent-encoded.");
    }
    return true;
}

/* RFC 9112 6.3 */
static bool check_framing(const Head *head, bool is_http_1_0, Error *err)
{
    const char *digits = head->content_length;

    if (head->transfer_encoding != NULL) {
        if (digits != NULL || is_http_1_0 || strcasecmp(head->transfer_encoding, "chunked") != 0)
            return refuse(err, "The length of the body is not clear.");
        return true;
    }
    if (digits == NULL)
        return true;
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || digits[length] != '\0' || (digits[0] == '0' && length > 1))
        return refuse(err, "The Content-Length is not a number.");
    return true;
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

bool guard_check_head(Exchange *x, const char *method, const char *version, Error *err)
{
    size_t size = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
                      ->header_size;
    Head *head = &x->head;
    Walk walk = { .head = head, .err = err };

    if (!check_request_line(&walk.layout, method, version, x, err))
        return false;
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, check_field, &walk);
    if (err->code != ERROR_NONE)
        return false;
    if (!layout_has_end(&walk.layout, size))
        return refuse(err, "The head of the request is not in the form of RFC 9112.");
    if (size > LIMIT_HEAD_BYTES)
        return error_set(err, ERROR_HEADERS_TOO_LARGE, "The head has more than %d bytes.",
                         LIMIT_HEAD_BYTES);

    bool is_http_1_0 = text_equal(version, "HTTP/1.0");
    if (!check_framing(head, is_http_1_0, err) || !check_host(head, is_http_1_0, err) ||
        !check_allowed(x, err))
        return false;
    if (head->expect != NULL && strcasecmp(head->expect, "100-continue") != 0)
        return error_set(err, ERROR_EXPECTATION_FAILED,
                         "The only expectation this server meets is 100-continue.");
    return true;
}
