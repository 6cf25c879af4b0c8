/* What settings say, each by itself and together. */
#include <arpa/inet.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "cli/doctor.h"

enum { LEAST_COST = 10, WIDE_IPV4_BITS = 8, WIDE_IPV6_BITS = 16, MAPPED_BITS = 96 };

/* -- Each by itself --------------------------------------------------------------------------- */

static void say_settings(Checkup *checkup)
{
    Buffer given = buffer_start(checkup->arena);
    size_t count = 0;

    for (size_t i = 0; i < config_setting_count; i++) {
        const ConfigOrigin *origin = &checkup->config->origins[i];
        if (origin->text == NULL || text_equal(origin->source, "built-in"))
            continue;
        buffer_printf(&given, "%s%s=%s (%s)", count++ > 0 ? ", " : ": ", config_settings[i].key,
                      origin->text, origin->source);
    }
    checkup_ok(checkup, "%zu of %zu settings are given%s.", count, config_setting_count,
               given.data);
}

void check_settings(Checkup *checkup)
{
    const Config *config = checkup->config;

    if (config == NULL) {
        checkup_fault(checkup, "Correct it: no other command runs before.", "%s",
                      checkup->config_fault);
        return;
    }
    for (const char *const *warning = config->warnings; *warning != NULL; warning++)
        checkup_warn(checkup, "Correct its name, or take it away: it does nothing.", "%s",
                     *warning);
    if (config->bcrypt_cost < LEAST_COST)
        checkup_warn(checkup, "Set FASTI_BCRYPT_COST to 12, or leave it out.",
                     "FASTI_BCRYPT_COST is %lld: whoever gets hold of the database guesses "
                     "passwords fast.",
                     (long long)config->bcrypt_cost);
    if (!config->rate_limit)
        checkup_warn(checkup, "Leave FASTI_RATE_LIMIT out.",
                     "FASTI_RATE_LIMIT is off: one client may ask as much as it likes.");
    if (!checkup_has_found(checkup))
        say_settings(checkup);
}

/* -- What a proxy does to addresses ----------------------------------------------------------- */

/* The host of FASTI_PUBLIC_URL, without its port; NULL: it is not set. */
static const char *public_host(const Checkup *checkup)
{
    const char *url = checkup->config->public_url;
    const char *host = url != NULL ? strstr(url, "://") : NULL;

    if (host == NULL)
        return NULL;
    host += strlen("://");
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    return arena_strndup(checkup->arena, host, length);
}

static bool is_this_machine(const char *host)
{
    return text_equal_ignoring_case(host, "localhost") || text_starts_with(host, "127.") ||
           text_equal(host, "::1") || text_equal(host, "[::1]");
}

static void check_width(Checkup *checkup, const Subnet *subnet)
{
    char text[INET6_ADDRSTRLEN];
    bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(&subnet->address) && subnet->bits >= MAPPED_BITS;
    unsigned bits = is_ipv4 ? subnet->bits - MAPPED_BITS : subnet->bits;

    if (bits >= (is_ipv4 ? WIDE_IPV4_BITS : WIDE_IPV6_BITS))
        return;
    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, subnet->address.s6_addr + (is_ipv4 ? 12 : 0), text,
              sizeof(text));
    checkup_fault(checkup, "Name the proxy alone, by its address or its own network.",
                  "FASTI_TRUSTED_PROXIES trusts %s/%u: whoever asks from there says himself which "
                  "address he has, and no limit of addresses holds him back.",
                  text, bits);
}

/* By the settings alone: is there a proxy that is not named? */
static void check_unnamed(Checkup *checkup, const char *host)
{
    const Config *config = checkup->config;
    bool is_behind =
        config->tls_cert == NULL && host != NULL && !is_this_machine(host) &&
        (text_starts_with(config->public_url, "https:") || is_this_machine(config->listen_address));

    if (is_behind && config->trusted_proxies.count == 0)
        checkup_warn(
            checkup,
            "Set FASTI_TRUSTED_PROXIES to the address from which the proxy comes, and "
            "have it send X-Forwarded-For.",
            "Clients come by %s, so through a proxy, and FASTI_TRUSTED_PROXIES names none: "
            "all of them have one address, and share one limit of connections, of "
            "requests and of tries to sign in.",
            config->public_url);
}

/* Each of FASTI_ALLOWED_HOSTS may have a port. */
static bool is_allowed(Arena *arena, const char *hosts, const char *host)
{
    while (*(hosts += strspn(hosts, ", ")) != '\0') {
        size_t length = strcspn(hosts, ", ");
        const char *port = memchr(hosts, ':', length);
        size_t name = port != NULL ? (size_t)(port - hosts) : length;
        if (text_equal_ignoring_case(arena_strndup(arena, hosts, name), host))
            return true;
        hosts += length;
    }
    return false;
}

void check_addresses(Checkup *checkup)
{
    const Config *config = checkup->config;
    const char *host = public_host(checkup);

    for (size_t i = 0; i < config->trusted_proxies.count; i++)
        check_width(checkup, &config->trusted_proxies.items[i]);
    check_unnamed(checkup, host);
    if (host != NULL && config->allowed_hosts != NULL &&
        !is_allowed(checkup->arena, config->allowed_hosts, host))
        checkup_fault(checkup, "Add it to FASTI_ALLOWED_HOSTS.",
                      "FASTI_PUBLIC_URL sends clients to %s, which FASTI_ALLOWED_HOSTS does not "
                      "name: all of them are refused (421).",
                      host);
    if (checkup_has_found(checkup))
        return;
    if (config->trusted_proxies.count > 0)
        checkup_ok(checkup, "The address of a client is the last one of X-Forwarded-For that is no "
                            "trusted proxy.");
    else
        checkup_ok(checkup, "The address of a client is that of its connection; behind a proxy set "
                            "FASTI_TRUSTED_PROXIES.");
}
