#include "store/search_texts.h"

#include <string.h>

#include "base/fold.h"
#include "base/text.h"
#include "calendar/overrides.h"

SQL(put_search_texts,
    "INSERT INTO search_texts (event_id, title, location, description) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (event_id) DO UPDATE SET title = excluded.title, location = excluded.location,"
    " description = excluded.description");

SQL(delete_search_texts, "DELETE FROM search_texts WHERE event_id = $1");

static bool is_ascii(const char *text)
{
    unsigned char any = 0;

    for (; text != NULL && *text != '\0'; text++)
        any |= (unsigned char)*text;
    return any < 0x80;
}

/* In canonical text a quote inside of a value has a backslash before it. */
static bool may_have_texts(const char *overrides)
{
    return overrides != NULL &&
           (strstr(overrides, "\"title\":") != NULL || strstr(overrides, "\"location\":") != NULL ||
            strstr(overrides, "\"description\":") != NULL);
}

static bool needs_row(const Event *event)
{
    return event != NULL &&
           (!is_ascii(event->title) || !is_ascii(event->location) ||
            !is_ascii(event->description) || may_have_texts(event->recurrence_overrides));
}

static bool has_same_texts(const Event *a, const Event *b)
{
    return text_equal(a->title, b->title) && text_equal(a->location, b->location) &&
           text_equal(a->description, b->description) &&
           text_equal(a->recurrence_overrides, b->recurrence_overrides);
}

/* One of the texts with those of the overrides, each on its own side of a character that no text
 * has; NULL: there are none. */
static const char *gather(Arena *arena, const char *text, const OverrideEntry entries[],
                          size_t count, size_t offset)
{
    Buffer all = buffer_start(arena);

    for (size_t i = 0; i <= count; i++) {
        const Override *override = i > 0 ? &entries[i - 1].override : NULL;
        if (override != NULL && !schema_is_given(&override_schema, override, offset))
            continue;
        const char *part =
            override != NULL ? *(const char *const *)((const char *) override + offset) : text;
        if (part == NULL)
            continue;
        if (all.length > 0)
            buffer_add_char(&all, '\x1f');
        buffer_add(&all, part);
    }
    return all.length > 0 ? fold_text(arena, all.data) : NULL;
}

static bool put(Db *db, Arena *arena, const Event *event, Error *err)
{
    OverrideEntry *entries = NULL;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);

    return db_execute_later(
        db, &put_search_texts,
        PARAMS(INT(event->id),
               TXT(gather(arena, event->title, entries, count, offsetof(Override, title))),
               TXT(gather(arena, event->location, entries, count, offsetof(Override, location))),
               TXT(gather(arena, event->description, entries, count,
                          offsetof(Override, description)))),
        err);
}

bool search_texts_follow(Db *db, Arena *arena, const Event *before, const Event *after, Error *err)
{
    if (before != NULL && has_same_texts(before, after))
        return true;
    if (needs_row(after))
        return put(db, arena, after, err);
    return !needs_row(before) ||
           db_execute_later(db, &delete_search_texts, PARAMS(INT(after->id)), err);
}
