/* Needs about the account whose {user_id} is in the path. An account whose person one does not know
 * is an account that is not there. */
#pragma once

#include "http/request.h"

/* For oneself, administrators and who shares an event with the person. */
extern const Need need_known_account;

/* For oneself and administrators. */
extern const Need need_managed_account;

/* The account that was permitted, as it is now. */
static inline User *account_of(const Request *req)
{
    return (User *)req->subject;
}

/* Is it another one's than the token's? */
bool account_is_of_another(const Request *req);

/* May who asks see and change all of it? `req->user` must be known. */
bool account_may_be_managed(const Request *req);

/* Asks for the account `id`, which `req` is about (users_take): read only, or locked to be changed;
 * then who asks, and who is to get its events (`to` of the query), are held as well. */
Ask *permit_ask_account(Request *req, int64_t id);
