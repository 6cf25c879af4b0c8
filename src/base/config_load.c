#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/dotenv.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

/* How it works: every source offers pairs of name and value, the weakest source first; the last
 * offer of a key stands. Only what stands is parsed, so that a flag can repair a bad `.env`. */

enum { MOST_SETTINGS = 64, MOST_WARNINGS = 32 };

typedef struct Offer {
    const char *value;
    const char *source;
    bool is_file;   /* `value` is the name of a file that holds it, … */
    bool is_closed; /* … in a directory that is closed to others, whatever its own mode says */
} Offer;

typedef struct Loading {
    Arena *arena;
    Offer offers[MOST_SETTINGS];
    const char **warnings;
    size_t warning_count;
} Loading;

static const char *known_key(size_t i)
{
    return config_settings[i].key;
}

/* Index of the setting that `name` or `name` without _FILE names, or -1. */
static int find_setting(const char *name, bool *ret_is_file)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const char *key = known_key(i);
        size_t length = strlen(key);
        if (strncmp(name, key, length) != 0)
            continue;
        *ret_is_file = text_equal(name + length, "_FILE");
        if (name[length] == '\0' || *ret_is_file)
            return (int)i;
    }
    return -1;
}

static void warn_unknown(Loading *loading, const char *name, const char *source)
{
    const char *keys[MOST_SETTINGS];

    /* FASTI_TEST_… belongs to the test suite. */
    if (!text_starts_with(name, "FASTI_") || text_starts_with(name, "FASTI_TEST_") ||
        loading->warning_count == MOST_WARNINGS)
        return;
    for (size_t i = 0; i < config_setting_count; i++)
        keys[i] = known_key(i);
    const char *nearest = text_nearest(name, keys, config_setting_count);
    loading->warnings[loading->warning_count++] =
        nearest != NULL ? arena_printf(loading->arena, "%.80s (%s) is no setting; do you mean %s?",
                                       name, source, nearest)
                        : arena_printf(loading->arena, "%.80s (%s) is no setting.", name, source);
}

/* What comes after "://": is each ':' in it one before a port? */
static bool has_only_ports(const char *authority)
{
    for (const char *at = authority; *at != '\0' && *at != '/' && *at != '?'; at++) {
        if (*at == ':' && strchr(",/?", at[1 + strspn(at + 1, "0123456789")]) == NULL)
            return *authority == '['; /* an IPv6 address */
    }
    return true;
}

/* A URL without its password, whatever characters that has, and without its parameters, one of
 * which may be a password too. */
static const char *without_password(const char *url, Arena *arena)
{
    const char *authority = strstr(url, "://") + 3;
    size_t query = strcspn(url, "?");
    const char *at = strrchr(authority, '@');
    const char *end = url[query] == '?' ? "?…" : "";

    if ((at != NULL && at > url + query) || (at == NULL && !has_only_ports(authority)))
        return arena_printf(arena, "%.*s…", (int)(authority - url), url);
    const char *colon = at != NULL ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    if (colon == NULL)
        return arena_printf(arena, "%.*s%s", (int)query, url, end);
    return arena_printf(arena, "%.*s:…%.*s%s", (int)(colon - url), url,
                        (int)(query - (size_t)(at - url)), at, end);
}

/* What `fasti config` may show. */
static const char *shown(const Setting *setting, const char *text, Arena *arena)
{
    if (text == NULL)
        return NULL;
    if (setting->is_secret)
        return "(hidden)";
    if (setting->kind == SETTING_DATABASE && strstr(text, "://") != NULL &&
        !text_starts_with(text, "sqlite:"))
        return without_password(text, arena);
    return arena_strdup(arena, text);
}

/* Must whoever reads this value be kept from reading it? */
static bool holds_secret(const Setting *setting, const char *text, Arena *arena)
{
    return text[0] != '\0' && !text_equal(shown(setting, text, arena), text);
}

/* An empty value is as good as none: `FASTI_PUBLIC_URL=` in a .env. */
static bool offer(Loading *loading, const char *name, const char *value, const char *source,
                  Error *err)
{
    bool is_file = false;
    int found = find_setting(name, &is_file);

    if (found < 0) {
        warn_unknown(loading, name, source);
        return true;
    }
    if (value[0] == '\0')
        return true;
    Offer *standing = &loading->offers[found];
    if (text_equal(standing->source, source) && standing->is_file != is_file)
        return error_set(err, ERROR_INVALID, "%s and %s_FILE are both set (%s): keep one of them.",
                         known_key((size_t)found), known_key((size_t)found), source);
    *standing = (Offer){ .value = value, .source = source, .is_file = is_file };
    return true;
}

static bool has_secret_line(const DotenvLine *lines, size_t count, Arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        bool is_file = false;
        int found = find_setting(lines[i].key, &is_file);
        if (found >= 0 && !is_file && holds_secret(&config_settings[found], lines[i].value, arena))
            return true;
    }
    return false;
}

/* `lines` is empty where there is no such file. */
static bool read_dotenv(FileCheck check, Arena *arena, DotenvLine **ret_lines, size_t *ret_count,
                        Error *err)
{
    const char *text = NULL;
    Error inside = { .code = ERROR_NONE };

    *ret_count = 0;
    if (!file_read(".env", check, LIMIT_CONFIG_FILE_BYTES, arena, &text, err)) {
        if (err->code != ERROR_NOT_FOUND)
            return false;
        error_clear(err);
        return true;
    }
    return dotenv_parse(text, arena, ret_lines, ret_count, &inside) ||
           error_set(err, ERROR_INVALID, ".env: %s", inside.detail);
}

static bool offer_dotenv(Loading *loading, Error *err)
{
    DotenvLine *lines = NULL;
    size_t count = 0;

    if (!read_dotenv(FILE_OURS, loading->arena, &lines, &count, err))
        return false;
    if (has_secret_line(lines, count, loading->arena) &&
        !read_dotenv(FILE_SECRET, loading->arena, &lines, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!offer(loading, lines[i].key, lines[i].value, ".env", err))
            return false;
    }
    return true;
}

/* systemd may let us read them by an access list, which shows as a right of the group. */
static void offer_credentials(Loading *loading)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");

    for (size_t i = 0; directory != NULL && i < config_setting_count; i++) {
        const char *path = arena_printf(loading->arena, "%s/fasti.%s", directory, known_key(i));
        if (access(path, F_OK) == 0)
            loading->offers[i] = (Offer){
                .value = path, .source = "credential", .is_file = true, .is_closed = true
            };
    }
}

static bool offer_environment(Loading *loading, Error *err)
{
    for (char **at = environ; at != NULL && *at != NULL; at++) {
        const char *equals = strchr(*at, '=');
        if (equals == NULL)
            continue;
        const char *name = arena_strndup(loading->arena, *at, (size_t)(equals - *at));
        if (!offer(loading, name, equals + 1, "environment", err))
            return false;
    }
    return true;
}

/* The key that a flag like "--secret-key-file" or "--listen" stands for; NULL: none of ours. */
static const char *key_of_flag(const char *flag, size_t length, Arena *arena)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const char *name = config_flag(&config_settings[i], arena);
        size_t own = strlen(name);
        if (length == own && memcmp(flag, name, own) == 0 && !config_settings[i].is_secret)
            return config_settings[i].key;
        if (length == own + 5 && memcmp(flag, name, own) == 0 &&
            memcmp(flag + own, "-file", 5) == 0)
            return arena_printf(arena, "%s_FILE", config_settings[i].key);
    }
    return NULL;
}

static bool offer_flags(Loading *loading, int *argc, char **argv, Error *err)
{
    int kept = 0;

    for (int i = 0; i < *argc; i++) {
        if (text_equal(argv[i], "--")) {
            while (i < *argc)
                argv[kept++] = argv[i++];
            break;
        }
        size_t length = strcspn(argv[i], "=");
        const char *key =
            text_starts_with(argv[i], "--") ? key_of_flag(argv[i], length, loading->arena) : NULL;
        if (key == NULL) {
            argv[kept++] = argv[i];
            continue;
        }
        const char *value = argv[i][length] == '=' ? argv[i] + length + 1 : argv[++i];
        if (value == NULL)
            return error_set(err, ERROR_INVALID, "%s needs a value.", argv[i - 1]);
        if (!offer(loading, key, value, "command line", err))
            return false;
    }
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

static bool read_first_line(const Setting *setting, const char *path, FileCheck check, Arena *arena,
                            const char **ret_text, Error *err)
{
    const char *text = NULL;
    Error inside = { .code = ERROR_NONE };

    if (!file_read(path, check, LIMIT_SECRET_BYTES, arena, &text, &inside))
        return error_set(err, ERROR_INVALID, "%s_FILE: %s", setting->key, inside.detail);
    *ret_text = arena_strndup(arena, text, strcspn(text, "\r\n"));
    return true;
}

/* The text of an offer: its value, or the first line of the file it names. */
static bool read_offer(Loading *loading, const Setting *setting, const Offer *standing,
                       const char **ret_text, Error *err)
{
    FileCheck check = setting->is_secret && !standing->is_closed ? FILE_SECRET : FILE_OURS;

    *ret_text = standing->value;
    if (!standing->is_file)
        return true;
    if (!read_first_line(setting, standing->value, check, loading->arena, ret_text, err))
        return false;
    return check == FILE_SECRET || standing->is_closed ||
           !holds_secret(setting, *ret_text, loading->arena) ||
           read_first_line(setting, standing->value, FILE_SECRET, loading->arena, ret_text, err);
}

static bool apply(Loading *loading, Config *config, Error *err)
{
    ConfigOrigin *origins = ARENA_ARRAY(loading->arena, ConfigOrigin, config_setting_count);

    for (size_t i = 0; i < config_setting_count; i++) {
        const Setting *setting = &config_settings[i];
        const Offer *standing = &loading->offers[i];
        const char *text = NULL;
        if (!read_offer(loading, setting, standing, &text, err))
            return false;
        if (text != NULL && !config_set(setting, text, loading->arena, config, err))
            return false;
        origins[i].text = shown(setting, text, loading->arena);
        origins[i].source = standing->source;
    }
    config->origins = origins;
    return true;
}

/* The rules that no single setting can state. */
static bool complete(Arena *arena, Config *config, Error *err)
{
    if ((config->tls_cert == NULL) != (config->tls_key == NULL))
        return error_set(err, ERROR_INVALID,
                         "FASTI_TLS_CERT and FASTI_TLS_KEY belong together: set both or none.");
    bool has_name = config->admin_username != NULL;
    if ((config->admin_email != NULL) != has_name || (config->admin_password != NULL) != has_name)
        return error_set(err, ERROR_INVALID,
                         "FASTI_ADMIN_USERNAME, FASTI_ADMIN_EMAIL and FASTI_ADMIN_PASSWORD belong "
                         "together: set all or none.");
    if (config->database_url == NULL)
        config->database_url = arena_printf(arena, "sqlite:///%s/fasti.db", config->data_dir);
    if (config->backup_dir == NULL)
        config->backup_dir = arena_printf(arena, "%s/backups", config->data_dir);
    return true;
}

bool config_load(int *argc, char **argv, Arena *arena, Config *ret_config, Error *err)
{
    Loading loading = { .arena = arena };

    assert(config_setting_count <= MOST_SETTINGS);
    loading.warnings = ARENA_ARRAY(arena, const char *, MOST_WARNINGS + 1);
    for (size_t i = 0; i < config_setting_count; i++)
        loading.offers[i] = (Offer){ .value = config_settings[i].fallback, .source = "built-in" };

    *ret_config = (Config){ .database_url = NULL };
    if (!offer_dotenv(&loading, err))
        return false;
    offer_credentials(&loading);
    if (!offer_environment(&loading, err) || !offer_flags(&loading, argc, argv, err))
        return false;
    ret_config->warnings = loading.warnings;
    return apply(&loading, ret_config, err) && complete(arena, ret_config, err);
}
