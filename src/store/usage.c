#include "store/usage.h"

#include <stddef.h>

#include "base/limits.h"

SQL(select_usage,
    "SELECT " USAGE_COLUMNS " FROM users u CROSS JOIN " USAGE_COUNTS("$1") " WHERE u.id = $1");

/* As of lock_user (store/users.c). */
SQL_DIALECTS(lock_holder, .sqlite = "SELECT id FROM users WHERE id = $1",
             .postgres = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE");

/* As of count_event (store/permissions.c): several rows of a person, so that those who write at
 * once for the same one hardly ever wait for one another. */
#define CHARGE(shard)                                                                              \
    "INSERT INTO event_counts (user_id, shard, events, owned_events, owned_bytes, history_bytes,"  \
    " given_roles) VALUES ($1, " shard ", $2, $3, $4, $5, $6)"                                     \
    " ON CONFLICT (user_id, shard) DO UPDATE SET"                                                  \
    " events = event_counts.events + excluded.events,"                                             \
    " owned_events = event_counts.owned_events + excluded.owned_events,"                           \
    " owned_bytes = event_counts.owned_bytes + excluded.owned_bytes,"                              \
    " given_roles = event_counts.given_roles + excluded.given_roles,"                              \
    " history_bytes = event_counts.history_bytes + excluded.history_bytes"

SQL_DIALECTS(charge_usage, .sqlite = CHARGE("0"), .postgres = CHARGE("pg_backend_pid() % 16"));

/* Of those whose accounts are gone nothing is counted. */
#define FORGET_HISTORY(shard)                                                                      \
    "INSERT INTO event_counts (user_id, shard, events, history_bytes)"                             \
    " SELECT l.user_id, " shard ", 0, CAST(-sum(l.bytes) AS BIGINT) FROM changelog l"              \
    " JOIN users u ON u.id = l.user_id"                                                            \
    " WHERE l.id IN (" FIRST_ENTRIES(                                                              \
        "$1",                                                                                      \
        "$2") ")"                                                                                  \
              " GROUP BY l.user_id ORDER BY l.user_id ON CONFLICT (user_id, shard) DO UPDATE SET"  \
              " history_bytes = event_counts.history_bytes + excluded.history_bytes"

SQL_DIALECTS(forget_history, .sqlite = FORGET_HISTORY("0"),
             .postgres = FORGET_HISTORY("pg_backend_pid() % 16"));

/* What is counted, how it is called, and what frees it. */
typedef struct Resource {
    size_t offset;    /* in a Usage */
    int64_t most;     /* unless the account has its own */
    const char *used; /* the column */
    const char *quota;
    const char *name;
    const char *advice;
} Resource;

static const Resource resources[] = {
    { offsetof(Usage, events), DEFAULT_QUOTA_EVENTS, "used_events", "quota_events", "live events",
      "deleting events makes room" },
    { offsetof(Usage, event_bytes), DEFAULT_QUOTA_BYTES, "used_bytes", "quota_bytes",
      "bytes of live events", "deleting events or shortening them makes room" },
    { offsetof(Usage, history_bytes), DEFAULT_QUOTA_HISTORY_BYTES, "used_history_bytes",
      "quota_history_bytes", "bytes of history",
      "purging events out of the trash makes room, for their history goes with them, all but what "
      "the audit trail keeps" },
    { offsetof(Usage, grants), DEFAULT_QUOTA_GRANTS, "used_grants", "quota_grants",
      "roles given to others", "taking roles back makes room" },
};

enum { RESOURCES = sizeof(resources) / sizeof(resources[0]) };

static int64_t *amount(Usage *usage, const Resource *resource)
{
    return (int64_t *)((char *)usage + resource->offset);
}

static int64_t amount_of(const Usage *usage, const Resource *resource)
{
    return *(const int64_t *)((const char *)usage + resource->offset);
}

Allowance *usage_read(Rows *rows, Arena *arena)
{
    Allowance *allowance = ARENA_NEW(arena, Allowance);

    for (size_t i = 0; i < RESOURCES; i++) {
        const Resource *resource = &resources[i];
        int64_t own = rows_int(rows, resource->quota);
        *amount(&allowance->used, resource) = rows_int(rows, resource->used);
        *amount(&allowance->most, resource) = own != INT64_MIN ? own : resource->most;
    }
    return allowance;
}

bool usage_find(Db *db, Arena *arena, int64_t user_id, Allowance **ret_allowance, Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_allowance = NULL;
    if (!db_query(db, &select_usage, PARAMS(INT(user_id)), &rows, err))
        return false;
    if (rows_next(&rows))
        *ret_allowance = usage_read(&rows, arena);
    return rows_finish(&rows, err);
}

/* Has somebody so much that what others are writing for him just now may make a difference? They
 * are two dozen at most: a quarter of what everybody may have is more than they can add. */
static bool is_near(const Allowance *allowance, const Usage *more)
{
    bool is_any = false;

    for (size_t i = 0; i < RESOURCES; i++) {
        int64_t most = amount_of(&allowance->most, &resources[i]);
        int64_t used = amount_of(&allowance->used, &resources[i]);
        int64_t added = amount_of(more, &resources[i]);
        is_any = is_any || (added > 0 && used + added > most - resources[i].most / 4);
    }
    return is_any;
}

static bool look_again(Db *db, Arena *arena, int64_t user_id, Allowance *allowance, Error *err)
{
    Allowance *now = NULL;

    if (!db_execute(db, &lock_holder, PARAMS(INT(user_id)), NULL, err) ||
        !usage_find(db, arena, user_id, &now, err))
        return false;
    if (now != NULL) {
        now->bill = allowance->bill;
        *allowance = *now;
    }
    allowance->is_locked = true;
    for (size_t i = 0; i < RESOURCES && allowance->bill != NULL; i++)
        *amount(&allowance->used, &resources[i]) +=
            amount_of(&allowance->bill->more, &resources[i]);
    return true;
}

static bool refuse(Holder holder, const Resource *resource, const Allowance *allowance, Error *err)
{
    if (!holder.is_asking)
        return error_set(err, ERROR_QUOTA,
                         "The event's owner has no room for this: the quota of %s is reached.",
                         resource->name);
    return error_set(err, ERROR_QUOTA, "The quota of %s is reached, you have %lld of %lld: %s.",
                     resource->name, (long long)amount_of(&allowance->used, resource),
                     (long long)amount_of(&allowance->most, resource), resource->advice);
}

/* NULL: there is room for all of it. */
static const Resource *find_full(const Allowance *allowance, const Usage *more)
{
    for (size_t i = 0; i < RESOURCES; i++) {
        int64_t added = amount_of(more, &resources[i]);
        int64_t used = amount_of(&allowance->used, &resources[i]);
        if (added > 0 && used + added > amount_of(&allowance->most, &resources[i]))
            return &resources[i];
    }
    return NULL;
}

bool usage_permits(Db *db, Arena *arena, Holder holder, Allowance *allowance, const Usage *more,
                   Error *err)
{
    /* What was full when it was read needs no second look. */
    const Resource *full = find_full(allowance, more);

    if (full == NULL && db_kind(db) == DB_POSTGRES && !allowance->is_locked &&
        is_near(allowance, more)) {
        if (!look_again(db, arena, holder.user_id, allowance, err))
            return false;
        full = find_full(allowance, more);
    }
    if (full != NULL)
        return refuse(holder, full, allowance, err);
    for (size_t i = 0; i < RESOURCES; i++)
        *amount(&allowance->used, &resources[i]) += amount_of(more, &resources[i]);
    return true;
}

bool usage_charge(Db *db, int64_t user_id, const Usage *more, Extra extra, Error *err)
{
    if (extra.readable == 0 && extra.given_roles == 0 && more->events == 0 &&
        more->event_bytes == 0 && more->history_bytes == 0)
        return true;
    return db_execute_later(db, &charge_usage,
                            PARAMS(INT(user_id), INT(extra.readable), INT(more->events),
                                   INT(more->event_bytes), INT(more->history_bytes),
                                   INT(extra.given_roles)),
                            err);
}

void usage_note(Bill *bill, const Usage *more, Extra extra)
{
    for (size_t i = 0; i < RESOURCES; i++)
        *amount(&bill->more, &resources[i]) += amount_of(more, &resources[i]);
    bill->extra.readable += extra.readable;
    bill->extra.given_roles += extra.given_roles;
}

bool usage_forget_history(Db *db, int64_t event_id, int64_t at_most, Error *err)
{
    return db_execute_later(db, &forget_history, PARAMS(INT(event_id), INT(at_most)), err);
}
