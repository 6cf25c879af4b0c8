/* Search texts - what searches look into, folded (base/fold.h): the event's title, location and
 * description, each with those of its overrides.
 *
 * An event whose texts are ASCII and whose overrides have none has no row here: lower() gives the
 * same of the event itself, which a search takes then. So an ordinary event costs nothing. */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"
#include "store/words.h"

/* Parts of a statement about events `e`: does its `member` contain these folded words? */
#define SEARCH_TEXT(member, lower)                                                                 \
    "coalesce((SELECT s." member " FROM search_texts s WHERE s.event_id = e.id), " lower ")"
#define EVENT_HAS_SQLITE(member, words)                                                            \
    HAS_WORDS_SQLITE(SEARCH_TEXT(member, LOWER_SQLITE("e." member)), words)
#define EVENT_HAS_POSTGRES(member, words)                                                          \
    HAS_WORDS_POSTGRES(SEARCH_TEXT(member, LOWER_POSTGRES("e." member)), words)

/* Writes what there is to be found of an event that was just written, where it differs from what
 * there was `before` (NULL: it is new). Does not wait (db_execute_later). */
bool search_texts_follow(Db *db, Arena *arena, const Event *before, const Event *after, Error *err);
