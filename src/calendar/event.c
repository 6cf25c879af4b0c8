#include "calendar/event.h"

#include <string.h>

#include "base/limits.h"
#include "calendar/overrides.h"
#include "calendar/permission.h"

const char *const role_names[] = { "", "Owner", "Editor", "Viewer", NULL };

/* -- Wall-clock times ------------------------------------------------------------------------- */

/* "2025-03-03T10:00:00"; of an all-day event "2025-03-03". */
static void local_encode(Writer *w, const Field *field, const void *member)
{
    enum { DATE_LENGTH = 10 };
    const Event *event = (const Event *)((const char *)member - field->offset);
    char text[INSTANT_TEXT];
    size_t length = local_format(*(const int64_t *)member, text);

    write_plain(w, text, event->all_day ? DATE_LENGTH : length);
}

static bool local_decode(const Decoder *d, const Field *field, const json_t *value, void *member)
{
    const char *text = json_string_value(value);
    const char *whole = text;
    bool has_offset;

    (void)field;
    if (text != NULL && strchr(text, 'T') == NULL)
        whole = arena_printf(d->arena, "%sT00:00:00", text);
    if (whole != NULL && local_parse(whole, member, &has_offset) && !has_offset)
        return true;
    return decode_fault(d, "datetime_parsing",
                        "A wall-clock time is written like \"2025-03-01T09:30:00\".");
}

static void local_describe(Writer *w, const Field *field)
{
    (void)field;
    write_key(w, "type");
    write_text(w, "string");
}

static bool local_equal(const Field *field, const void *a, const void *b)
{
    (void)field;
    return *(const int64_t *)a == *(const int64_t *)b;
}

static bool local_is_null(const void *member)
{
    return *(const int64_t *)member == INTEGER_NULL;
}

static void local_set_null(void *member)
{
    *(int64_t *)member = INTEGER_NULL;
}

static const Type local_type = {
    .name = "a wall-clock time",
    .storage = STORED_LOCAL,
    .decode = local_decode,
    .encode = local_encode,
    .describe = local_describe,
    .equal = local_equal,
    .is_null = local_is_null,
    .set_null = local_set_null,
};

/* -- The members ------------------------------------------------------------------------------ */

static const Field override_start = ELEMENT(Instant, instant_type, .doc = "An original start.");

static const Field event_fields[] = {
    INTEGER(Event, id, .flags = READ_ONLY | SNAPSHOT | WRITTEN_ONCE,
            .doc = "Assigned by the server.", .example = "7"),
    TEXT(Event, uid, .flags = IMMUTABLE | SNAPSHOT | WRITTEN_ONCE, .min = 1, .max = LIMIT_UID,
         .doc = "The same event's name in every calendar (RFC 5545 3.8.4.7). May be given at "
                "creation; otherwise a UUID is made.",
         .example = "\"0b6d2b4e-7a53-4d0c-9c39-5a3c1f8c2f11\""),
    TEXT(Event, title, .flags = REQUIRED | VERSIONED, .min = 1, .max = LIMIT_TITLE,
         .doc = "Shown in calendar views.", .example = "\"Sprint planning\""),
    TEXT(Event, description, .flags = NULLABLE | VERSIONED | IN_BYTES, .max = LIMIT_DESCRIPTION,
         .doc = "What it is about; plain text, at most 64 KiB in UTF-8.",
         .example = "\"Bring numbers.\""),
    TEXT(Event, location, .flags = NULLABLE | VERSIONED, .max = LIMIT_LOCATION,
         .doc = "Where it is.", .example = "\"Room 4\""),
    INSTANT(Event, start_time, .flags = REQUIRED | VERSIONED | FOLLOWS_ZONE,
            .doc = "Its first moment: RFC 3339 with an offset. An all-day event starts at "
                   "midnight, in UTC or in its timezone, and is shown with midnight UTC.",
            .example = "\"2025-03-03T09:00:00Z\""),
    INSTANT(
        Event, end_time, .flags = REQUIRED | VERSIONED | FOLLOWS_ZONE,
        .doc = "The first moment after it; later than `start_time` by at most ten years, or equal: "
               "a point in time, which occupies none. Of an all-day event, midnight after the "
               "last day.",
        .example = "\"2025-03-03T10:30:00Z\""),
    FIELD(Event, start_local, int64_t, local_type, .flags = READ_ONLY,
          .doc = "The start on the clock of its `timezone`, which is what is kept: when the zone's "
                 "rules change, `start_time` follows. Of an all-day event the date.",
          .example = "\"2025-03-03T10:00:00\""),
    FIELD(Event, end_local, int64_t, local_type, .flags = READ_ONLY,
          .doc = "The end on the same clock.", .example = "\"2025-03-03T11:30:00\""),
    TEXT(Event, timezone, .flags = NULLABLE | VERSIONED, .max = LIMIT_ZONE_NAME,
         .doc = "IANA name of the zone whose wall clock a repeating event follows. Left out or "
                "`null` it is the user's own zone, then UTC.",
         .example = "\"Europe/Zurich\""),
    BOOLEAN(Event, all_day, .flags = VERSIONED,
            .doc =
                "Whole days, without a time or a zone: wherever one looks from, they take the days "
                "there.",
            .example = "false"),
    CHOICE(Event, status, .flags = VERSIONED, .choices = event_status_names,
           .doc = "A `cancelled` event is still shown but occupies no time. A new one is "
                  "`confirmed` unless it says otherwise.",
           .example = "\"confirmed\""),
    CHOICE(Event, transparency, .flags = VERSIONED, .choices = event_transparency_names,
           .doc =
               "A `transparent` event is shown but occupies no time (RFC 5545 3.8.2.7). A new one "
               "is `opaque` unless it says otherwise.",
           .example = "\"opaque\""),
    BOOLEAN(Event, is_recurring, .flags = VERSIONED,
            .doc = "Whether there is a `recurrence_pattern`; need not be given and cannot "
                   "contradict it: to end the repeating, give `recurrence_pattern` as null.",
            .example = "true"),
    RECURRENCE(Event, recurrence_pattern,
               .flags = NULLABLE | VERSIONED | EMPTY_IS_LEFT_OUT | FOLLOWS_ZONE,
               .beside = offsetof(Event, timezone),
               .doc = "How it repeats; `null`: it does not; `{}` counts as left out.",
               .example = "{\"rrule\":\"FREQ=WEEKLY;BYDAY=MO;COUNT=10\",\"rdates\":[],"
                          "\"text\":\"every week on Monday, 10 times\"}"),
    OVERRIDES(Event, recurrence_overrides, .flags = NULLABLE | VERSIONED | FOLLOWS_ZONE,
              .doc =
                  "Occurrences that differ from the series: the original start of each, and "
                  "`{\"cancelled\": true}` or the members that are different. Original starts are "
                  "shown as moments, and taken also as `occurrence_local` tells them.",
              .example = "{\"2025-03-10T09:00:00Z\":{\"title\":\"Retrospective\"},"
                         "\"2025-03-17T09:00:00Z\":{\"cancelled\":true}}"),
    INTEGER(Event, owner_id, .flags = READ_ONLY | SNAPSHOT, .doc = "Id of the user it belongs to.",
            .example = "3"),
    INTEGER(Event, version_number, .flags = READ_ONLY | SNAPSHOT | FOLLOWS_ZONE, .min = 1,
            .doc = "1 when it was made; every change adds one.", .example = "4"),
    CHOICE(Event, my_role, .flags = READ_ONLY | NULLABLE | DERIVED, .choices = role_names,
           .doc = "What the reader may do with it.", .example = "\"Owner\""),
    INSTANT(Event, created_at, .flags = READ_ONLY | SNAPSHOT | WRITTEN_ONCE,
            .doc = "When it was made.", .example = "\"2025-02-20T15:04:05.25Z\""),
    INSTANT(Event, updated_at, .flags = READ_ONLY | NULLABLE | SNAPSHOT | FOLLOWS_ZONE,
            .doc = "When it was last changed.", .example = "\"2025-02-21T08:00:00Z\""),
    INTEGER(Event, updated_by, .flags = READ_ONLY | NULLABLE | SNAPSHOT | FOLLOWS_ZONE,
            .doc = "Id of the user who did; `null` where the old system did not keep it.",
            .example = "3"),
    INTEGER(Event, series_of, .flags = READ_ONLY | NULLABLE | SNAPSHOT | WRITTEN_ONCE,
            .doc = "Id of the event it was split from (`scope=following`); `null`: of none, or it "
                   "is gone."),
    INSTANT(Event, deleted_at, .flags = READ_ONLY | NULLABLE,
            .doc = "When it went to the trash; `null`: it is not there."),
    ARRAY(Event, permissions, .flags = READ_ONLY | NULLABLE | SPARSE | DERIVED,
          .schema = &permission_schema,
          .doc = "Who may do what, the owner first. Only where a single event is read."),
    ARRAY(Event, dropped_overrides, .flags = READ_ONLY | NULLABLE | SPARSE | DERIVED,
          .element = &override_start,
          .doc =
              "Original starts, as they were, of overrides that a change had to give up, because "
              "no occurrence answers to them any more. Only in the reply to that change."),
};

/* For wall clocks (calendar/wall_clock.h), lists (store/event_lists.h) and quotas (store/usage.h).
 */
static const Field event_unseen[] = {
    BOOLEAN(Event, start_is_second, .flags = READ_ONLY),
    BOOLEAN(Event, end_is_second, .flags = READ_ONLY),
    JSON(Event, local_times, .flags = READ_ONLY | NULLABLE | FOLLOWS_ZONE),
    INTEGER(Event, zone_rules, .flags = READ_ONLY | FOLLOWS_ZONE),
    TEXT(Event, zone_release, .flags = READ_ONLY | NULLABLE | FOLLOWS_ZONE),
    INSTANT(Event, series_start, .flags = READ_ONLY | FOLLOWS_ZONE),
    INSTANT(Event, series_end, .flags = READ_ONLY | NULLABLE | FOLLOWS_ZONE),
    INTEGER(Event, document_bytes, .flags = READ_ONLY),
};

const Schema event_schema =
    SCHEMA(Event, event_fields, UNSEEN(event_unseen), .doc = "What happens when.");

bool event_check_patch(const Decoder *d, const Event *current, const Event *patch)
{
    Location location = { .parent = d->location, .name = "recurrence_pattern" };
    Decoder at_pattern = *d;
    bool is_sound =
        schema_check_read_only(&event_schema, current, patch, d->arena, d->location, d->err);

    at_pattern.location = &location;
    is_sound &= recurrence_check_original(&at_pattern, patch->recurrence_pattern,
                                          current != NULL ? current->recurrence_pattern : NULL);
    return is_sound;
}
