#include "store/driver/sqlite_like.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/fold.h"

/* How it works: the pattern is walked along the text; when they part ways, the walk goes back to
 * the last '%' and lets it swallow one more character. Only the last one matters, because an
 * earlier '%' has already found the earliest place for what follows it. */

typedef struct Element {
    uint32_t code_point;
    bool is_any_text;      /* % */
    bool is_any_character; /* _ */
} Element;

static Element read_element(const char *pattern, uint32_t escape, size_t *ret_length)
{
    uint32_t c = fold_read(pattern, ret_length);

    if (c == escape && pattern[*ret_length] != '\0') {
        size_t more;
        c = fold_read(pattern + *ret_length, &more);
        *ret_length += more;
        return (Element){ .code_point = fold_lower(c) };
    }
    return (Element){
        .code_point = fold_lower(c),
        .is_any_text = c == '%',
        .is_any_character = c == '_',
    };
}

static bool matches(const char *pattern, const char *text, uint32_t escape)
{
    const char *pattern_after_any = NULL;
    const char *text_after_any = NULL;

    while (*text != '\0' || *pattern != '\0') {
        size_t element_length = 0;
        size_t length = 0;
        Element element = { .code_point = 0 };
        if (*pattern != '\0')
            element = read_element(pattern, escape, &element_length);
        if (element.is_any_text) {
            pattern_after_any = pattern += element_length;
            text_after_any = text;
            continue;
        }
        uint32_t c = *text != '\0' ? fold_lower(fold_read(text, &length)) : 0;
        if (*text != '\0' && *pattern != '\0' &&
            (element.is_any_character || element.code_point == c)) {
            pattern += element_length;
            text += length;
            continue;
        }
        if (pattern_after_any == NULL || *text_after_any == '\0')
            return false;
        fold_read(text_after_any, &length);
        text = text_after_any += length;
        pattern = pattern_after_any;
    }
    return true;
}

/* like(pattern, text[, escape]): SQL's `text LIKE pattern ESCAPE escape`. */
static void like(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *pattern = (const char *)sqlite3_value_text(values[0]);
    const char *text = (const char *)sqlite3_value_text(values[1]);
    const char *escape = count > 2 ? (const char *)sqlite3_value_text(values[2]) : NULL;

    if (pattern == NULL || text == NULL)
        return; /* null */
    sqlite3_result_int(context, matches(pattern, text, escape != NULL ? (uint32_t)*escape : 0));
}

int sqlite_like_install(sqlite3 *handle)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int result = sqlite3_create_function_v2(handle, "like", 2, flags, NULL, like, NULL, NULL, NULL);

    if (result != SQLITE_OK)
        return result;
    return sqlite3_create_function_v2(handle, "like", 3, flags, NULL, like, NULL, NULL, NULL);
}
