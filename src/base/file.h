/* File - small files read whole: `.env`, secrets, keys; and names that last. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

typedef enum FileCheck {
    FILE_ANY,
    FILE_OURS,   /* refused when anybody else on the machine may write it */
    FILE_SECRET, /* or read it, unless it lies in /run/secrets */
} FileCheck;

/* May a file of this path and mode be believed? Container runtimes lay secrets into /run/secrets
 * readable by all, and nobody but the container has that directory: there it is enough that nobody
 * else may write them. False: a sentence with a way out. */
bool file_is_trusted(const char *path, unsigned mode, FileCheck check, Error *err);

/* The whole text of a file of at most `limit` bytes, without NUL bytes, in the arena. False:
 * ERROR_NOT_FOUND when there is none, ERROR_INVALID for anything else, with a sentence that names
 * the path: for whoever runs the program, never for a client. */
bool file_read(const char *path, FileCheck check, size_t limit, Arena *arena, const char **ret_text,
               Error *err);

/* Makes the names in the folder of `path` durable. */
bool file_sync_folder(const char *path);
