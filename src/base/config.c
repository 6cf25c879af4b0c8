#include "base/config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

static const char *const log_levels[] = { "debug", "info", "warning", "error", "off", NULL };
static const char *const signups[] = { "open", "closed", NULL };
const char *const free_busy_names[] = { "known", "everyone", "nobody", NULL };
static const char *const algorithms[] = { "HS256", NULL };

static_assert(sizeof(Signup) == sizeof(unsigned) && sizeof(LogLevel) == sizeof(unsigned) &&
                  sizeof(FreeBusyRule) == sizeof(unsigned),
              "SETTING_CHOICE writes an unsigned");

/* Lower case without the FASTI_, words by '-'. */
const char *config_flag(const Setting *setting, Arena *arena)
{
    const char *key = setting->key;
    Buffer flag = buffer_start(arena);

    if (text_starts_with(key, "FASTI_"))
        key += strlen("FASTI_");
    buffer_add(&flag, "--");
    for (; *key != '\0'; key++)
        buffer_add_char(&flag, *key == '_' ? '-' : (char)(*key - 'A' + 'a'));
    return flag.data;
}

static int find_choice(const char *const *choices, const char *text)
{
    for (int i = 0; choices[i] != NULL; i++) {
        if (text_equal_ignoring_case(choices[i], text))
            return i;
    }
    return -1;
}

static bool refuse_choice(const Setting *setting, Arena *arena, Error *err)
{
    Buffer names = buffer_start(arena);

    for (size_t i = 0; setting->choices[i] != NULL; i++)
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", setting->choices[i]);
    return error_set(err, ERROR_INVALID, "%s must be one of: %s.", setting->key, names.data);
}

static bool set_text(const Setting *setting, const char *text, Arena *arena, void *member,
                     Error *err)
{
    size_t length = strlen(text);

    if (!text_is_utf8(text, length) || !text_has_no_controls(text))
        return error_set(err, ERROR_INVALID, "%s holds bytes that are no text.", setting->key);
    if (setting->choices != NULL && find_choice(setting->choices, text) < 0)
        return refuse_choice(setting, arena, err);
    if (setting->max > 0 && ((int64_t)length < setting->min || (int64_t)length > setting->max))
        return error_set(err, ERROR_INVALID, "%s must have %lld to %lld characters, not %zu.",
                         setting->key, (long long)setting->min, (long long)setting->max, length);
    *(const char **)member = arena_strdup(arena, text);
    return true;
}

static bool set_number(const Setting *setting, const char *text, int64_t *member, Error *err)
{
    long long value = 0;

    if (!text_to_int64(text, &value) || value < setting->min || value > setting->max)
        return error_set(err, ERROR_INVALID, "%s must be a whole number from %lld to %lld.",
                         setting->key, (long long)setting->min, (long long)setting->max);
    *member = value;
    return true;
}

static bool set_switch(const Setting *setting, const char *text, bool *member, Error *err)
{
    static const char *const words[] = {
        "off", "on", "false", "true", "no", "yes", "0", "1", NULL
    };
    int found = find_choice(words, text);

    if (found < 0)
        return error_set(err, ERROR_INVALID, "%s must be on or off.", setting->key);
    *member = found % 2 == 1;
    return true;
}

static bool set_choice(const Setting *setting, const char *text, Arena *arena, unsigned *member,
                       Error *err)
{
    /* What half of all other programs call it. */
    bool is_short = setting->choices == log_levels && text_equal_ignoring_case(text, "warn");
    int found = is_short ? (int)LOG_WARNING : find_choice(setting->choices, text);

    if (found < 0)
        return refuse_choice(setting, arena, err);
    *member = (unsigned)found;
    return true;
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool set_listen(const Setting *setting, const char *text, Arena *arena, Config *config,
                       Error *err)
{
    const char *colon = strrchr(text, ':');
    long long port = -1;

    if (colon != NULL && text_to_int64(colon + 1, &port) && port >= 0 && port <= UINT16_MAX) {
        bool has_brackets = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
        const char *address = has_brackets ? text + 1 : text;
        size_t length = (size_t)(colon - address) - has_brackets;
        const char *copy = arena_strndup(arena, address, length);
        if (text_equal(copy, "localhost"))
            copy = "127.0.0.1";
        if (is_address(copy) && has_brackets == (strchr(copy, ':') != NULL)) {
            config->listen_address = copy;
            config->listen_port = (uint16_t)port;
            return true;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "%s must be an address and a port, as 127.0.0.1:8000 or [::1]:8000.",
                     setting->key);
}

/* SQLAlchemy names its driver in the scheme: postgresql+psycopg2://. libpq must not see it. */
static bool set_database(const Setting *setting, const char *text, Arena *arena,
                         const char **member, Error *err)
{
    const char *rest = strstr(text, "://");

    if (text_starts_with(text, "sqlite:///") && text[strlen("sqlite:///")] != '\0') {
        *member = arena_strdup(arena, text);
        return true;
    }
    if (rest != NULL && rest[3] != '\0' &&
        (text_starts_with(text, "postgresql:") || text_starts_with(text, "postgresql+") ||
         text_starts_with(text, "postgres:"))) {
        *member = arena_printf(arena, "postgresql%s", rest);
        return true;
    }
    return error_set(err, ERROR_INVALID,
                     "%s must begin with sqlite:/// and a path, or with postgresql://.",
                     setting->key);
}

/* The next of the members of a list by commas, without the spaces around it; 0: there are no more.
 * *at goes on behind it. */
static size_t next_member(const char **at, const char **ret_member)
{
    *at += strspn(*at, ", \t");
    *ret_member = *at;
    size_t length = strcspn(*at, ",");
    *at += length;
    while (length > 0 && ((*ret_member)[length - 1] == ' ' || (*ret_member)[length - 1] == '\t'))
        length--;
    return length;
}

static size_t count_members(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

static bool set_subnets(const Setting *setting, const char *text, Arena *arena, Subnets *member,
                        Error *err)
{
    Subnet *items = ARENA_ARRAY(arena, Subnet, count_members(text));
    const char *one;
    size_t length;

    *member = (Subnets){ .items = items };
    while ((length = next_member(&text, &one)) > 0) {
        if (!subnet_read(one, length, &items[member->count++]))
            return error_set(err, ERROR_INVALID,
                             "%s: %.*s is neither an address nor a network, as 10.0.0.1, "
                             "10.0.0.0/8 or 2001:db8::/32.",
                             setting->key, length > 80 ? 80 : (int)length, one);
    }
    return true;
}

/* RFC 6454 6.1: scheme, host and perhaps a port, as a browser sends it in Origin. */
static bool is_origin(const char *text)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyz0123456789-._[]:";
    const char *at = text;

    if (text_starts_with(text, "https://"))
        at += strlen("https://");
    else if (text_starts_with(text, "http://"))
        at += strlen("http://");
    else
        return false;
    return *at != '\0' && *at != ':' && at[strspn(at, host)] == '\0';
}

static bool set_origins(const Setting *setting, const char *text, Arena *arena,
                        const char *const **member, Error *err)
{
    const char **items = ARENA_ARRAY(arena, const char *, count_members(text) + 1);
    size_t count = 0;
    const char *one;
    size_t length;

    while ((length = next_member(&text, &one)) > 0) {
        char *copy = arena_strndup(arena, one, length);
        for (char *at = copy; *at != '\0'; at++)
            *at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 0x20) : *at;
        if (!is_origin(copy))
            return error_set(err, ERROR_INVALID,
                             "%s: %.80s is no origin, as https://app.example.org or "
                             "http://localhost:5173: no path, and no *.",
                             setting->key, copy);
        items[count++] = copy;
    }
    *member = items;
    return true;
}

bool config_set(const Setting *setting, const char *text, Arena *arena, Config *config, Error *err)
{
    void *member = (char *)config + setting->offset;

    switch (setting->kind) {
    case SETTING_TEXT:
        return set_text(setting, text, arena, member, err);
    case SETTING_NUMBER:
        return set_number(setting, text, member, err);
    case SETTING_SWITCH:
        return set_switch(setting, text, member, err);
    case SETTING_CHOICE:
        return set_choice(setting, text, arena, member, err);
    case SETTING_LISTEN:
        return set_listen(setting, text, arena, config, err);
    case SETTING_DATABASE:
        return set_database(setting, text, arena, member, err);
    case SETTING_SUBNETS:
        return set_subnets(setting, text, arena, member, err);
    case SETTING_ORIGINS:
        return set_origins(setting, text, arena, member, err);
    }
    assert(false); /* a kind that none of the cases knows */
    return false;
}

#define SETTING(key_, kind_, member_, ...)                                                         \
    {                                                                                              \
        .key = (key_), .kind = (kind_), .offset = offsetof(Config, member_), __VA_ARGS__           \
    }

const Setting config_settings[] = {
    SETTING("DATABASE_URL", SETTING_DATABASE, database_url,
            .doc = "Where everything is kept: sqlite:///path or postgresql://user@host/name; "
                   "without it, fasti.db in the data directory."),
    SETTING("SECRET_KEY", SETTING_TEXT, secret_key, .is_secret = true, .min = 32,
            .max = LIMIT_SECRET_BYTES,
            .doc = "Signs the access tokens, at least 32 characters; without it, a random one is "
                   "made in the data directory."),
    SETTING("ALGORITHM", SETTING_TEXT, algorithm, .fallback = "HS256", .choices = algorithms,
            .doc = "How access tokens are signed. Kept for old .env files: there is only HS256."),
    SETTING("ACCESS_TOKEN_EXPIRE_MINUTES", SETTING_NUMBER, access_token_expire_minutes,
            .fallback = "30", .min = 1, .max = 1440,
            .doc = "How long an access token is good for."),
    SETTING("FASTI_LISTEN", SETTING_LISTEN, listen_address, .fallback = "127.0.0.1:8000",
            .doc = "Address and port to listen on; port 0 takes any free one."),
    SETTING("FASTI_DATA_DIR", SETTING_TEXT, data_dir, .fallback = "./fasti-data", .min = 1,
            .max = 4000, .doc = "Directory of the embedded database and the secret, made 0700."),
    SETTING("FASTI_THREADS", SETTING_NUMBER, threads, .fallback = "0", .min = 0, .max = 256,
            .doc = "Network threads; 0: one a core."),
    SETTING("FASTI_BCRYPT_COST", SETTING_NUMBER, bcrypt_cost, .fallback = "12", .min = 4, .max = 16,
            .doc = "Work to hash a password: each step doubles it. Below 12 is for tests."),
    SETTING("FASTI_RATE_LIMIT", SETTING_SWITCH, rate_limit, .fallback = "on",
            .doc = "Refuse clients that ask too often (429)."),
    SETTING("FASTI_SIGNUP", SETTING_CHOICE, signup, .fallback = "open", .choices = signups,
            .doc = "May anybody register, or only administrators make accounts?"),
    SETTING("FASTI_ADMIN_USERNAME", SETTING_TEXT, admin_username, .min = 3, .max = LIMIT_USERNAME,
            .doc = "Name of the administrator that is made at start while there is none; with the "
                   "next two."),
    SETTING("FASTI_ADMIN_EMAIL", SETTING_TEXT, admin_email, .min = 3, .max = LIMIT_EMAIL,
            .doc = "E-mail address of that administrator."),
    SETTING("FASTI_ADMIN_PASSWORD", SETTING_TEXT, admin_password, .is_secret = true, .min = 8,
            .max = LIMIT_PASSWORD_BYTES, .doc = "First password of that administrator."),
    SETTING("FASTI_FREE_BUSY", SETTING_CHOICE, free_busy, .fallback = "known",
            .choices = free_busy_names,
            .doc = "Who sees when the person of a new account is busy: people they know, everyone "
                   "or nobody; each may change it."),
    SETTING("FASTI_LOG_LEVEL", SETTING_CHOICE, log_level, .fallback = "info", .choices = log_levels,
            .doc = "The least level that is logged."),
    SETTING("FASTI_PUBLIC_URL", SETTING_TEXT, public_url, .min = 8, .max = 255,
            .doc =
                "How clients reach this server, told at /openapi.json; without it, as they came."),
    SETTING("FASTI_TLS_CERT", SETTING_TEXT, tls_cert, .min = 1, .max = 4000,
            .doc = "File with the certificate chain (PEM); with FASTI_TLS_KEY it serves HTTPS."),
    SETTING("FASTI_TLS_KEY", SETTING_TEXT, tls_key, .min = 1, .max = 4000,
            .doc = "File with the private key (PEM)."),
    SETTING("FASTI_REQUIRE_IF_MATCH", SETTING_SWITCH, require_if_match, .fallback = "off",
            .doc = "Refuse changes without If-Match (428), so that nobody overwrites unseen."),
    SETTING("FASTI_TRUSTED_PROXIES", SETTING_SUBNETS, trusted_proxies,
            .doc = "Addresses and networks (10.0.0.0/8) of proxies whose X-Forwarded-For is "
                   "believed, by commas."),
    SETTING("FASTI_ALLOWED_HOSTS", SETTING_TEXT, allowed_hosts, .min = 1, .max = 4000,
            .doc = "Names this server answers to, by commas, each with or without a port; a "
                   "request for another Host is refused (421). Without it, any."),
    SETTING("FASTI_CORS_ORIGINS", SETTING_ORIGINS, cors_origins,
            .doc = "Origins whose pages may use the API from a browser, by commas, as "
                   "https://app.example.org; without it, none but its own."),
    SETTING("FASTI_METRICS_TOKEN", SETTING_TEXT, metrics_token, .is_secret = true, .min = 16,
            .max = LIMIT_SECRET_BYTES,
            .doc = "Whoever sends it as a bearer token may read /metrics; without it, only this "
                   "machine itself."),
    SETTING("FASTI_BACKUP_EVERY", SETTING_NUMBER, backup_every, .fallback = "0", .min = 0,
            .max = 8760,
            .doc = "Hours between two backups that the server makes; 0: it makes none."),
    SETTING("FASTI_BACKUP_KEEP", SETTING_NUMBER, backup_keep, .fallback = "7", .min = 1,
            .max = 10000, .doc = "How many of those are kept; older ones are deleted."),
    SETTING("FASTI_BACKUP_DIR", SETTING_TEXT, backup_dir, .min = 1, .max = 4000,
            .doc = "Directory of those, better on another disk; without it, backups in the data "
                   "directory."),
    SETTING("FASTI_BACKUP_PASSPHRASE", SETTING_TEXT, backup_passphrase, .is_secret = true,
            .min = 12, .max = LIMIT_SECRET_BYTES,
            .doc = "Seals all backups, and opens them: who loses it loses them. Better a file: "
                   "FASTI_BACKUP_PASSPHRASE_FILE."),
    SETTING("FASTI_DOCS", SETTING_SWITCH, has_docs, .fallback = "on",
            .doc = "Serve /docs, /redoc and /openapi.json."),
};

const size_t config_setting_count = sizeof(config_settings) / sizeof(config_settings[0]);
