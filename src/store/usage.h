/* Usage - what each person takes of the database, and how much of it they may.
 *
 * Live events and their bytes count for who owns them, history for who wrote it, and with it what
 * he left about events in the audit trail, roles for who gave them to others. The totals lie in
 * event_counts, beside the number of events that one may read (store/permissions.h, which counts
 * roles too), and are changed by store/edits.h in the transaction of what they count; so they are
 * exact whatever is rolled back, purged, handed over or deleted.
 *
 * What one has comes with one's identity where something is going to be written (store/sessions.h),
 * so nobody waits for it. On PostgreSQL several may write for one person at once, and none sees
 * what the others have not yet committed; who has used most of a quota is locked and looked at
 * again. */
#pragma once

#include "store/driver/db.h"

typedef struct Usage {
    int64_t events;        /* live ones that somebody owns … */
    int64_t event_bytes;   /* … and their bytes */
    int64_t history_bytes; /* of what he wrote, into any event's history and the audit trail */
    int64_t grants;        /* roles that he gave to others */
} Usage;

/* What counts beside a Usage. */
typedef struct Extra {
    int64_t readable;    /* events that they may read from now on */
    int64_t given_roles; /* by permissions_give; all others count with their rows */
} Extra;

/* What is to be counted for somebody, in one go. */
typedef struct Bill {
    Usage more;
    Extra extra;
} Bill;

/* What somebody has, with what this transaction adds, and what he may have. */
typedef struct Allowance {
    Usage used;
    Usage most;
    bool is_locked; /* it cannot change under our hands */
    Bill *bill;     /* NULL: what is counted is written at once */
} Allowance;

/* Parts of a statement: columns for usage_read of the user `u` and the counts `c`, and these. */
#define USAGE_COLUMNS                                                                              \
    "u.quota_events, u.quota_bytes, u.quota_history_bytes, u.quota_grants, c.used_events,"         \
    " c.used_bytes, c.used_history_bytes, c.used_grants"
#define USAGE_COUNTS(user_id)                                                                      \
    "(SELECT CAST(coalesce(sum(owned_events), 0) AS BIGINT) AS used_events,"                       \
    " CAST(coalesce(sum(owned_bytes), 0) AS BIGINT) AS used_bytes,"                                \
    " CAST(coalesce(sum(history_bytes), 0) AS BIGINT) AS used_history_bytes,"                      \
    " CAST(coalesce(sum(given_roles), 0) AS BIGINT) AS used_grants"                                \
    " FROM event_counts WHERE user_id = " user_id ") c"

Allowance *usage_read(Rows *rows, Arena *arena);

/* Anybody's; NULL when there is no such account. */
bool usage_find(Db *db, Arena *arena, int64_t user_id, Allowance **ret_allowance, Error *err);

/* Whose allowance it is. */
typedef struct Holder {
    int64_t user_id;
    bool is_asking; /* and so is told how much it is */
} Holder;

/* May they take so much more? What is negative or 0 always may. Counts it as taken in *allowance,
 * for what comes next in this transaction. ERROR_QUOTA. */
bool usage_permits(Db *db, Arena *arena, Holder holder, Allowance *allowance, const Usage *more,
                   Error *err);

/* Counts it; but `grants` of *more count as Extra says. Does not wait (db_execute_later). */
bool usage_charge(Db *db, int64_t user_id, const Usage *more, Extra extra, Error *err);

/* Adds it to a bill, which usage_charge gets later. */
void usage_note(Bill *bill, const Usage *more, Extra extra);

/* The entries that go first when history is removed in pieces, for a statement. */
#define FIRST_ENTRIES(event_id, at_most)                                                           \
    "SELECT id FROM changelog WHERE event_id = " event_id " ORDER BY id LIMIT " at_most

/* Before the first `at_most` entries of an event's changelog are deleted: they, and their versions,
 * count for nobody any more. */
bool usage_forget_history(Db *db, int64_t event_id, int64_t at_most, Error *err);
