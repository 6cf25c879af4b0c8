/* History - every version of every event, and the changelog of what was done by whom.
 *
 * Written only through history_record, in the transaction that changes the event: version n+1 is
 * the event as it now is, so the newest version is always the present state. The event's row is
 * locked by then (or new), so numbers never collide. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

typedef enum ChangeType {
    CHANGE_CREATE,
    CHANGE_UPDATE,
    CHANGE_ROLLBACK,
    CHANGE_DELETE,
    CHANGE_RESTORE,
    CHANGE_SHARE,
    CHANGE_PERMISSION,
    CHANGE_UNSHARE,
    CHANGE_TRANSFER,
    CHANGE_ANSWER,
    CHANGE_ZONE_UPDATE, /* by nobody */
} ChangeType;

extern const char *const change_type_names[]; /* NULL-terminated, as the contract spells them */

typedef struct Change {
    ChangeType type;
    const Event *before; /* NULL for a creation */
    Event *after;        /* gets version_number; the same event for a change of grants */
    const Identity *by;  /* NULL: nobody */
    Instant at;
    const char *comment; /* or NULL */
    ChangeSet *set;      /* that it belongs to, or NULL */
    const char *changes; /* JSON {field: {old, new}}; NULL: the versioned members that differ */
} Change;

/* Gives after->version_number its value (before + 1; 1 for a creation). Call before the event is
 * written. */
void history_advance(const Event *before, Event *after);

/* Writes the version (after->version_number) and its changelog entry; changes of grants
 * (SHARE, PERMISSION, UNSHARE) and answers only write the entry, which is one of change->set.
 * *ret_bytes is what both take (store/usage.h). Does not wait (db_execute_later). */
bool history_record(Db *db, Arena *arena, const Change *change, int64_t *ret_bytes, Error *err);

/* What a version and its entry hold, as JSON texts; of a version only when the change makes one. */
typedef struct HistoryTexts {
    const char *document;
    const char *changed_fields;
    const char *local_times; /* NULL: there is nothing to be derived */
    const char *changes;
    int64_t bytes;
} HistoryTexts;

HistoryTexts history_texts(Arena *arena, const Change *change);

/* Of an event that nobody sees any more and that is deleted next: at most LIMIT_HISTORY_PIECE
 * versions and entries at a time, which count for nobody then; *ret_all: there are no more. */
bool history_delete_some(Db *db, int64_t event_id, bool *ret_all, Error *err);

/* A person as history remembers them, also when the account is gone. The old system's history may
 * not know who it was: INTEGER_NULL and NULL. */
typedef struct Actor {
    Members given;
    int64_t id;
    const char *username;
} Actor;

typedef struct Version {
    Members given;
    int64_t event_id;
    int64_t version_number;
    Actor *changed_by;
    Instant timestamp;
    int64_t change_type; /* ChangeType */
    const char *comment;
    const char *changed_fields; /* JSON array text */
    const char *origin;         /* "fasti", or "old": taken over as the old system stored it */
    const char *data;           /* JSON object text: the document */
    const char *local_times;    /* wall_clock_text of it, or NULL; not shown */
} Version;

extern const Schema version_schema;        /* as listed */
extern const Schema version_detail_schema; /* with data and its members */

/* A page of what an event has; `reader` holds a role on it, or gets nothing. */
typedef struct HistoryPage {
    int64_t event_id;
    int64_t reader;
    bool descending;
    int64_t after; /* keyset: a version's number, an entry's id; INTEGER_NULL for the first page */
    int64_t skip;
    int64_t limit;
} HistoryPage;

/* Newest first, whatever the page says. */
Ask *history_ask_versions(Db *db, Arena *arena, const HistoryPage *page);
bool history_take_versions(Ask *ask, Arena *arena, List *ret_versions, Error *err);

/* How many versions the event has: db_take_number. */
Ask *history_ask_count(Db *db, Arena *arena, int64_t event_id, int64_t reader);

/* NULL when there is none. */
Ask *history_ask_version(Db *db, Arena *arena, int64_t event_id, int64_t reader,
                         int64_t version_number);
bool history_take_version(Ask *ask, Arena *arena, Version **ret_version, Error *err);

/* The event that a version's document describes: the members it has are `given`. Its moments are
 * those of today's rules for the wall-clock times that it meant. ERROR_CONFLICT when it cannot be
 * read as an event: the old system kept whatever it was sent. */
bool history_document(const Version *version, Arena *arena, Event **ret_event, Error *err);

typedef struct ActorDetails {
    Members given;
    int64_t id;
    const char *username;
    const char *email;
} ActorDetails;

typedef struct ChangelogEntry {
    Members given;
    int64_t id;
    int64_t event_id;
    int64_t version_id; /* the version number: what clients of the old system put into paths */
    int64_t version_number;
    int64_t user_id;
    ActorDetails *user_details;
    Instant timestamp;
    int64_t change_type;
    const char *changes; /* JSON object text */
    const char *comment;
    const char *hash; /* of the hash chain; null until the entry is sealed */
    int64_t change_set_id;
} ChangelogEntry;

extern const Schema changelog_schema;

Ask *history_ask_changelog(Db *db, Arena *arena, const HistoryPage *page);

/* E-mail addresses are given as store/permissions.h says. */
bool history_take_changelog(Ask *ask, Arena *arena, List *ret_entries, Error *err);
