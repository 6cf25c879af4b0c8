/* Docs UI - the pages /, /docs (Swagger UI) and /redoc (ReDoc) with their scripts and styles, all
 * out of the program itself: nothing is fetched from elsewhere, by policy and in fact. */
#pragma once

#include "api/assets.h"

/* The file that is served at `path`, or NULL. */
const Asset *asset_find(const char *path);
