#include "support.h"

Instant moment(const char *text)
{
    Instant instant;
    const char *reason;

    if (!instant_parse(text, &instant, &reason))
        fail_msg("%s: %s", text, reason);
    return instant;
}

SeriesAfter edited(Arena *arena, const Event *event, SeriesScope scope, Instant original,
                   const OccurrenceChange *change)
{
    const Location body = { .name = "body" };
    Error err = { 0 };
    const Decoder d = { .arena = arena, .location = &body, .err = &err };
    const SeriesEdit edit = { .scope = scope, .original_start = original, .change = change };
    SeriesAfter after;

    if (!series_edit(&d, event, &edit, &after))
        fail_msg("%s %s at %s: %s", event->recurrence_pattern->rrule, series_scope_names[scope],
                 instant_text(arena, original),
                 err.faults != NULL ? err.faults->message : err.detail);
    return after;
}
