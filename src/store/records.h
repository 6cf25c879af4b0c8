/* Records - the rows that more than one store or layer speaks of, as C structs with their tables. */
#pragma once

#include "calendar/instant.h"
#include "json/schema.h"

typedef struct User {
    Members given;
    int64_t id;
    const char *username;
    const char *email;
    const char *password;        /* input only */
    const char *hashed_password; /* from the database, never shown */
    bool is_admin;
    bool is_active;
    const char *timezone; /* IANA name, or NULL: UTC */
    Instant created_at;
    Instant updated_at;
} User;
