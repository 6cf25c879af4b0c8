/* Migration 13: what searches look into, of events whose texts are not ASCII alone or of which an
 * occurrence has texts of its own. */

#include <string.h>

#include "base/buffer.h"
#include "base/fold.h"
#include "store/migrations/migration.h"
#include "json/reader.h"

enum { PAGE = 64 }; /* of the largest, 16 MiB */

MIGRATION_SQL(select_texts, "SELECT id, title, location, description, recurrence_overrides"
                            " FROM events WHERE id > $1 ORDER BY id LIMIT $2");

MIGRATION_SQL(insert_texts, "INSERT INTO search_texts (event_id, title, location, description)"
                            " VALUES ($1, $2, $3, $4)");

static const char *const members[] = { "title", "location", "description" };

enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

typedef struct Texts {
    int64_t id;
    const char *own[MEMBERS];
    const char *overrides;
} Texts;

static void add_part(Buffer *out, const char *part)
{
    if (part == NULL || *part == '\0')
        return;
    if (out->length > 0)
        buffer_add_char(out, '\x1f');
    buffer_add(out, part);
}

/* The event's own and those of its overrides; *ret_are_several: there are some of those. */
static bool gather(Arena *arena, const Texts *texts, Buffer out[MEMBERS], bool *ret_are_several,
                   Error *err)
{
    json_t *overrides AUTO(json_release) = NULL;
    const char *key;
    json_t *override;

    *ret_are_several = false;
    for (size_t i = 0; i < MEMBERS; i++) {
        out[i] = buffer_start(arena);
        add_part(&out[i], texts->own[i]);
    }
    if (texts->overrides == NULL)
        return true;
    if (!json_read_stored(texts->overrides, &overrides, err))
        return false;
    json_object_foreach(overrides, key, override)
    {
        for (size_t i = 0; i < MEMBERS; i++) {
            const json_t *part = json_object_get(override, members[i]);
            *ret_are_several |= part != NULL;
            add_part(&out[i], json_string_value(part));
        }
    }
    return true;
}

static bool is_ascii(const Buffer *text)
{
    unsigned char any = 0;

    for (size_t i = 0; i < text->length; i++)
        any |= (unsigned char)text->data[i];
    return any < 0x80;
}

static bool write_texts(Db *db, const Texts *texts, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    Buffer all[MEMBERS];
    const char *folded[MEMBERS] = { NULL };
    bool is_needed;

    if (!gather(&arena, texts, all, &is_needed, err))
        return false;
    for (size_t i = 0; i < MEMBERS; i++) {
        is_needed |= !is_ascii(&all[i]);
        folded[i] = all[i].length > 0 ? fold_text(&arena, all[i].data) : NULL;
    }
    return !is_needed ||
           db_execute(db, &insert_texts,
                      PARAMS(INT(texts->id), TXT(folded[0]), TXT(folded[1]), TXT(folded[2])), NULL,
                      err);
}

static bool read_page(Db *db, Arena *arena, int64_t after, Texts *page, size_t *ret_count,
                      Error *err)
{
    Rows AUTO(rows_close) rows = { 0 };

    *ret_count = 0;
    if (!db_query(db, &select_texts, PARAMS(INT(after), INT(PAGE)), &rows, err))
        return false;
    while (rows_next(&rows)) {
        Texts *texts = &page[(*ret_count)++];
        texts->id = rows_int(&rows, "id");
        for (size_t i = 0; i < MEMBERS; i++)
            texts->own[i] = rows_text(&rows, members[i], arena);
        texts->overrides = rows_text(&rows, "recurrence_overrides", arena);
    }
    return rows_finish(&rows, err);
}

static bool fill(Db *db, Error *err)
{
    int64_t after = 0;
    size_t count = PAGE;

    while (count == PAGE) {
        Arena AUTO(arena_finish) arena = { 0 };
        Texts *page = ARENA_ARRAY(&arena, Texts, PAGE);
        if (!read_page(db, &arena, after, page, &count, err))
            return false;
        for (size_t i = 0; i < count; i++) {
            after = page[i].id;
            if (!write_texts(db, &page[i], err))
                return false;
        }
    }
    return true;
}

static const MigrationStep steps[] = {
    { .sqlite = "CREATE TABLE search_texts ("
                " event_id INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,"
                " title TEXT, location TEXT, description TEXT) STRICT;",
      .postgres = "-- Of events whose texts lower() alone does not fold.\n"
                  "CREATE TABLE search_texts (\n"
                  "    event_id BIGINT PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,\n"
                  "    title TEXT, -- each with those of the overrides, U+001F between\n"
                  "    location TEXT,\n"
                  "    description TEXT\n"
                  ");\n",
      .run = fill },
};

const Migration migration_13 = MIGRATION(steps);
