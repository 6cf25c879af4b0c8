#include "cli/zone_errand.h"

#include "base/clock.h"
#include "permit/user.h"
#include "store/events.h"
#include "store/zone_moves.h"
#include "time/timezone.h"

static const Field id_element = ELEMENT(int64_t, integer_type, .min = 1);

static const Field piece_fields[] = {
    ARRAY(ZonePiece, ids, .flags = REQUIRED, .max = ZONE_PIECE_IDS, .element = &id_element,
          .doc = "Of events."),
};

static const Schema piece_schema =
    SCHEMA(ZonePiece, piece_fields, .doc = "Events that are to follow their zones.");

static const Field done_fields[] = {
    INTEGER(ZonePieceDone, derived, .flags = REQUIRED, .doc = "How many were derived anew."),
    INTEGER(ZonePieceDone, moved, .flags = REQUIRED, .doc = "How many of them were moved."),
    INTEGER(ZonePieceDone, took_us, .flags = REQUIRED, .doc = "In microseconds."),
};

const Schema zone_piece_done_schema =
    SCHEMA(ZonePieceDone, done_fields, .doc = "What became of them.");

/* By the files as they are now, whenever this process has looked at them last. */
static bool follow(Db *db, Arena *arena, const void *input, Buffer *out, Error *err)
{
    const ZonePiece *piece = input;
    int64_t begun_us = clock_monotonic_us();
    ZoneMoves moves;
    List events;

    (void)timezone_look();
    if (!events_find_some(db, arena, piece->ids.items, piece->ids.count, &events, err) ||
        !zone_moves_follow_all(db, arena, clock_now_us(), events, &moves, err))
        return false;
    const ZonePieceDone done = {
        .derived = moves.derived,
        .moved = moves.moved,
        .took_us = clock_monotonic_us() - begun_us,
    };
    Writer w = writer_start(arena);
    schema_encode(&zone_piece_done_schema, &w, &done, 0);
    buffer_printf(out, "%s", writer_text(&w));
    return true;
}

const Errand zones_follow = ERRAND("/commands/zones-follow", follow, &piece_schema);
