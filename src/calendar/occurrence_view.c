#include "calendar/occurrence_view.h"

#include "base/limits.h"
#include "calendar/start_clock.h"

static const Field occurrence_fields[] = {
    INTEGER(EventOccurrence, event_id, .doc = "The event.", .example = "42"),
    INSTANT(EventOccurrence, occurrence,
            .doc = "Its original start, which it is known by wherever it has been moved.",
            .example = "\"2025-03-10T09:00:00Z\""),
    OCCURRENCE_LOCAL(EventOccurrence),
    INSTANT(EventOccurrence, start_time, .doc = "When it begins.",
            .example = "\"2025-03-10T09:00:00Z\""),
    INSTANT(EventOccurrence, end_time, .doc = "The first moment after it.",
            .example = "\"2025-03-10T10:30:00Z\""),
    TEXT(EventOccurrence, title, .max = LIMIT_TITLE, .doc = "What it is called then.",
         .example = "\"Retrospective\""),
    TEXT(EventOccurrence, description, .flags = NULLABLE, .max = LIMIT_DESCRIPTION,
         .doc = "More about it."),
    TEXT(EventOccurrence, location, .flags = NULLABLE, .max = LIMIT_LOCATION,
         .doc = "Where it is then.", .example = "\"Room 4\""),
    TEXT(EventOccurrence, timezone, .max = LIMIT_ZONE_NAME,
         .doc = "Whose clock it is told by then.", .example = "\"Europe/Zurich\""),
    BOOLEAN(EventOccurrence, all_day,
            .doc = "Whole days, without a time or a zone: the times are dates.",
            .example = "false"),
    CHOICE(EventOccurrence, status, .choices = event_status_names, .doc = "As it is then.",
           .example = "\"confirmed\""),
    CHOICE(EventOccurrence, transparency, .choices = event_transparency_names,
           .doc = "As it is then.", .example = "\"opaque\""),
    BOOLEAN(EventOccurrence, is_recurring, .doc = "Is it one of a series?", .example = "true"),
    BOOLEAN(EventOccurrence, is_override, .doc = "Is it different from the series?",
            .example = "true"),
    INTEGER(EventOccurrence, owner_id, .doc = "Whose event it is.", .example = "3"),
    CHOICE(EventOccurrence, my_role, .choices = role_names,
           .doc = "What the reader may do with the event.", .example = "\"Owner\""),
};

const Schema occurrence_view_schema =
    SCHEMA(EventOccurrence, occurrence_fields, .doc = "What takes place once.");

EventOccurrence occurrence_view(const Event *event, const Occurrence *occurrence, const char *local)
{
    const Override *override = occurrence->override;
    EventOccurrence view = {
        .event_id = event->id,
        .occurrence = occurrence->original_start,
        .occurrence_local = local,
        .start_time = occurrence->start,
        .end_time = occurrence->end,
        .title = event->title,
        .description = event->description,
        .location = event->location,
        .timezone = event->timezone,
        .all_day = event->all_day,
        .status = event->status,
        .transparency = event->transparency,
        .is_recurring = event->is_recurring,
        .is_override = override != NULL,
        .owner_id = event->owner_id,
        .my_role = event->my_role,
    };

    if (override == NULL)
        return view;
    view.all_day = overrides_all_day(override, event->all_day);
    if (OVERRIDE_HAS(override, timezone))
        view.timezone = override->timezone;
    if (OVERRIDE_HAS(override, title))
        view.title = override->title;
    if (OVERRIDE_HAS(override, description))
        view.description = override->description;
    if (OVERRIDE_HAS(override, location))
        view.location = override->location;
    if (OVERRIDE_HAS(override, status))
        view.status = override->status;
    if (OVERRIDE_HAS(override, transparency))
        view.transparency = override->transparency;
    return view;
}
