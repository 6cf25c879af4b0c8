/* Entity tags - RFC 9110 8.8.3 and 13.1. */
#pragma once

#include <stdbool.h>

typedef enum TagComparison {
    TAG_STRONG, /* If-Match: a weak tag never matches */
    TAG_WEAK,   /* If-None-Match: W/ is passed over */
} TagComparison;

/* Is `tag` (our own, strong, with its quotes) in the header's list? "*" matches every tag. A list
 * that is not well-formed matches nothing. */
bool entity_tag_matches(const char *header, const char *tag, TagComparison comparison);
