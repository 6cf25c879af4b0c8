/* Audit - what must be remembered even when the thing itself is gone: purged events, deleted
 * accounts. Only ever added to. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

/* `action` is a constant ("event.purge"), `subject` names the thing ("event 42"), `detail` is JSON
 * text or NULL. `by` NULL: the command line. */
bool audit_record(Db *db, const Identity *by, Instant at, const char *action, const char *subject,
                  const char *detail, Error *err);
