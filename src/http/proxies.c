#include "http/proxies.h"

#include <arpa/inet.h>
#include <string.h>

static size_t trim(const char **text, size_t length)
{
    while (length > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        length--;
    }
    while (length > 0 && ((*text)[length - 1] == ' ' || (*text)[length - 1] == '\t'))
        length--;
    return length;
}

static bool is_port(const char *text, size_t length)
{
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return length >= 2 && length <= 1 + 5 && text[0] == ':';
}

/* "1.2.3.4", "1.2.3.4:5678", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5678" */
static bool read_member(const char *text, size_t length, struct in6_addr *ret_address)
{
    length = trim(&text, length);
    if (length > 0 && *text == '[') {
        const char *end = memchr(text, ']', length);
        size_t inside = end != NULL ? (size_t)(end - text) - 1 : 0;
        size_t behind = end != NULL ? length - inside - 2 : 0;
        return end != NULL && memchr(text, ':', inside + 1) != NULL &&
               (behind == 0 || is_port(end + 1, behind)) &&
               subnet_read_address(text + 1, inside, ret_address);
    }
    const char *colon = memchr(text, ':', length);
    if (colon != NULL && is_port(colon, length - (size_t)(colon - text)))
        length = (size_t)(colon - text);
    return subnet_read_address(text, length, ret_address);
}

static bool is_trusted(const Subnets *trusted, const struct in6_addr *address)
{
    for (size_t i = 0; i < trusted->count; i++) {
        if (subnet_holds(&trusted->items[i], address))
            return true;
    }
    return false;
}

bool proxies_trust(const Subnets *trusted, const char *address)
{
    struct in6_addr bytes;

    return trusted->count > 0 && subnet_read_address(address, strlen(address), &bytes) &&
           is_trusted(trusted, &bytes);
}

static const char *format(const struct in6_addr *address, Arena *arena)
{
    char text[INET6_ADDRSTRLEN];

    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, &address->s6_addr[12], text, sizeof(text));
    else
        inet_ntop(AF_INET6, address, text, sizeof(text));
    return arena_strdup(arena, text);
}

const char *proxies_find_client(const Subnets *trusted, const char *peer, const char *forwarded_for,
                                Arena *arena)
{
    struct in6_addr address;

    if (forwarded_for == NULL || !proxies_trust(trusted, peer))
        return peer;
    for (size_t end = strlen(forwarded_for);;) {
        size_t start = end;
        while (start > 0 && forwarded_for[start - 1] != ',')
            start--;
        if (!read_member(forwarded_for + start, end - start, &address))
            return peer;
        if (start == 0 || !is_trusted(trusted, &address))
            return format(&address, arena);
        end = start - 1;
    }
}
