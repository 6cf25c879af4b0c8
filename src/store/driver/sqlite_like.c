#include "store/driver/sqlite_like.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/fold.h"
#include "base/memory.h"

/* How it works: what people search for is `%words%` (api/paging.h, like_contains). The words are
 * folded once for a statement, and each text is gone through once, whatever the words are. SQLite
 * looks at its clock only between rows, of which one may take long, so it is looked at here too.
 *
 * Any other pattern is of our own making and walked along the text; when they part ways, the walk
 * goes back to the last '%' and lets it swallow one more character. Only the last one matters,
 * because an earlier '%' has already found the earliest place for what follows it. */

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

/* -- %words% ---------------------------------------------------------------------------------- */

/* Kept with the statement while its pattern stays the same. `border[i]`: how long the longest end
 * of the first i + 1 bytes of the words is with which they also begin (Knuth, Morris and Pratt,
 * "Fast Pattern Matching in Strings", 1977): nothing of the text is compared again. */
typedef struct Search {
    size_t length;
    char *words; /* folded */
    size_t *border;
} Search;

/* The lower-case form of the character at *at, as bytes; goes on to the next. */
static size_t fold(const char **at, char ret_bytes[4])
{
    unsigned char c = (unsigned char)**at;
    size_t read = 1;

    if (c < 0x80) {
        ret_bytes[0] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        (*at)++;
        return 1;
    }
    size_t written = fold_write(fold_lower(fold_read(*at, &read)), ret_bytes);
    *at += read;
    return written;
}

static void forget_search(void *context)
{
    Search *search = context;

    memory_give_back(search->words);
    memory_give_back(search->border);
    memory_give_back(search);
}

/* How much of the words matches when `c` follows where `matched` of them did. */
static size_t step(const Search *search, size_t matched, char c)
{
    while (matched > 0 && search->words[matched] != c)
        matched = search->border[matched - 1];
    return search->words[matched] == c ? matched + 1 : 0;
}

static void find_borders(Search *search)
{
    for (size_t i = 0; i < search->length; i++)
        search->border[i] = i == 0 ? 0 : step(search, search->border[i - 1], search->words[i]);
}

/* The words between the two '%', folded and without their escapes. False: it is no such pattern. */
static bool read_words(const char *pattern, char escape, Search *search)
{
    const char *at = pattern + 1;

    if (*pattern != '%')
        return false;
    while (*at != '\0' && *at != '%' && *at != '_') {
        if (*at == escape && at[1] != '\0')
            at++;
        search->length += fold(&at, search->words + search->length);
    }
    return at[0] == '%' && at[1] == '\0';
}

/* NULL: it is not `%words%`. Folding makes of two bytes three at most: of U+023A, U+2C65. */
static Search *start_search(const char *pattern, char escape)
{
    size_t most = 2 * strlen(pattern) + 4;
    Search *search = memory_take(sizeof(*search));

    *search = (Search){ .words = memory_take(most), .border = memory_take(most * sizeof(size_t)) };
    if (read_words(pattern, escape, search)) {
        search->words[search->length] = '\0';
        find_borders(search);
        return search;
    }
    forget_search(search);
    return NULL;
}

static bool contains(const Search *search, const char *text)
{
    size_t matched = 0;

    while (matched < search->length && *text != '\0') {
        char bytes[4];
        size_t count = fold(&text, bytes);
        for (size_t i = 0; i < count && matched < search->length; i++)
            matched = step(search, matched, bytes[i]);
    }
    return matched == search->length;
}

/* -- The function ----------------------------------------------------------------------------- */

/* The search that the pattern stands for, made when the statement comes here first. */
static Search *find_search(sqlite3_context *context, const char *pattern, char escape)
{
    Search *search = sqlite3_get_auxdata(context, 0);

    if (search != NULL)
        return search;
    search = start_search(pattern, escape);
    if (search != NULL)
        sqlite3_set_auxdata(context, 0, search, forget_search);
    /* It need not keep it, and then has given it back already. */
    return sqlite3_get_auxdata(context, 0);
}

static bool is_in_time(sqlite3_context *context, size_t length)
{
    enum { LOOK_EVERY_BYTES = 256 * 1024 }; /* folded in about half a millisecond */
    LikeClock *clock = sqlite3_user_data(context);

    clock->bytes += length;
    if (clock->bytes < LOOK_EVERY_BYTES)
        return true;
    clock->bytes = 0;
    if (!clock->is_too_late(clock))
        return true;
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    return false;
}

/* like(pattern, text[, escape]): SQL's `text LIKE pattern ESCAPE escape`. */
static void like(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *pattern = (const char *)sqlite3_value_text(values[0]);
    const char *text = (const char *)sqlite3_value_text(values[1]);
    const char *escape = count > 2 ? (const char *)sqlite3_value_text(values[2]) : NULL;
    char escape_sign = escape != NULL ? *escape : '\0';

    if (pattern == NULL || text == NULL)
        return; /* null */
    size_t length = (size_t)sqlite3_value_bytes(values[1]);
    if (!is_in_time(context, length))
        return;
    Search *search = find_search(context, pattern, escape_sign);
    sqlite3_result_int(context, search != NULL ? contains(search, text)
                                               : matches(pattern, text, (uint32_t)escape_sign));
}

int sqlite_like_install(sqlite3 *handle, LikeClock *clock)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int result =
        sqlite3_create_function_v2(handle, "like", 2, flags, clock, like, NULL, NULL, NULL);

    if (result != SQLITE_OK)
        return result;
    return sqlite3_create_function_v2(handle, "like", 3, flags, clock, like, NULL, NULL, NULL);
}
