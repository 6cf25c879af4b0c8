/* Search texts - what searches look into, folded (base/fold.h): the event's title, location and
 * description, each with those of its overrides.
 *
 * An event whose texts are ASCII and whose overrides have none has no row here: lower() gives the
 * same of the event itself, which a search takes then. So an ordinary event costs nothing. */
#pragma once

#include "store/driver/db.h"
#include "store/folded_texts.h"
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
 * there was `before` (NULL: it is new). What is not `folded` already and would take long it takes
 * from the event's row, where it has been; otherwise it does not wait (db_execute_later). `folded`
 * NULL: nothing is known of it. */
bool search_texts_follow(Db *db, Arena *arena, FoldedTexts *folded, const Event *before,
                         const Event *after, Error *err);

/* The same of an event that is new and has texts of another one. */
bool search_texts_split(Db *db, Arena *arena, FoldedTexts *folded, const Event *from,
                        const Event *tail, Error *err);

/* Folds the texts of an event, or of a patch of one, before they are asked for. */
void search_texts_prepare(FoldedTexts *folded, const Event *event);

/* Finds out beforehand all that is written of an event, which, or a copy of it, is then written
 * with these `folded`. */
void search_texts_make_ready(FoldedTexts *folded, const Event *event);
