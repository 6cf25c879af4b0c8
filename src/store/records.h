/* Records - the rows that more than one store or layer speaks of, as C structs. */
#pragma once

#include "calendar/event.h"

typedef struct User {
    Members given;
    int64_t id;
    const char *username;
    const char *email;
    const char *display_name;    /* or NULL */
    const char *password;        /* input only */
    const char *hashed_password; /* from the database, never shown */
    bool is_admin;
    bool is_active;
    const char *timezone; /* IANA name, or NULL: UTC */
    int64_t free_busy;    /* FreeBusyRule */
    Instant created_at;
    Instant updated_at;
    /* What the account may take, INTEGER_NULL: what everybody may (store/usage.h). */
    int64_t quota_events;
    int64_t quota_bytes;
    int64_t quota_history_bytes;
    int64_t quota_grants;
} User;

/* Who is asking. */
typedef struct Identity {
    int64_t user_id;
    int64_t session_id;
    const char *username;
    const char *email;
    const char *timezone; /* the user's, or NULL */
    bool is_admin;
    struct Allowance
        *allowance; /* where something is written; NULL: nobody asked, nothing is refused */
} Identity;

/* All that one request changes: one set, known by its first entry in the changelog. */
typedef struct ChangeSet {
    int64_t entries; /* the last ones that were written on this connection */
} ChangeSet;

/* Who does something, when, and why. */
typedef struct Author {
    const Identity *by; /* NULL: the command line, or nobody knows who */
    Instant at;
    const char *comment;        /* or NULL */
    const char *address;        /* of the network, from where; NULL: from this machine's shell */
    ChangeSet *set;             /* NULL: each entry is a set of its own */
    struct FoldedTexts *folded; /* what the request brought, folded (folded_texts.h); or NULL */
} Author;
