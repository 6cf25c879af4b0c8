/* Accounts - the rules of making, changing and ending accounts, the same for every door: the API
 * and the command line call these, inside a transaction.
 *
 * There is always an administrator whose account is not disabled: who would be the last one to go
 * is refused (ERROR_CONFLICT), also when two go at the same moment. A new password and a disabled
 * account end sessions. And each of these leaves its line in the audit trail, about "user 42":
 *
 *   user.create                 made, by an administrator or by registering
 *   user.update                 another name, address, time zone or rule of who sees busy times
 *   user.password               another password
 *   user.promote, user.demote   an administrator now, or not any more; also beside user.create
 *   user.disable, user.enable   cannot sign in, or can again
 *   user.quota                  may take more of the database, or less (store/usage.h)
 *   user.delete                 gone; each event that goes along has its event.purge, now or later
 *   user.erase                  and is to be forgotten by name
 *
 * What changes nothing leaves no line. The line's author is author->by; NULL is the command line.
 *
 * The caller has read the account that is changed or ended, locked, in the same transaction
 * (users_ask_locked). Who may do it, and that a name, an address or a password is sound, is decided
 * before. */
#pragma once

#include "store/edits.h"
#include "store/legacy.h"
#include "store/users.h"

/* Sets id and times, and no quotas. `user` needs hashed_password. ERROR_CONFLICT: name or address
 * are taken. */
bool accounts_create(Db *db, Arena *arena, const Author *author, User *user, Error *err);

/* The same by the person, who is the author whoever author->by is. */
bool accounts_register(Db *db, Arena *arena, const Author *author, User *user, Error *err);

/* The first administrator, active. *ret_is_first false: there is one already, and nothing was made.
 * Of two at the same moment the second one waits. */
bool accounts_found(Db *db, Arena *arena, const Author *author, User *user, bool *ret_is_first,
                    Error *err);

/* Before a password is hashed for it: false with ERROR_CONFLICT when the name or the address is
 * taken already. */
bool accounts_are_free(Db *db, Arena *arena, const User *user, Error *err);

/* Writes what of username, email, display_name, timezone, free_busy, is_admin, is_active and quotas
 * `after` has otherwise, and sets its updated_at then. ERROR_CONFLICT: as above, or the last
 * administrator; ERROR_RETRY: the account is gone. */
bool accounts_update(Db *db, Arena *arena, const Author *author, const User *before, User *after,
                     Error *err);

/* accounts_update of one member. */
bool accounts_set_admin(Db *db, Arena *arena, const Author *author, const User *user, bool is_admin,
                        Error *err);
bool accounts_set_active(Db *db, Arena *arena, const Author *author, const User *user,
                         bool is_active, Error *err);

typedef struct NewPassword {
    const char *hash;
    const char *old_hash;   /* ERROR_CONFLICT when it is another one by now; NULL: whatever it is */
    int64_t spared_session; /* goes on when all others end; 0: none */
} NewPassword;
bool accounts_set_password(Db *db, Arena *arena, const Author *author, int64_t user_id,
                           const NewPassword *password, Error *err);

/* Who can be handed events, and goes nowhere before this transaction ends; there is a fault at
 * `where` when this is nobody, or disabled. */
bool accounts_find_heir(Db *db, Arena *arena, int64_t id, const Location *where, User **ret_heir,
                        Error *err);

/* The same for who hands over what is theirs: somebody who knows them (store/known.h), otherwise
 * ERROR_NOT_KNOWN, which is also what nobody is. */
bool accounts_find_willing_heir(Db *db, Arena *arena, int64_t giver, int64_t id, User **ret_heir,
                                Error *err);

/* What becomes of the events of who leaves: the heir, somebody else, gets them all. Without one
 * they go for good, those that others share only when this is said; otherwise ERROR_CONFLICT. */
typedef struct Legacy {
    const User *heir;
    bool may_delete_shared;
    const LegacyView *view; /* counted before, so that no writer has to wait for it; or NULL */
} Legacy;

/* The account is gone when this is committed, and of its events nobody sees one any more, or the
 * heir gets them. A few of them go at once, the rest and what else there is of the account piece by
 * piece (auth/departure.h). ERROR_CONFLICT also for the last administrator; ERROR_QUOTA when the
 * heir has no room for them; ERROR_RETRY as for accounts_update. */
bool accounts_delete(Db *db, Arena *arena, const Author *author, const User *leaving,
                     const Legacy *legacy, Error *err);

/* The same, and the name is forgotten from others' history and the audit trail as well, piece by
 * piece (store/erasures.h). */
bool accounts_erase(Db *db, Arena *arena, const Author *author, const User *leaving,
                    const Legacy *legacy, Error *err);
