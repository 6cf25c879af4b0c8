#include "auth/departure.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "store/blocks.h"
#include "store/edits.h"
#include "store/events.h"
#include "store/users.h"

/* How it works: an event after another, as long as there is time; then what else there is. Events
 * that somebody else is just busy with are passed over, so that nobody waits here, and come again
 * with the next piece. */

enum {
    EVENTS_AT_ONCE = 8,
    GRANTS_AT_ONCE = 200,
};

typedef struct Piece {
    Db *db;
    Arena *arena; /* of one event: each has its memory back before the next */
    const Departure *departure;
    User *heir;    /* NULL: events go for good */
    Identity self; /* who left, where the command line asked: a version names a person */
    Identity by;
    Author author;
    int64_t until_us;
    Error *err;
} Piece;

static bool has_time(const Piece *piece)
{
    return clock_monotonic_us() < piece->until_us;
}

static bool purge(const Piece *piece, const Event *event)
{
    const Author author = {
        .by = piece->departure->by_id != INTEGER_NULL ? &piece->by : NULL,
        .at = piece->author.at,
        .address = piece->departure->address,
    };

    return edits_purge_event(piece->db, piece->arena, &author, event, piece->err);
}

/* Two events of one owner have not one uid. */
static bool make_room(Piece *piece, Event *event)
{
    bool is_taken = false;

    if (!events_has_uid(piece->db, piece->heir->id, event->uid, &is_taken, piece->err))
        return false;
    if (!is_taken)
        return true;
    char *uid = arena_alloc(piece->arena, 37);
    random_uuid(uid);
    event->uid = uid;
    return events_set_uid(piece->db, event->id, uid, piece->err);
}

static bool end_event(Piece *piece, int64_t id)
{
    Event *event = NULL;
    Event after;

    arena_reset(piece->arena);
    if (!events_find_departed(piece->db, piece->arena, id, &event, piece->err))
        return false;
    if (event == NULL)
        return true;
    if (piece->heir == NULL)
        return purge(piece, event);
    return make_room(piece, event) && edits_transfer(piece->db, piece->arena, &piece->author, event,
                                                     piece->heir, &after, piece->err);
}

/* A few go without a look at the clock: most people have no more. *ret_all: no other event is left
 * that can be had now. */
static bool end_events(Piece *piece, bool *ret_all)
{
    int64_t ids[EVENTS_AT_ONCE];
    size_t count = 0;
    bool is_first = true;

    *ret_all = false;
    while (!*ret_all && (is_first || has_time(piece))) {
        size_t i = 0;
        if (!departures_events(piece->db, piece->departure->user_id, ids, EVENTS_AT_ONCE, &count,
                               piece->err))
            return false;
        for (; i < count && (is_first || has_time(piece)); i++) {
            if (!end_event(piece, ids[i]))
                return false;
        }
        *ret_all = i == count && count < EVENTS_AT_ONCE;
        is_first = false;
    }
    return true;
}

/* Who gets the events, and who hands them on: he who asked for it, unless he is gone as well. */
static bool find_both(Piece *piece, Arena *arena)
{
    const Departure *departure = piece->departure;
    User *by = NULL;

    if (departure->heir_id == INTEGER_NULL)
        return true;
    blocks_ask_hold(piece->db, arena, departure->heir_id);
    if (!users_find_held(piece->db, arena, departure->heir_id, &piece->heir, piece->err) ||
        (departure->by_id != INTEGER_NULL &&
         !users_find_held(piece->db, arena, departure->by_id, &by, piece->err)))
        return false;
    piece->author.by = by != NULL ? &piece->by : &piece->self;
    if (piece->heir != NULL)
        return true;
    return error_set(piece->err, ERROR_RETRY, "The heir has left as well."); /* has heirs by now */
}

bool departure_go_on(Db *db, Arena *arena, const Departure *departure, Instant now, bool *ret_gone,
                     Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    bool is_all = false;
    Piece piece = {
        .db = db,
        .arena = &scratch,
        .departure = departure,
        .self = { .user_id = departure->user_id, .username = departure->username },
        .by = { .user_id = departure->by_id, .username = departure->by_name },
        .author = { .at = now, .address = departure->address },
        .until_us = clock_monotonic_us() + LIMIT_PIECE_MS * INT64_C(1000),
        .err = err,
    };

    *ret_gone = false;
    if (!find_both(&piece, arena) || !end_events(&piece, &is_all))
        return false;
    return !is_all || departures_end_some(db, departure->user_id, GRANTS_AT_ONCE, ret_gone, err);
}

bool departure_next(Db *db, Arena *arena, Instant now, bool *ret_more, Error *err)
{
    Departure *departure = NULL;
    bool is_gone;

    if (!removals_go_on(db, ret_more, err))
        return false;
    if (*ret_more)
        return true;
    if (!departures_next(db, arena, &departure, err))
        return false;
    *ret_more = departure != NULL;
    return departure == NULL || departure_go_on(db, arena, departure, now, &is_gone, err);
}
