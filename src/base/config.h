/* Config - every setting, from one table: built-in < `.env` in the working directory < credentials
 * < environment < flags; `X_FILE` reads the value of X from a file. Read once at start, constant
 * afterwards. A credential is a file fasti.X in the directory that systemd made for us alone
 * (LoadCredential= in systemd.exec(5)).
 *
 *   config_load(&argc, argv, &arena, &config, &err)
 *
 * FASTI_BCRYPT_COST is the flag --bcrypt-cost, DATABASE_URL is --database-url, and so on. A secret
 * has no flag of its own, because everybody sees a command line: only --secret-key-file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/subnet.h"

typedef enum Signup { SIGNUP_OPEN, SIGNUP_CLOSED } Signup;

/* Who sees when somebody is busy, but the person. */
typedef enum FreeBusyRule { FREE_BUSY_KNOWN, FREE_BUSY_EVERYONE, FREE_BUSY_NOBODY } FreeBusyRule;

extern const char *const free_busy_names[]; /* by FreeBusyRule, NULL-terminated */

/* How the text of a setting becomes a value. */
typedef enum SettingKind {
    SETTING_TEXT,     /* const char *; one of `choices` when there are any */
    SETTING_NUMBER,   /* int64_t, min … max */
    SETTING_SWITCH,   /* bool: on, off, true, false, yes, no, 1, 0 */
    SETTING_CHOICE,   /* an enum: the index in `choices` */
    SETTING_LISTEN,   /* Config.listen_address and listen_port */
    SETTING_DATABASE, /* const char *: sqlite:/// or postgresql:// */
    SETTING_SUBNETS,  /* Subnets: addresses and networks, by commas */
    SETTING_ORIGINS,  /* const char *const *: https://host[:port], by commas; NULL-terminated */
} SettingKind;

typedef struct Setting {
    const char *key;
    SettingKind kind;
    size_t offset;        /* in Config */
    const char *fallback; /* text of the built-in value; NULL: none, or worked out (see doc) */
    int64_t min, max;     /* NUMBER: value; TEXT: bytes, when max is not 0 */
    const char *const *choices; /* NULL-terminated */
    bool is_secret;             /* never shown, no flag */
    const char *doc;
} Setting;

typedef struct Subnets {
    const Subnet *items;
    size_t count;
} Subnets;

extern const Setting config_settings[];
extern const size_t config_setting_count;

typedef struct Config {
    /* The old system's keys */
    const char *database_url;            /* DATABASE_URL; "sqlite:///<data_dir>/fasti.db" */
    const char *secret_key;              /* SECRET_KEY; NULL: kept in <data_dir>/secret */
    const char *algorithm;               /* ALGORITHM; only HS256 */
    int64_t access_token_expire_minutes; /* ACCESS_TOKEN_EXPIRE_MINUTES; 30 */
    /* Ours: FASTI_… */
    const char *listen_address; /* FASTI_LISTEN, "127.0.0.1:8000" or "[::1]:8000": the address */
    uint16_t listen_port;       /* and the port; 0: any free one */
    const char *data_dir;       /* FASTI_DATA_DIR */
    int64_t threads;            /* FASTI_THREADS; 0: one a core */
    int64_t bcrypt_cost;        /* FASTI_BCRYPT_COST */
    bool rate_limit;            /* FASTI_RATE_LIMIT */
    Signup signup;              /* FASTI_SIGNUP */
    FreeBusyRule free_busy;     /* FASTI_FREE_BUSY: of new accounts */
    LogLevel log_level;         /* FASTI_LOG_LEVEL */
    const char *admin_username; /* FASTI_ADMIN_USERNAME: the first administrator, … */
    const char *admin_email;    /* FASTI_ADMIN_EMAIL, … */
    const char *admin_password; /* FASTI_ADMIN_PASSWORD: made at start while there is none */
    const char *public_url;     /* FASTI_PUBLIC_URL; NULL: as the request came */
    const char *tls_cert;       /* FASTI_TLS_CERT, a file */
    const char *tls_key;        /* FASTI_TLS_KEY, a file */
    bool require_if_match;      /* FASTI_REQUIRE_IF_MATCH */
    Subnets trusted_proxies;    /* FASTI_TRUSTED_PROXIES: whose X-Forwarded-For counts */
    const char *allowed_hosts;  /* FASTI_ALLOWED_HOSTS: what Host may say; NULL: anything */
    const char *const *cors_origins; /* FASTI_CORS_ORIGINS: in lower case; NULL: none */
    const char *metrics_token;       /* FASTI_METRICS_TOKEN, or NULL */
    int64_t backup_every;            /* FASTI_BACKUP_EVERY, in hours; 0: never */
    int64_t backup_keep;             /* FASTI_BACKUP_KEEP */
    const char *backup_dir;          /* FASTI_BACKUP_DIR; "<data_dir>/backups" */
    const char *backup_passphrase;   /* FASTI_BACKUP_PASSPHRASE; NULL: not sealed */
    bool has_docs;                   /* FASTI_DOCS */

    const struct ConfigOrigin *origins; /* one for each of config_settings */
    const char *const *warnings;        /* sentences, NULL-terminated: keys nobody knows */
} Config;

/* Where a value came from. */
typedef struct ConfigOrigin {
    const char *text;   /* as given, ready to show: secrets and passwords in URLs are masked */
    const char *source; /* "built-in", ".env", "credential", "environment", "command line" */
} ConfigOrigin;

/* Reads every source. The flags it knows are taken out of `argv` (and *argc), the rest stays in
 * order. A bad value is ERROR_INVALID with a sentence for whoever runs the program; secrets are
 * never repeated. Everything lives in `arena`. */
bool config_load(int *argc, char **argv, Arena *arena, Config *ret_config, Error *err);

/* Gives one setting the value that `text` says; a text it cannot mean is ERROR_INVALID. Used by
 * config_load for whichever source won. */
bool config_set(const Setting *setting, const char *text, Arena *arena, Config *config, Error *err);

/* "--bcrypt-cost" of FASTI_BCRYPT_COST, in the arena. */
const char *config_flag(const Setting *setting, Arena *arena);
