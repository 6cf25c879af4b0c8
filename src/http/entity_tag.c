#include "http/entity_tag.h"

#include <string.h>

#include "base/text.h"

bool entity_tag_matches(const char *header, const char *tag, TagComparison comparison)
{
    size_t tag_length = strlen(tag);

    if (text_equal(header, "*"))
        return true;
    for (const char *at = header; *at != '\0';) {
        at += strspn(at, " \t,");
        /* RFC 9110 8.8.3: entity-tag = [ weak ] opaque-tag */
        bool is_weak = text_starts_with(at, "W/");
        at += is_weak ? 2 : 0;
        if (*at != '"')
            return false;
        const char *end = strchr(at + 1, '"');
        if (end == NULL)
            return false;
        size_t length = (size_t)(end + 1 - at);
        if (length == tag_length && memcmp(at, tag, length) == 0 &&
            (comparison == TAG_WEAK || !is_weak))
            return true;
        at = end + 1;
    }
    return false;
}
