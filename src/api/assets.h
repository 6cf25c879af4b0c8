/* Assets - files that are part of the program, for the pages of the documentation. The table is
 * made from the files by tools/embed when the program is built. */
#pragma once

#include <stddef.h>

typedef struct AssetRange {
    size_t start; /* in assets_bytes */
    size_t length;
} AssetRange;

typedef struct Asset {
    const char *path; /* on the server */
    const char *content_type;
    const char *tag; /* of the content */
    AssetRange plain;
    AssetRange gzip;
} Asset;

extern const char assets_bytes[];
extern const Asset assets[];
extern const size_t asset_count;
