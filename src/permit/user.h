/* Needs about who is asking: nobody in particular, somebody who is signed in, an administrator. */
#pragma once

#include "http/request.h"

extern const Need need_nobody;
extern const Need need_user;
extern const Need need_admin;

/* A part of every need but need_nobody. Asked after what a write locks besides, and holds the
 * account then (store/users.h). */
void permit_ask_user(Request *req);
bool permit_user(Request *req);

/* The `ask` of a need that is about who asks. */
void permit_ask_asker(const Need *need, Request *req);
