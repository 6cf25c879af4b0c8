/* Account errands - what `fasti user` and `fasti erase` do to the database. */
#pragma once

#include "cli/errand.h"

/* The input of each of them, of which each takes its own members. */
typedef struct AccountInput {
    Members given;
    const char *name; /* a user name, or an e-mail address: both find an account that is there */
    const char *email;
    const char *password_hash; /* by password_hash */
    int64_t free_busy;         /* FreeBusyRule; INTEGER_NULL: FREE_BUSY_KNOWN */
    bool admin;
    bool off; /* takes back what it gives, or the other way round */
    bool with_events;
    const char *heir; /* who gets the events: a name or an address; NULL: nobody */
    int64_t quota;    /* an index of quota_names, or INTEGER_NULL */
    int64_t most;     /* INTEGER_NULL: what everybody may */
} AccountInput;

/* What there are quotas of (store/usage.h). */
extern const char *const quota_names[];

extern const Errand user_add;
extern const Errand user_passwd;
extern const Errand user_admin;
extern const Errand user_disable;
extern const Errand user_quota;
extern const Errand user_delete;
extern const Errand user_erase;

/* One piece of what there is to be forgotten of whoever was erased; a sentence, which names this
 * one, when it was the last, and none before. */
extern const Errand erase_some;
