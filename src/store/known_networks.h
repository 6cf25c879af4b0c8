/* Known networks - from where each account has signed in (base/address.h): what others try
 * elsewhere must not keep its owner out there. The last LIMIT_KNOWN_NETWORKS of an account, for
 * LIMIT_KNOWN_DAYS after the last sign-in. */
#pragma once

#include "store/driver/db.h"
#include "time/instant.h"

/* Is it one of the account that is meant by this name, as users_find_by_login finds it? */
Ask *known_networks_ask(Db *db, Arena *arena, const char *login, const char *key,
                        const char *network, Instant now);
bool known_networks_take(Ask *ask, bool *ret_is_known, Error *err);

/* Does not wait (db_execute_later). */
bool known_networks_add(Db *db, int64_t user_id, const char *network, Instant now, Error *err);

/* Some of those from which nobody has signed in for so long that they are not known any more. */
bool known_networks_delete_old(Db *db, Instant now, int64_t at_most, int64_t *ret_count,
                               Error *err);
