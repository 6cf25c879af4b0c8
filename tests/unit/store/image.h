/* Image - all that a database holds: as one text, to compare, and kept beside it, to go back to.
 *
 *   Image image = image_take(db, arena);
 *   const char *before = image_text(&image, reader, NULL, arena);
 *   …
 *   image_restore(&image, db);
 *
 * Tables are found in the database's own catalogue, so a new one is in it by itself. */
#pragma once

#include "store/driver/db.h"

typedef struct Image {
    const Sql *select;   /* name and rows of every table */
    const char *restore; /* a script */
    const char *rewind;
} Image;

/* Keeps a copy of every table, on a connection that writes. What goes wrong fails the test. */
Image image_take(Db *db, Arena *arena);

/* The rows of every table but `except` (NULL: of all). */
const char *image_text(const Image *image, Db *db, const char *except, Arena *arena);

/* Everything as it was taken, the next ids too. */
void image_restore(const Image *image, Db *db);

/* Only the next ids: PostgreSQL does not give those back that a rolled back transaction took. */
void image_rewind(const Image *image, Db *db);
