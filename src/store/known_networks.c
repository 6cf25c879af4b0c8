#include "store/known_networks.h"

#include "base/limits.h"

#define LIFETIME_US (LIMIT_KNOWN_DAYS * DAY_US)

SQL(count_known_network,
    "SELECT count(*) AS n FROM known_networks"
    " WHERE network = $3 AND last_used_at > $4 AND user_id = ("
    "SELECT id FROM users WHERE username = $1 OR username_key = $2 OR email_key = $2"
    " ORDER BY CASE WHEN username = $1 THEN 0 WHEN username_key = $2 THEN 1 ELSE 2 END LIMIT 1)");

SQL(insert_known_network,
    "INSERT INTO known_networks (user_id, network, last_used_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (user_id, network) DO UPDATE SET last_used_at = $3");

/* Not in the order of the index, which is one over everybody's. */
SQL(delete_networks_of,
    "DELETE FROM known_networks WHERE user_id = $1 AND (last_used_at <= $2 OR network NOT IN ("
    "SELECT network FROM known_networks WHERE user_id = $1"
    " ORDER BY coalesce(last_used_at, last_used_at) DESC LIMIT $3))");

SQL(delete_old_networks,
    "DELETE FROM known_networks WHERE (user_id, network) IN"
    " (SELECT user_id, network FROM known_networks WHERE last_used_at <= $1 LIMIT $2)");

Ask *known_networks_ask(Db *db, Arena *arena, const char *login, const char *key,
                        const char *network, Instant now)
{
    return db_ask(db, arena, &count_known_network,
                  PARAMS(TXT(login), TXT(key), TXT(network), TIME(now - LIFETIME_US)));
}

bool known_networks_take(Ask *ask, bool *ret_is_known, Error *err)
{
    int64_t count = 0;

    if (!db_take_number(ask, &count, err))
        return false;
    *ret_is_known = count > 0;
    return true;
}

bool known_networks_add(Db *db, int64_t user_id, const char *network, Instant now, Error *err)
{
    return db_execute_later(db, &insert_known_network,
                            PARAMS(INT(user_id), TXT(network), TIME(now)), err) &&
           db_execute_later(
               db, &delete_networks_of,
               PARAMS(INT(user_id), TIME(now - LIFETIME_US), INT(LIMIT_KNOWN_NETWORKS)), err);
}

bool known_networks_delete_old(Db *db, Instant now, int64_t at_most, int64_t *ret_count, Error *err)
{
    return db_execute(db, &delete_old_networks, PARAMS(TIME(now - LIFETIME_US), INT(at_most)),
                      ret_count, err);
}
