/* Erasures - people whose names are to be forgotten, beside the accounts that go
 * (store/departures.h).
 *
 *   erasures_begin, then the account is deleted … erasures_go_on until nothing is pending
 *
 * Others' history and the audit trail go on without them: where they are named, there is
 * ERASED_NAME from then on, and their network addresses are gone. What somebody wrote (a title, a
 * comment) is nobody's name and stays, and so do ids, which are given once only and then refer to
 * nothing.
 *
 * It is done in pieces that are short enough for a writer to be waited for (LIMIT_PIECE_MS), by the
 * cleaner of a running server (work/cleaner.h) or by the command; whoever comes next goes on where
 * the last one stopped. */
#pragma once

#include "store/driver/db.h"

/* No name that can be registered has blanks in it (auth/account_text.h). */
#define ERASED_NAME "a person who was erased"

/* Before the account is deleted, in the same transaction. */
bool erasures_begin(Db *db, int64_t user_id, Error *err);

/* One piece, of somebody whose account is gone altogether; *ret_more: there may be more to do. */
bool erasures_go_on(Db *db, bool *ret_more, Error *err);

/* Is anybody still named? */
bool erasures_are_pending(Db *db, bool *ret_pending, Error *err);

/* Likewise of one person, by what find_user of accounts takes: a name as it was, or its key. */
bool erasures_is_pending(Db *db, const char *login, const char *key, bool *ret_pending, Error *err);

/* Outside a transaction. An SQLite file keeps in its free places what was deleted, until it is
 * rewritten: that takes as long as it takes to write it, and is done when nobody is served. Nothing
 * is done when nobody was erased since the last time, or on PostgreSQL. */
bool erasures_rewrite_file(Db *db, bool *ret_rewritten, Error *err);
