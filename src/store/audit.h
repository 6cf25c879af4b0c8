/* Audit - what must be remembered even when the thing itself is gone: who signed in, what became of
 * accounts, who gave whom which rights, what was purged. Only ever added to, in the transaction of
 * what it speaks of; names and network addresses of who was erased alone go (store/erasures.h).
 *
 *   user.sign_in, user.sign_out, user.sign_in_failed, user.locked, session.replayed
 *   user.create, user.update, user.password …           auth/accounts.h
 *   event.share, event.permission_change, event.unshare, event.transfer, event.purge
 *
 * No secrets: no token, no password, and no name that somebody typed and nobody has. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

/* `action` is a constant ("event.purge"), `subject` names the thing ("event 42"), `detail` is JSON
 * text or NULL. Does not wait (db_execute_later). */
bool audit_record(Db *db, const Author *author, const char *action, const char *subject,
                  const char *detail, Error *err);

/* The same about an event, of which there may be as many as somebody likes to make: *ret_bytes is
 * what the line takes of its author's quota of history (store/usage.h), which is to be charged. The
 * event's purge gives it not back, for the line stays. 0: the author has no allowance. */
bool audit_record_charged(Db *db, const Author *author, const char *action, const char *subject,
                          const char *detail, int64_t *ret_bytes, Error *err);

typedef struct AuditEntry {
    Members given;
    int64_t id;
    Instant timestamp;
    int64_t user_id;
    const char *user_name;
    const char *action;
    const char *subject;
    const char *address;
    const char *detail; /* JSON text */
} AuditEntry;
extern const Schema audit_schema;

/* NULL or INTEGER_NULL: whatever it is. */
typedef struct AuditFilter {
    int64_t user_id; /* who did it */
    const char *action;
    const char *subject;
    Instant from; /* INSTANT_NULL likewise */
    Instant to;   /* before this */
    int64_t before_id;
    int64_t skip;
    int64_t limit;
} AuditFilter;

/* The newest first. */
bool audit_list(Db *db, Arena *arena, const AuditFilter *filter, List *ret_entries, Error *err);
bool audit_count(Db *db, const AuditFilter *filter, int64_t *ret_count, Error *err);
