#include "http/entity_tag.h"

#include <string.h>

#include "base/text.h"

#define BLANKS " \t,"

bool entity_tag_matches(const char *header, const char *tag, TagComparison comparison)
{
    size_t tag_length = strlen(tag);
    bool is_match = false;

    if (text_equal(header, "*"))
        return true;
    for (const char *at = header + strspn(header, BLANKS); *at != '\0';) {
        /* RFC 9110 8.8.3: entity-tag = [ weak ] opaque-tag */
        bool is_weak = text_starts_with(at, "W/");
        at += is_weak ? 2 : 0;
        if (*at != '"')
            return false;
        const char *end = strchr(at + 1, '"');
        if (end == NULL)
            return false;
        size_t length = (size_t)(end + 1 - at);
        is_match = is_match || (length == tag_length && memcmp(at, tag, length) == 0 &&
                                (comparison == TAG_WEAK || !is_weak));
        /* RFC 9110 5.6.1: the elements of a list have commas between them. */
        at = end + 1 + strspn(end + 1, " \t");
        if (*at != ',' && *at != '\0')
            return false;
        at += strspn(at, BLANKS);
    }
    return is_match;
}
