/* Overrides - the occurrences of a series that differ from it: `recurrence_overrides`.
 *
 * A JSON object: the original start of an occurrence -> {"cancelled": true} or the members that
 * are different there. Kept as canonical JSON text (starts in UTC, members in order), so that
 * equal overrides are equal texts; NULL: none. A client may give original starts as wall-clock
 * times, which stand in the text until overrides_resolve. */
#pragma once

#include "time/named_time.h"
#include "json/schema.h"

typedef struct Override {
    Members given; /* which members are different; override_schema */
    bool all_day;
    bool cancelled;
    const char *description;
    Instant end_time;
    const char *location;
    Instant start_time;
    int64_t status; /* EventStatus */
    const char *timezone;
    const char *title;
    int64_t transparency; /* EventTransparency */
} Override;

extern const Schema override_schema;

/* The member type `const char *`. */
extern const Type overrides_type;
#define OVERRIDES(struct_, member_, ...)                                                           \
    FIELD(struct_, member_, const char *, overrides_type, .schema = &override_schema, __VA_ARGS__)

/* Is this member different in the override? `member` is a member of Override. */
#define OVERRIDE_HAS(override, member)                                                             \
    schema_is_given(&override_schema, (override), offsetof(Override, member))

/* One of the overrides of an event, for who walks them. */
typedef struct OverrideEntry {
    Instant original_start;
    const char *key; /* the same, as it is written */
    Override override;
} OverrideEntry;

/* What was decoded, with the moments that its wall-clock times stand for on the clock of `zone`.
 * Two that are of one moment and say the same are one. False: faults at d->location + key. */
bool overrides_resolve(const Decoder *d, const Timezone *zone, bool all_day, const char *given,
                       const char **ret_overrides);

/* The overrides of canonical text, ascending by original start, in the arena. NULL: none. Text
 * that is not canonical gives what can be read of it. */
size_t overrides_list(Arena *arena, const char *overrides, OverrideEntry **ret_entries);

/* The one of this original start in what overrides_list gave, or NULL. */
OverrideEntry *overrides_find(OverrideEntry entries[], size_t count, Instant original_start);

/* When an occurrence takes place, where those without an override last `duration_us`. */
Instant overrides_start(const OverrideEntry *entry);
Instant overrides_end(const OverrideEntry *entry, int64_t duration_us);

/* Is it of whole days, where the series is as `all_day` says? Then its own start and end are dates,
 * and otherwise moments. */
bool overrides_all_day(const Override *override, bool all_day);

/* The canonical text of these entries, or NULL when there are none. */
const char *overrides_text(Arena *arena, const OverrideEntry entries[], size_t count);

/* -- Merge patches (RFC 7396) ----------------------------------------------------------------- */

/* Decoded with d->merges the member is the text of a merge patch, sound by itself. What it says of
 * one original start: */
typedef struct OverridePatch {
    const char *key;        /* as it was given, */
    NamedTime name;         /* what that says, */
    Instant original_start; /* and the moment, once it is known whose name it is */
    const char *json;       /* a merge patch of the override; NULL: there is to be none */
} OverridePatch;

/* All that the text says, in any order, in the arena. */
size_t overrides_patch_list(Arena *arena, const char *patch, OverridePatch **ret_items);

/* What the canonical text `overrides` becomes by these, ascending and each start once. `cancelled`
 * takes the place of all other members, and any other that of `cancelled`, as where one occurrence
 * is changed. False: faults at d->location + start. */
bool overrides_merge(const Decoder *d, const char *overrides, const OverridePatch items[],
                     size_t count, const char **ret_overrides);

extern const char *const event_status_names[];       /* by EventStatus, ended by NULL */
extern const char *const event_transparency_names[]; /* likewise */
