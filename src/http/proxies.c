#include "http/proxies.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

/* Reads one address in any spelling; IPv4 as ::ffff:a.b.c.d, so that all compare alike. */
static bool read_address(const char *text, size_t length, struct in6_addr *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr four;

    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET6, copy, ret_address) == 1)
        return true;
    if (inet_pton(AF_INET, copy, &four) != 1)
        return false;
    memset(ret_address, 0, sizeof(*ret_address));
    memset(&ret_address->s6_addr[10], 0xff, 2);
    memcpy(&ret_address->s6_addr[12], &four, sizeof(four));
    return true;
}

static bool is_trusted(const char *trusted, const struct in6_addr *address)
{
    for (const char *at = trusted; *at != '\0';) {
        size_t length = strcspn(at, ",");
        struct in6_addr one;
        if (read_address(at, length, &one) && memcmp(&one, address, sizeof(one)) == 0)
            return true;
        at += length + (at[length] == ',');
    }
    return false;
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

const char *proxies_find_client(const char *trusted, const char *peer, const char *forwarded_for,
                                Arena *arena)
{
    struct in6_addr address;

    if (trusted == NULL || forwarded_for == NULL || !read_address(peer, strlen(peer), &address) ||
        !is_trusted(trusted, &address))
        return peer;
    for (size_t end = strlen(forwarded_for);;) {
        size_t start = end;
        while (start > 0 && forwarded_for[start - 1] != ',')
            start--;
        if (!read_address(forwarded_for + start, end - start, &address))
            return peer;
        if (start == 0 || !is_trusted(trusted, &address))
            return format(&address, arena);
        end = start - 1;
    }
}
