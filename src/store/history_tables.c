/* The field tables of history: what a version and a changelog entry show. */

#include "store/erasures.h"
#include "store/history.h"

static const Field actor_fields[] = {
    INTEGER(Actor, id, .flags = READ_ONLY | NULLABLE,
            .doc = "Their account, which may be gone; null when it is not known.", .example = "7"),
    TEXT(Actor, username, .flags = READ_ONLY | NULLABLE, .max = 255,
         .doc = "Their name when they did it; \"" ERASED_NAME "\" after `fasti erase`.",
         .example = "\"amira\""),
};

static const Schema actor_schema =
    SCHEMA(Actor, actor_fields, .doc = "A person, as history remembers them.");

#define VERSION_FIELDS                                                                             \
    INTEGER(Version, event_id, .flags = READ_ONLY, .doc = "The event.", .example = "42"),          \
        INTEGER(Version, version_number, .flags = READ_ONLY,                                       \
                .doc = "Counts from 1; the newest is the present state.", .example = "3"),         \
        OBJECT(Version, changed_by, Actor, .flags = READ_ONLY, .schema = &actor_schema,            \
               .doc = "Who made this version."),                                                   \
        INSTANT(Version, timestamp, .flags = READ_ONLY, .doc = "When it was made.",                \
                .example = "\"2026-03-01T08:00:00Z\""),                                            \
        CHOICE(Version, change_type, .flags = READ_ONLY, .choices = change_type_names,             \
               .doc = "What was done.", .example = "\"update\""),                                  \
        TEXT(Version, comment, .flags = READ_ONLY | NULLABLE, .max = 500,                          \
             .doc = "Why, in the words of who did it.", .example = "\"Room was taken\""),          \
        JSON(Version, changed_fields, .flags = READ_ONLY | NULLABLE,                               \
             .described = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",                    \
             .doc = "The names of the members that differ from the version before.",               \
             .example = "[\"title\"]"),                                                            \
        TEXT(Version, origin, .flags = READ_ONLY, .max = 8,                                        \
             .doc = "\"fasti\", or \"old\": taken over as the old system stored it, from before "  \
                    "the change it belongs to.",                                                   \
             .example = "\"fasti\"")

static const Field version_fields[] = { VERSION_FIELDS };

const Schema version_schema = SCHEMA(Version, version_fields, .doc = "One version of an event.");

static const Field version_detail_fields[] = {
    VERSION_FIELDS,
    JSON(Version, data, .flags = READ_ONLY,
         .described = "\"type\":\"object\",\"additionalProperties\":true",
         .doc = "The whole document; its members also stand beside this one.",
         .example = "{\"title\": \"Stand-up\"}"),
};

const Schema version_detail_schema =
    SCHEMA_NAMED("VersionDetail", Version, version_detail_fields,
                 .doc = "One version of an event with its document.", .is_open = true, );

static const Field actor_details_fields[] = {
    INTEGER(ActorDetails, id, .flags = READ_ONLY | NULLABLE,
            .doc = "Their account, which may be gone; null when it is not known.", .example = "7"),
    TEXT(ActorDetails, username, .flags = READ_ONLY | NULLABLE, .max = 255,
         .doc = "Their name when they did it; \"" ERASED_NAME "\" after `fasti erase`.",
         .example = "\"amira\""),
    TEXT(ActorDetails, email, .flags = READ_ONLY | NULLABLE, .max = 255,
         .doc = "Null for all but the person themselves, administrators and who shared the event "
                "with them by this address.",
         .example = "null"),
};

static const Schema actor_details_schema =
    SCHEMA(ActorDetails, actor_details_fields, .doc = "Who made an entry of the changelog.");

static const Field changelog_fields[] = {
    INTEGER(ChangelogEntry, id, .flags = READ_ONLY, .doc = "Grows with every entry.",
            .example = "977"),
    INTEGER(ChangelogEntry, event_id, .flags = READ_ONLY, .doc = "The event.", .example = "42"),
    INTEGER(ChangelogEntry, version_id, .flags = READ_ONLY | NULLABLE,
            .doc = "The same number as version_number, for clients of the old system.",
            .example = "3"),
    INTEGER(ChangelogEntry, version_number, .flags = READ_ONLY | NULLABLE,
            .doc = "The version that the change made, or that was in force.", .example = "3"),
    INTEGER(ChangelogEntry, user_id, .flags = READ_ONLY | NULLABLE,
            .doc = "Who did it: an account that may be gone; null when it is not known.",
            .example = "7"),
    OBJECT(ChangelogEntry, user_details, ActorDetails, .flags = READ_ONLY,
           .schema = &actor_details_schema, .doc = "Who did it."),
    INSTANT(ChangelogEntry, timestamp, .flags = READ_ONLY, .doc = "When.",
            .example = "\"2026-03-01T08:00:00Z\""),
    CHOICE(ChangelogEntry, change_type, .flags = READ_ONLY, .choices = change_type_names,
           .doc = "What was done.", .example = "\"update\""),
    JSON(ChangelogEntry, changes, .flags = READ_ONLY,
         .described = "\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
                      "\"properties\":{\"old\":{},\"new\":{}},\"required\":[\"old\",\"new\"]}",
         .doc = "Each member that changed: {\"old\": …, \"new\": …}.",
         .example = "{\"title\": {\"old\": \"Standup\", \"new\": \"Stand-up\"}}"),
    TEXT(ChangelogEntry, comment, .flags = READ_ONLY | NULLABLE, .max = 500,
         .doc = "Why, in the words of who did it.", .example = "null"),
    TEXT(ChangelogEntry, hash, .flags = READ_ONLY | NULLABLE, .max = 64,
         .doc = "The entry's link in the event's hash chain; null for an entry without one.",
         .example = "null"),
    INTEGER(ChangelogEntry, change_set_id, .flags = READ_ONLY | NULLABLE,
            .doc = "What was done by one request is one set: the id of its first entry. Null in "
                   "entries from before there were sets.",
            .example = "976"),
};

const Schema changelog_schema =
    SCHEMA(ChangelogEntry, changelog_fields, .doc = "One line of an event's changelog.");
