#include "store/search_texts.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "calendar/overrides.h"
#include "store/rows.h"
#include "json/reader.h"

SQL(put_search_texts,
    "INSERT INTO search_texts (event_id, title, location, description) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (event_id) DO UPDATE SET title = excluded.title, location = excluded.location,"
    " description = excluded.description");

SQL(select_search_texts,
    "SELECT title, location, description FROM search_texts WHERE event_id = $1");

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

/* -- The parts --------------------------------------------------------------------------------- */

/* The members that are looked into: of the event, and of an override. */
static const struct {
    const char *column;
    size_t of_event;
    size_t of_override;
} members[] = {
    { "title", offsetof(Event, title), offsetof(Override, title) },
    { "location", offsetof(Event, location), offsetof(Override, location) },
    { "description", offsetof(Event, description), offsetof(Override, description) },
};
enum { MEMBERS = sizeof(members) / sizeof(members[0]), LONGEST = 1 + LIMIT_OVERRIDES };

static const char between_parts = '\x1f'; /* which no text has */

static const char *text_at(const void *object, size_t offset)
{
    return *(const char *const *)((const char *)object + offset);
}

/* One member of the event and of its overrides, in order; how many there are. */
static size_t list_parts(const Event *event, const OverrideEntry entries[], size_t count,
                         size_t member, const char *ret_parts[])
{
    const char *own = text_at(event, members[member].of_event);
    size_t offset = members[member].of_override;
    size_t parts = 0;

    if (own != NULL)
        ret_parts[parts++] = own;
    for (size_t i = 0; i < count; i++) {
        const Override *override = &entries[i].override;
        if (schema_is_given(&override_schema, override, offset) &&
            text_at(override, offset) != NULL)
            ret_parts[parts++] = text_at(override, offset);
    }
    return parts;
}

/* NULL: there are none. */
static const char *gather(FoldedTexts *folded, const char *const parts[], size_t count)
{
    Buffer all = buffer_start(folded->arena);

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&all, between_parts);
        buffer_add(&all, folded_texts_get(folded, parts[i]));
    }
    return all.length > 0 ? all.data : NULL;
}

/* Those of an event, in lists of each member. */
typedef struct Parts {
    const char **items[MEMBERS];
    size_t counts[MEMBERS];
} Parts;

static Parts parts_of(Arena *arena, const Event *event)
{
    OverrideEntry *entries = NULL;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);
    Parts parts;

    for (size_t i = 0; i < MEMBERS; i++) {
        parts.items[i] = ARENA_ARRAY(arena, const char *, count + 1);
        parts.counts[i] = list_parts(event, entries, count, i, parts.items[i]);
    }
    return parts;
}

static size_t cost_of(const FoldedTexts *folded, const Parts *parts)
{
    size_t cost = 0;

    for (size_t i = 0; i < MEMBERS; i++) {
        for (size_t j = 0; j < parts->counts[i]; j++)
            cost += folded_texts_cost(folded, parts->items[i][j]);
    }
    return cost;
}

/* -- What is folded already ---------------------------------------------------------------------
 */

static size_t count_parts(const char *column)
{
    size_t count = column != NULL;

    for (; column != NULL && *column != '\0'; column++)
        count += *column == between_parts;
    return count;
}

/* The parts of a column that was made of these. */
static void remember(FoldedTexts *folded, const char *const parts[], size_t count, char *column)
{
    if (count_parts(column) != count)
        return;
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(column, "\x1f");
        char *rest = column + length + (column[length] != '\0');
        column[length] = '\0';
        folded_texts_remember(folded, parts[i], column);
        column = rest;
    }
}

static bool recall(Db *db, FoldedTexts *folded, const Event *before, Error *err)
{
    const Parts parts = parts_of(folded->arena, before);
    Rows AUTO(rows_close) rows = { 0 };

    if (!db_query(db, &select_search_texts, PARAMS(INT(before->id)), &rows, err))
        return false;
    if (rows_next(&rows)) {
        for (size_t i = 0; i < MEMBERS; i++) {
            const char *column = rows_text(&rows, members[i].column, folded->arena);
            remember(folded, parts.items[i], parts.counts[i], arena_strdup(folded->arena, column));
        }
    }
    return rows_finish(&rows, err);
}

/* The texts of overrides, or of a merge patch of them. */
static void prepare_overrides(FoldedTexts *folded, const char *overrides)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { 0 };

    if (!may_have_texts(overrides) || !json_read_stored(overrides, &root, &err))
        return;
    for (void *at = json_object_iter(root); at != NULL; at = json_object_iter_next(root, at)) {
        for (size_t i = 0; i < MEMBERS; i++) {
            const json_t *text = json_object_get(json_object_iter_value(at), members[i].column);
            if (json_is_string(text))
                folded_texts_prepare(folded, arena_strdup(folded->arena, json_string_value(text)));
        }
    }
}

void search_texts_prepare(FoldedTexts *folded, const Event *event)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        const char *text = text_at(event, members[i].of_event);
        if (text != NULL)
            folded_texts_prepare(folded, text);
    }
    prepare_overrides(folded, event->recurrence_overrides);
}

/* -- What is ready ------------------------------------------------------------------------------
 */

typedef struct ReadyTexts ReadyTexts;
struct ReadyTexts {
    ReadyTexts *next;
    Event event; /* a copy */
    const char *columns[MEMBERS];
};

static void gather_all(FoldedTexts *folded, const Parts *parts, const char *ret_columns[MEMBERS])
{
    for (size_t i = 0; i < MEMBERS; i++)
        ret_columns[i] = gather(folded, parts->items[i], parts->counts[i]);
}

void search_texts_make_ready(FoldedTexts *folded, const Event *event)
{
    if (!needs_row(event))
        return;
    const Parts parts = parts_of(folded->arena, event);
    ReadyTexts *ready = ARENA_NEW(folded->arena, ReadyTexts);
    *ready = (ReadyTexts){ .next = folded->ready, .event = *event };
    gather_all(folded, &parts, ready->columns);
    folded->ready = ready;
}

/* Nearly always of the very same texts, which are not looked into then. */
static const ReadyTexts *find_ready(const FoldedTexts *folded, const Event *event)
{
    const ReadyTexts *ready = folded->ready;

    while (ready != NULL && !has_same_texts(&ready->event, event))
        ready = ready->next;
    return ready;
}

/* -- Writing ------------------------------------------------------------------------------------
 */

static bool make_columns(Db *db, FoldedTexts *folded, const Event *before, const Event *after,
                         const char *ret_columns[MEMBERS], Error *err)
{
    const Parts parts = parts_of(folded->arena, after);

    if (before != NULL && cost_of(folded, &parts) > LIMIT_FOLDED_AT_ONCE &&
        !recall(db, folded, before, err))
        return false;
    gather_all(folded, &parts, ret_columns);
    return true;
}

static bool put(Db *db, FoldedTexts *folded, const Event *before, const Event *after, Error *err)
{
    const ReadyTexts *ready = find_ready(folded, after);
    const char *columns[MEMBERS];

    if (ready != NULL)
        memcpy(columns, ready->columns, sizeof(columns));
    else if (!make_columns(db, folded, before, after, columns, err))
        return false;
    return db_execute_later(
        db, &put_search_texts,
        PARAMS(INT(after->id), TXT(columns[0]), TXT(columns[1]), TXT(columns[2])), err);
}

bool search_texts_follow(Db *db, Arena *arena, FoldedTexts *folded, const Event *before,
                         const Event *after, Error *err)
{
    FoldedTexts own = { .arena = arena };

    if (before != NULL && has_same_texts(before, after))
        return true;
    if (needs_row(after))
        return put(db, folded != NULL ? folded : &own, before, after, err);
    return !needs_row(before) ||
           db_execute_later(db, &delete_search_texts, PARAMS(INT(after->id)), err);
}

bool search_texts_split(Db *db, Arena *arena, FoldedTexts *folded, const Event *from,
                        const Event *tail, Error *err)
{
    FoldedTexts own = { .arena = arena };

    return !needs_row(tail) || put(db, folded != NULL ? folded : &own, from, tail, err);
}
