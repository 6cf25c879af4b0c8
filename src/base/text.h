/* Text - small questions about NUL-terminated UTF-8. Text that came in from outside never holds
 * a NUL: the JSON reader and the query parser refuse it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool text_equal(const char *a, const char *b);               /* NULL equals NULL only */
bool text_equal_ignoring_case(const char *a, const char *b); /* ASCII letters only */
bool text_starts_with(const char *text, const char *prefix);

/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF, no NUL. */
bool text_is_utf8(const char *bytes, size_t length);

/* Code points in valid UTF-8. */
size_t text_length(const char *text);

/* No U+0000–1F or U+007F but tab and newline. */
bool text_has_no_controls(const char *text);

/* A decimal int64 in its one spelling: no sign but '-', no leading zero, no space. INT64_MIN is
 * refused: it stands for null wherever a number may be missing. */
bool text_to_int64(const char *text, long long *ret_value);

/* The one of `count` names that is nearest to `name` (Levenshtein, at most a third of its
 * letters and one more apart, and never more than three: two letters that changed places count
 * twice), or NULL. For "did you mean". */
const char *text_nearest(const char *name, const char *const names[], size_t count);
