/* Zone errand - what `fasti zones apply` does to the database, a piece at a time. */
#pragma once

#include "cli/errand.h"

/* Which events are to follow the rules of their zones; those that do already are left alone. */
typedef struct ZonePiece {
    Members given;
    List ids; /* of int64_t, at most ZONE_PIECE_IDS */
} ZonePiece;

enum { ZONE_PIECE_IDS = 512 };

/* What it leaves, as JSON of its table. */
typedef struct ZonePieceDone {
    Members given;
    int64_t derived; /* of them */
    int64_t moved;   /* of those: they have another version */
    int64_t took_us; /* without the commit */
} ZonePieceDone;

extern const Errand zones_follow;
extern const Schema zone_piece_done_schema;
