/* Reader - JSON in, from a stranger. A checked door before jansson.
 *
 * Refused as ERROR_MALFORMED (400), each with a sentence that says what is wrong and where:
 * anything but one object or array in strict UTF-8 (no BOM), nesting beyond LIMIT_JSON_DEPTH, more
 * than LIMIT_JSON_MEMBERS members, keys beyond LIMIT_JSON_KEY_BYTES, numbers beyond
 * LIMIT_JSON_NUMBER_DIGITS, duplicate members, \u0000, lone surrogates, NaN and Infinity, a second
 * document, trailing bytes.
 *
 * -0 and integers that no int64 holds are read as reals: they are well-formed, but no field that
 * wants an integer takes them. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Reads one document. On success *ret_root is a reference the caller gives back with
 * json_unref(): json_t *root AUTO(json_release) = NULL; */
bool json_read(const char *bytes, size_t length, json_t **ret_root, Error *err);

/* Reads JSON text of our own, from the database: any root value. A text that does not parse is
 * ERROR_INTERNAL. */
bool json_read_stored(const char *text, json_t **ret_root, Error *err);

void json_release(json_t **root); /* for AUTO */

/* Canonical text of a value, in the arena: members sorted by key, no blanks, UTF-8 as it is. */
const char *json_canonical(Arena *arena, const json_t *value);

/* What can be said of a text without building its value. FORM_OTHER also where that would take
 * building it: numbers that are no small integers, rare escapes, deep nesting. */
typedef enum JsonForm {
    FORM_OTHER,
    FORM_COMPACT,   /* one value as the writer writes it: no blanks, UTF-8 as it is */
    FORM_CANONICAL, /* it is what json_canonical would make of it */
} JsonForm;
JsonForm json_form(const char *text);
