/* Password input - from a terminal without echo, twice; otherwise one line of standard input. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/* The password without its line end, in the arena. ERROR_INVALID: there is none, or the two
 * differ. */
bool password_input(Arena *arena, const char **ret_password, Error *err);
