#include "store/driver/sqlite_words.h"

#include <string.h>

#include "base/memory.h"

/* How it works: Knuth, Morris and Pratt, "Fast Pattern Matching in Strings" (1977): `border[i]` is
 * how long the longest end of the first i + 1 bytes of the words is with which they also begin, so
 * nothing of the text is compared again. UTF-8 matches byte by byte where it does by character. */

/* Kept with the statement while its words stay the same. */
typedef struct Words {
    size_t length;
    char *bytes;
    size_t *border;
} Words;

static void forget_words(void *context)
{
    Words *words = context;

    memory_give_back(words->bytes);
    memory_give_back(words->border);
    memory_give_back(words);
}

/* How much of the words matches when `c` follows where `matched` of them did. */
static size_t step(const Words *words, size_t matched, char c)
{
    while (matched > 0 && words->bytes[matched] != c)
        matched = words->border[matched - 1];
    return words->bytes[matched] == c ? matched + 1 : 0;
}

static Words *start_words(const char *text, size_t length)
{
    Words *words = memory_take(sizeof(*words));

    *words = (Words){
        .length = length,
        .bytes = memory_take(length + 1),
        .border = memory_take((length + 1) * sizeof(size_t)),
    };
    memcpy(words->bytes, text, length);
    words->bytes[length] = '\0';
    words->border[0] = 0;
    for (size_t i = 1; i < length; i++)
        words->border[i] = step(words, words->border[i - 1], words->bytes[i]);
    return words;
}

static bool contains(const Words *words, const char *text, size_t length)
{
    size_t matched = 0;

    for (size_t i = 0; i < length && matched < words->length; i++) {
        const char *next = matched > 0 ? text + i : memchr(text + i, words->bytes[0], length - i);
        if (next == NULL)
            return false;
        i = (size_t)(next - text);
        matched = step(words, matched, text[i]);
    }
    return matched == words->length;
}

/* SQLite looks at its clock only between rows, of which one may take long. */
static bool is_in_time(sqlite3_context *context, size_t length)
{
    enum { LOOK_EVERY_BYTES = 256 * 1024 }; /* looked into in less than half a millisecond */
    WordsClock *clock = sqlite3_user_data(context);

    clock->bytes += length;
    if (clock->bytes < LOOK_EVERY_BYTES)
        return true;
    clock->bytes = 0;
    if (!clock->is_too_late(clock))
        return true;
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    return false;
}

static Words *find_words(sqlite3_context *context, sqlite3_value *value)
{
    Words *words = sqlite3_get_auxdata(context, 1);
    const char *text = (const char *)sqlite3_value_text(value);

    if (words != NULL || text == NULL)
        return words;
    words = start_words(text, (size_t)sqlite3_value_bytes(value));
    sqlite3_set_auxdata(context, 1, words, forget_words);
    /* It need not keep it, and then has given it back already. */
    return sqlite3_get_auxdata(context, 1);
}

static void has_words(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *text = (const char *)sqlite3_value_text(values[0]);

    (void)count;
    if (text == NULL)
        return; /* null */
    size_t length = (size_t)sqlite3_value_bytes(values[0]);
    if (!is_in_time(context, length))
        return;
    Words *words = find_words(context, values[1]);
    if (words != NULL)
        sqlite3_result_int(context, contains(words, text, length));
}

int sqlite_words_install(sqlite3 *handle, WordsClock *clock)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

    return sqlite3_create_function_v2(handle, "has_words", 2, flags, clock, has_words, NULL, NULL,
                                      NULL);
}
