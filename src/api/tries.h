/* Tries - how often somebody may try to prove who he is, and who has.
 *
 *   tries_count … bcrypt … tries_fail or tries_succeed
 *
 * A try is counted before anything is hashed, so that many at once count as many, in the database:
 *
 *   here        of one account from one network: TRIES_HERE in a quarter of an hour; what is beyond
 *               is locked, which looks like a wrong password, and counts for nothing else
 *   strangers   of one account from networks where nobody has ever signed in to it: beyond
 *               TRIES_OF_STRANGERS in an hour each of those has TRIES_IN_A_SIEGE left
 *   everywhere  the same over all accounts (RATE_STRANGERS): beyond it strangers are told to wait
 *
 * From a network that the account has signed in from only its own tries count, so nobody elsewhere
 * locks its owner out there; and there is no lock that lasts as long as somebody goes on trying.
 * Who has signed in and proves it again, for another password, has a counter of his session. The
 * right password takes its own try back. Nothing is counted without a limit of the rate. */
#pragma once

#include "http/request.h"

enum {
    TRIES_HERE = 10,
    TRIES_OF_STRANGERS = 100,
    TRIES_IN_A_SIEGE = 2,
    TRIES_WHERE_KNOWN = 30, /* instead of TRIES_HERE: a whole family behind one address */
};

typedef struct Tries {
    const User *user;    /* who is meant; NULL: nobody */
    const char *network; /* from where */
    bool is_known;       /* the account has signed in from there before */
    bool is_session;     /* in a session of the user's */
    bool is_locked;
    int64_t here; /* tries so far, this one included; 0: not counted */
    const char *here_key;
    const char *strangers_key; /* NULL: not counted there */
} Tries;

/* Who is meant by this name or address, and may he try? Looks both up in one round trip. False:
 * req->error, also ERROR_TOO_MANY_REQUESTS. */
bool tries_count(Request *req, const char *login, User **ret_user, Tries *ret_tries);

/* The same for who is signed in. */
bool tries_count_session(Request *req, const User *user, Tries *ret_tries);

/* Leave a line in the audit trail: who failed, as long as they are not too many; who signed in. The
 * latter also remembers the network. */
bool tries_fail(Request *req, const Tries *tries);
bool tries_succeed(Request *req, const Tries *tries);

/* The session is new, and this is its user's network from now on. */
bool tries_remember(Request *req, const User *user);
