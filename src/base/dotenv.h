/* Dotenv - files of KEY=value lines, as python-dotenv and the shell read them:
 *
 *   # a comment
 *   export SECRET_KEY='taken literally'
 *   DATABASE_URL="with \"escapes\" and # no comment"
 *   FASTI_THREADS=4        # a comment after a blank */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct DotenvLine {
    const char *key;
    const char *value;
} DotenvLine;

/* Reads `text` (changed nowhere) into lines in the arena. A line that is none of the above is
 * ERROR_INVALID, with its number. */
bool dotenv_parse(const char *text, Arena *arena, DotenvLine **ret_lines, size_t *ret_count,
                  Error *err);
