/* What settings say together. */
#include "visit.h"

#include "base/subnet.h"

static const ConfigOrigin no_origins[64];
static const char *const no_warnings[] = { NULL };

static Config sound(void)
{
    return (Config){
        .bcrypt_cost = 12,
        .rate_limit = true,
        .listen_address = "127.0.0.1",
        .origins = no_origins,
        .warnings = no_warnings,
    };
}

static void must_say(void (*check)(Checkup *), Config config, FindingKind kind, const char *part)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Checkup checkup;

    visit(&checkup, &arena, &config);
    check(&checkup);
    must_find(&checkup, kind, part);
}

static Subnets trusting(Subnet *subnet, const char *text)
{
    assert_true(subnet_read(text, strlen(text), subnet));
    return (Subnets){ .items = subnet, .count = 1 };
}

static void what_weakens_a_server_is_a_warning(void **state)
{
    Config config = sound();

    (void)state;
    must_say(check_settings, config, FINDING_OK, "0 of ");
    config.bcrypt_cost = 10;
    must_say(check_settings, config, FINDING_OK, "0 of ");
    config.bcrypt_cost = 9;
    must_say(check_settings, config, FINDING_WARNING, "FASTI_BCRYPT_COST is 9");
    config = sound();
    config.rate_limit = false;
    must_say(check_settings, config, FINDING_WARNING, "FASTI_RATE_LIMIT is off");
}

static void a_proxy_is_an_address_or_a_network_of_ones_own(void **state)
{
    static const struct {
        const char *text;
        FindingKind kind;
        const char *part;
    } cases[] = {
        { "10.0.0.1", FINDING_OK, "X-Forwarded-For" },
        { "10.0.0.0/8", FINDING_OK, "X-Forwarded-For" },
        { "fd00::/16", FINDING_OK, "X-Forwarded-For" },
        { "10.0.0.0/7", FINDING_PROBLEM, "trusts 10.0.0.0/7" },
        { "0.0.0.0/0", FINDING_PROBLEM, "trusts 0.0.0.0/0" },
        { "::/0", FINDING_PROBLEM, "trusts ::/0" },
    };
    Config config = sound();
    Subnet subnet;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        config.trusted_proxies = trusting(&subnet, cases[i].text);
        must_say(check_addresses, config, cases[i].kind, cases[i].part);
    }
}

static void a_proxy_shows_in_the_public_address(void **state)
{
    static const char unnamed[] = "FASTI_TRUSTED_PROXIES names none";
    Config config = sound();

    (void)state;
    must_say(check_addresses, config, FINDING_OK, "behind a proxy set");
    config.public_url = "http://localhost:8000";
    must_say(check_addresses, config, FINDING_OK, "behind a proxy set");
    config.public_url = "http://calendar.example.org";
    must_say(check_addresses, config, FINDING_WARNING, unnamed);
    config.listen_address = "0.0.0.0";
    must_say(check_addresses, config, FINDING_OK, "behind a proxy set");
    config.public_url = "https://calendar.example.org/";
    must_say(check_addresses, config, FINDING_WARNING, unnamed);
    config.tls_cert = "cert.pem";
    must_say(check_addresses, config, FINDING_OK, "behind a proxy set");
}

static void the_public_name_must_be_one_that_is_answered(void **state)
{
    static const struct {
        const char *hosts;
        FindingKind kind;
    } cases[] = {
        { "calendar.example.org", FINDING_OK },
        { "Calendar.Example.org:443", FINDING_OK },
        { " other.example.org , calendar.example.org", FINDING_OK },
        { "www.calendar.example.org", FINDING_PROBLEM },
        { "calendar.example.org.evil.net", FINDING_PROBLEM },
        { "calendar", FINDING_PROBLEM },
    };
    Config config = sound();

    (void)state;
    config.public_url = "https://calendar.example.org:8443/cal";
    config.tls_cert = "cert.pem";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        config.allowed_hosts = cases[i].hosts;
        must_say(check_addresses, config, cases[i].kind,
                 cases[i].kind == FINDING_OK ? "" : "sends clients to calendar.example.org");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_weakens_a_server_is_a_warning),
        cmocka_unit_test(a_proxy_is_an_address_or_a_network_of_ones_own),
        cmocka_unit_test(a_proxy_shows_in_the_public_address),
        cmocka_unit_test(the_public_name_must_be_one_that_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
