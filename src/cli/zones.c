/* fasti zones: by which rules of time zones events stand where they do, what other files would
 * move, and the move itself. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/vector.h"
#include "cli/database.h"
#include "cli/zone_errand.h"
#include "store/events.h"
#include "store/zone_moves.h"
#include "store/zone_uses.h"
#include "time/timezone.h"
#include "work/zone_watch.h"

/* Says it in words or, with --json, in one document on standard output. */
typedef struct Told {
    bool as_json;
    Writer w;
} Told;

static Told begin(Call *call)
{
    Told told = {
        .as_json = call_take_flag(call, "--json"),
        .w = writer_start(call->arena),
    };

    write_object(&told.w);
    write_key(&told.w, "release");
    write_text(&told.w, timezone_release());
    write_key(&told.w, "directory");
    write_text(&told.w, timezone_directory());
    return told;
}

static void put_number(Told *told, const char *key, int64_t number)
{
    write_key(&told->w, key);
    write_integer(&told->w, number);
}

static void put_text(Told *told, const char *key, const char *text)
{
    write_key(&told->w, key);
    write_text(&told->w, text);
}

/* What has been written so far goes out, so that many events take no more memory than few. */
static void flush_out(Told *told)
{
    if (told->as_json)
        fwrite(told->w.out.data, 1, told->w.out.length, stdout);
    told->w.out.length = 0;
}

static void end(Told *told)
{
    write_end_object(&told->w);
    flush_out(told);
    if (told->as_json)
        puts("");
}

/* -- zones ------------------------------------------------------------------------------------ */

typedef enum UseState { USE_CURRENT, USE_STALE, USE_UNKNOWN } UseState;

static const char *const state_names[] = {
    [USE_CURRENT] = "current",
    [USE_STALE] = "stale",
    [USE_UNKNOWN] = "unknown",
};
static const char *const state_words[] = {
    [USE_CURRENT] = "by the rules of today",
    [USE_STALE] = "by other rules than today's",
    [USE_UNKNOWN] = "of a zone that is not known here",
};

static UseState state_of(const ZoneUse *use)
{
    const Timezone *zone = timezone_find(use->timezone);

    if (zone == NULL)
        return USE_UNKNOWN;
    return timezone_rules(zone) == use->rules ? USE_CURRENT : USE_STALE;
}

static void tell_use(Told *told, const ZoneUse *use)
{
    UseState state = state_of(use);

    write_object(&told->w);
    put_text(told, "timezone", use->timezone);
    put_text(told, "zone_release", use->release);
    put_number(told, "events", use->events);
    put_text(told, "state", state_names[state]);
    write_end_object(&told->w);
    if (!told->as_json)
        printf("%-32s %-8s %8" PRId64 "  %s\n", use->timezone, use->release, use->events,
               state_words[state]);
}

static int tell_sum(Told *told, const int64_t counts[])
{
    for (size_t i = USE_CURRENT; i <= USE_UNKNOWN; i++)
        put_number(told, state_names[i], counts[i]);
    end(told);
    if (told->as_json)
        return EXIT_OK;
    printf("\nEvents by the rules of today: %" PRId64 ", by others: %" PRId64
           ", of unknown zones: %" PRId64 "\n",
           counts[USE_CURRENT], counts[USE_STALE], counts[USE_UNKNOWN]);
    if (counts[USE_STALE] > 0)
        call_print(stdout, "`fasti zones check` says which of those would move.\n");
    return EXIT_OK;
}

static int show(Call *call, Told *told)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    int64_t counts[] = { 0, 0, 0 };
    List list;

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int code = database_open_to_read(call, &db);
    if (code != EXIT_OK)
        return code;
    if (!db_set_statement_timeout(db, 0, &err) || !zone_uses_list(db, call->arena, &list, &err))
        return call_fail_database(&err);
    if (!told->as_json)
        printf("Time zones of release %s, in %s\n", timezone_release(), timezone_directory());
    write_key(&told->w, "zones");
    write_array(&told->w);
    const ZoneUse *uses = list.items;
    for (size_t i = 0; i < list.count; i++) {
        counts[state_of(&uses[i])] += uses[i].events;
        tell_use(told, &uses[i]);
    }
    write_end_array(&told->w);
    return tell_sum(told, counts);
}

/* -- check ------------------------------------------------------------------------------------ */

/* What the present file of a zone makes of the events that another one derived. */
typedef struct Effect {
    const char *timezone;
    const char *old_release;
    int64_t events;
    int64_t moved;
} Effect;

typedef struct Check {
    Call *call;
    Db *db;
    Told *told;
    Effect *effects;
    size_t count;
    size_t capacity;
    int64_t unreadable;
} Check;

static Effect *effect_on(Check *check, const Event *before)
{
    for (size_t i = 0; i < check->count; i++) {
        Effect *effect = &check->effects[i];
        if (text_equal(effect->timezone, before->timezone) &&
            text_equal(effect->old_release, before->zone_release))
            return effect;
    }
    Arena *arena = check->call->arena;
    check->effects =
        vector_room(arena, check->effects, check->count, &check->capacity, sizeof(*check->effects));
    check->effects[check->count] = (Effect){
        .timezone = arena_strdup(arena, before->timezone),
        .old_release = arena_strdup(arena, before->zone_release),
    };
    return &check->effects[check->count++];
}

static void put_moment(Told *told, const char *key, const Event *event)
{
    char start[INSTANT_TEXT];
    char stop[INSTANT_TEXT];

    instant_format(event->start_time, start);
    instant_format(event->end_time, stop);
    write_key(&told->w, key);
    write_object(&told->w);
    put_text(told, "start_time", start);
    put_text(told, "end_time", stop);
    put_text(told, "zone_release", event->zone_release);
    write_end_object(&told->w);
}

static void print_move(Arena *arena, const Event *before, const Event *after, const char *fields)
{
    printf("event %" PRId64 ", %s: ", after->id, after->timezone);
    if (before->start_time == after->start_time && before->end_time == after->end_time)
        printf("starts at %s as before", instant_text(arena, after->start_time));
    else
        printf("%s to %s -> %s to %s", instant_text(arena, before->start_time),
               instant_text(arena, before->end_time), instant_text(arena, after->start_time),
               instant_text(arena, after->end_time));
    printf("  %s\n", fields);
}

static void tell_move(Check *check, Arena *arena, const Change *change)
{
    const Event *after = change->after;
    const char *fields = history_texts(arena, change).changed_fields;
    Told *told = check->told;

    write_object(&told->w);
    put_number(told, "event_id", after->id);
    put_number(told, "owner_id", after->owner_id);
    put_text(told, "timezone", after->timezone);
    put_moment(told, "old", change->before);
    put_moment(told, "new", after);
    write_key(&told->w, "changed_fields");
    write_raw(&told->w, fields);
    write_end_object(&told->w);
    if (!told->as_json)
        print_move(arena, change->before, after, fields);
}

static void judge(Check *check, Arena *arena, Event *event)
{
    const Event *before = event->stored;

    if (before == NULL)
        return;
    Effect *effect = effect_on(check, before);
    const Change change = zone_moves_of(arena, clock_now_us(), event);
    effect->events++;
    if (change.changes == NULL)
        return;
    effect->moved++;
    tell_move(check, arena, &change);
}

static void warn_of(int64_t id, const Error *err)
{
    fprintf(stderr, "fasti: Event %" PRId64 " stays as it is: %s\n", id, err->detail);
}

static void tell_unreadable(Check *check, int64_t id, const Error *err)
{
    check->unreadable++;
    warn_of(id, err);
}

/* Where one cannot be read, it is looked for. */
static bool check_some(Check *check, const int64_t ids[], size_t count, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    List list;

    if (!events_look_at_some(check->db, &arena, ids, count, &list, err)) {
        if (err->code == ERROR_UNAVAILABLE || err->code == ERROR_RETRY)
            return false;
        if (count == 1)
            tell_unreadable(check, ids[0], err);
        error_clear(err);
        for (size_t i = 0; count > 1 && i < count; i++) {
            if (!check_some(check, &ids[i], 1, err))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < list.count; i++)
        judge(check, &arena, (Event *)list.items + i);
    flush_out(check->told);
    return true;
}

/* What is to be done with the stale events, some at a time. */
typedef int (*WithSome)(void *context, const int64_t ids[], size_t count);

static int with_stale(Db *db, WithSome with_some, void *context)
{
    int64_t ids[ZONE_PIECE_IDS];
    int64_t after = 0;
    size_t count = 0;

    while (after != INT64_MAX) {
        Error err = { .code = ERROR_NONE };
        if (!events_find_stale(db, after, ids, ZONE_PIECE_IDS, &count, &after, &err))
            return call_fail_database(&err);
        int code = count > 0 ? with_some(context, ids, count) : EXIT_OK;
        if (code != EXIT_OK)
            return code;
    }
    return EXIT_OK;
}

static int check_page(void *context, const int64_t ids[], size_t count)
{
    Error err = { .code = ERROR_NONE };

    return check_some(context, ids, count, &err) ? EXIT_OK : call_fail_database(&err);
}

static void tell_effect(Told *told, const Effect *effect)
{
    write_object(&told->w);
    put_text(told, "timezone", effect->timezone);
    put_text(told, "old_release", effect->old_release);
    put_text(told, "new_release", timezone_release());
    put_number(told, "events", effect->events);
    put_number(told, "would_move", effect->moved);
    write_end_object(&told->w);
    if (!told->as_json)
        printf("%s, %s -> %s: of %" PRId64 " events %" PRId64 " would move\n", effect->timezone,
               effect->old_release, timezone_release(), effect->events, effect->moved);
}

static int64_t tell_effects(Check *check)
{
    Told *told = check->told;
    int64_t moved = 0;

    write_key(&told->w, "zones");
    write_array(&told->w);
    for (size_t i = 0; i < check->count; i++) {
        moved += check->effects[i].moved;
        tell_effect(told, &check->effects[i]);
    }
    write_end_array(&told->w);
    put_number(told, "would_move", moved);
    put_number(told, "unreadable", check->unreadable);
    return moved;
}

static int check_zones(Call *call, Told *told)
{
    Check check = { .call = call, .told = told };
    Db AUTO(db_close) *db = NULL;

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int code = database_open_to_read(call, &db);
    if (code != EXIT_OK)
        return code;
    check.db = db;
    write_key(&told->w, "moves");
    write_array(&told->w);
    code = with_stale(db, check_page, &check);
    if (code != EXIT_OK)
        return code;
    write_end_array(&told->w);
    int64_t moved = tell_effects(&check);
    end(told);
    if (!told->as_json && moved == 0)
        printf("No event would move by release %s.\n", timezone_release());
    else if (!told->as_json)
        call_print(stdout, "Nothing was changed: `fasti zones apply` does it at once, and a server "
                           "that runs by itself.\n");
    return moved > 0 ? EXIT_FAILED : EXIT_OK;
}

/* -- apply ------------------------------------------------------------------------------------ */

typedef struct Apply {
    Call *call;
    Db *db; /* for writing; NULL: a server has it */
    Told *told;
    size_t at_once;
    int64_t found;
    int64_t derived;
    int64_t moved;
    int64_t left; /* cannot follow */
} Apply;

static ErrandEnd follow(Apply *apply, int64_t *ids, size_t count, Error *err)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const ZonePiece piece = { .ids = { .items = ids, .count = count } };
    const char *left = "";
    ZonePieceDone done = { .derived = 0 };
    ErrandEnd end =
        errand_run_once(apply->call, &apply->db, &zones_follow, &piece, &arena, &left, err);

    if (end != ERRAND_DONE)
        return end;
    if (!schema_decode_stored(&zone_piece_done_schema, left, &arena, &done, err))
        return ERRAND_NO_DATABASE;
    apply->derived += done.derived;
    apply->moved += done.moved;
    if (count == apply->at_once)
        apply->at_once = zone_watch_learn(apply->at_once, done.took_us);
    return ERRAND_DONE;
}

static void tell_left(Apply *apply, int64_t id, const Error *err)
{
    Told *told = apply->told;

    apply->left++;
    write_object(&told->w);
    put_number(told, "event_id", id);
    put_text(told, "reason", err->detail);
    write_end_object(&told->w);
    warn_of(id, err);
}

/* Where one of several cannot follow, each is tried alone. */
static int follow_some(Apply *apply, int64_t *ids, size_t count)
{
    Error err = { .code = ERROR_NONE };
    ErrandEnd how = follow(apply, ids, count, &err);

    if (how == ERRAND_DONE)
        return EXIT_OK;
    if (how != ERRAND_REFUSED)
        return errand_fail(apply->call, how, &err);
    if (count == 1)
        tell_left(apply, ids[0], &err);
    for (size_t i = 0; count > 1 && i < count; i++) {
        int code = follow_some(apply, &ids[i], 1);
        if (code != EXIT_OK)
            return code;
    }
    return EXIT_OK;
}

static int apply_page(void *context, const int64_t ids[], size_t count)
{
    Apply *apply = context;
    int64_t some[ZONE_PIECE_IDS];

    memcpy(some, ids, count * sizeof(*ids));
    apply->found += (int64_t)count;
    for (size_t i = 0; i < count;) {
        size_t taken = count - i < apply->at_once ? count - i : apply->at_once;
        int code = follow_some(apply, &some[i], taken);
        if (code != EXIT_OK)
            return code;
        i += taken;
    }
    flush_out(apply->told);
    return EXIT_OK;
}

static int apply_zones(Call *call, Told *told)
{
    Apply apply = {
        .call = call,
        .told = told,
        .at_once = ZONE_WATCH_LEAST,
    };
    Db AUTO(db_close) *reader = NULL;

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int code = database_open_to_read(call, &reader);
    if (code != EXIT_OK)
        return code;
    write_key(&told->w, "left");
    write_array(&told->w);
    code = with_stale(reader, apply_page, &apply);
    db_close(&apply.db);
    if (code != EXIT_OK)
        return code;
    write_end_array(&told->w);
    put_number(told, "found", apply.found);
    put_number(told, "derived", apply.derived);
    put_number(told, "moved", apply.moved);
    end(told);
    if (!told->as_json)
        printf("Events by other rules: %" PRId64 ", derived anew by release %s: %" PRId64
               ", moved: %" PRId64 "\n",
               apply.found, timezone_release(), apply.derived, apply.moved);
    return apply.left > 0 ? EXIT_FAILED : EXIT_OK;
}

int run_zones(Call *call)
{
    Told told = begin(call);
    const char *action = call->argc > 0 ? call->argv[0] : "";
    bool is_check = text_equal(action, "check");

    if (!is_check && !text_equal(action, "apply"))
        return show(call, &told);
    call->argc--;
    call->argv++;
    return is_check ? check_zones(call, &told) : apply_zones(call, &told);
}
