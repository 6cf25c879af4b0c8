/* Config - every setting, from one table: built-in < `.env` in the working directory < environment
 * < flags; `X_FILE` reads the value of X from a file. Read once at start, constant afterwards. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"

typedef enum Signup { SIGNUP_OPEN, SIGNUP_CLOSED } Signup;

typedef struct Config {
    /* The old system's keys */
    const char *database_url;            /* DATABASE_URL; "sqlite:///<data_dir>/fasti.db" */
    const char *secret_key;              /* SECRET_KEY; NULL: kept in <data_dir>/secret */
    const char *algorithm;               /* ALGORITHM; only HS256 */
    int64_t access_token_expire_minutes; /* ACCESS_TOKEN_EXPIRE_MINUTES; 30 */
    /* Ours: FASTI_… */
    const char *listen_address; /* FASTI_LISTEN, "127.0.0.1:8000" or "[::1]:8000" */
    uint16_t listen_port;
    const char *data_dir;       /* FASTI_DATA_DIR */
    int64_t threads;            /* FASTI_THREADS; 0: one a core on SQLite, four on PostgreSQL */
    int64_t bcrypt_cost;        /* FASTI_BCRYPT_COST */
    bool rate_limit;            /* FASTI_RATE_LIMIT */
    int64_t signup;             /* FASTI_SIGNUP; Signup */
    LogLevel log_level;         /* FASTI_LOG_LEVEL */
    const char *public_url;     /* FASTI_PUBLIC_URL; NULL: as the request came */
    const char *tls_cert;       /* FASTI_TLS_CERT, a file */
    const char *tls_key;        /* FASTI_TLS_KEY, a file */
    bool require_if_match;      /* FASTI_REQUIRE_IF_MATCH */
    const char *trusted_proxies; /* FASTI_TRUSTED_PROXIES: addresses whose X-Forwarded-For counts */
} Config;
