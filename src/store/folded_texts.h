/* FoldedTexts - what texts become by fold_text, found out once in a request and out of the way of
 * others: the texts that a long body brings are folded where it is decoded, and what an event has
 * already is taken from its row (search_texts.h). For texts that may be as hostile as 8 KiB a
 * millisecond. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { FOLDED_SLOTS = 256 };

typedef struct FoldedText FoldedText;

typedef struct FoldedTexts {
    Arena *arena;
    size_t folded_bytes; /* what has been folded for who asked, and not before */
    uint64_t seed;       /* of the slots, so that nobody can choose texts that are all in one */
    FoldedText *slots[FOLDED_SLOTS];
    struct ReadyTexts *ready; /* of whole events (search_texts_make_ready) */
} FoldedTexts;

/* Folds a text that will be asked for. ASCII is folded whenever it is asked for. */
void folded_texts_prepare(FoldedTexts *texts, const char *text);

/* The same where the folded text is known. Both live as long as `texts`. */
void folded_texts_remember(FoldedTexts *texts, const char *text, const char *folded);

/* Bytes that would have to be folded for this text. */
size_t folded_texts_cost(const FoldedTexts *texts, const char *text);

/* fold_text(text) */
const char *folded_texts_get(FoldedTexts *texts, const char *text);
