/* Words - parts of a statement: does a text contain the words? Both are folded (base/fold.h); what
 * is ASCII is folded by lower(). In time by the length of the text, on both databases. */
#pragma once

#define HAS_WORDS_SQLITE(text, words) "has_words(" text ", " words ")"

/* strpos compares place by place where it must, so that it may take as long as the words: of few
 * that is nothing, and it is six times as fast. Regular expressions are linear; these are literal.
 */
#define HAS_WORDS_POSTGRES(text, words)                                                            \
    "CASE WHEN octet_length(CAST(" words " AS TEXT)) <= 16 THEN strpos(" text ", " words           \
    ") > 0 ELSE " text " ~ ('***=' || " words ") END"
#define LOWER_SQLITE(text)   "lower(" text ")"
#define LOWER_POSTGRES(text) "lower(" text " COLLATE \"C\")"
