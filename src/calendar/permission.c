#include "calendar/permission.h"

const char *const answer_names[] = { "yes", "maybe", "no", NULL };

/* Old rows may lack who gave a right and when, or name a person who is gone. */
static const Field permission_fields[] = {
    INTEGER(Permission, id, .flags = READ_ONLY, .doc = "Of this grant.", .example = "31"),
    INTEGER(Permission, event_id, .flags = READ_ONLY, .doc = "The event it is for.",
            .example = "7"),
    INTEGER(Permission, user_id, .flags = READ_ONLY, .doc = "Who may.", .example = "12"),
    TEXT(Permission, username, .flags = READ_ONLY, .doc = "Their user name.",
         .example = "\"amira\""),
    TEXT(Permission, email, .flags = READ_ONLY | NULLABLE, .format = "email",
         .doc =
             "Their e-mail address; `null` for all but the person themselves, administrators and "
             "who named the person by this address.",
         .example = "\"amira@example.org\""),
    INTEGER(Permission, role_id, .flags = READ_ONLY, .min = 1,
            .doc = "As `GET /api/roles` shows it; in a database that began with Fasti 1: Owner, 2: "
                   "Editor, 3: Viewer.",
            .example = "2"),
    TEXT(Permission, role_name, .flags = READ_ONLY, .doc = "The same in words.",
         .example = "\"Editor\""),
    INTEGER(Permission, granted_by, .flags = READ_ONLY | NULLABLE,
            .doc = "Id of the user who gave it.", .example = "3"),
    INSTANT(Permission, granted_at, .flags = READ_ONLY | NULLABLE, .doc = "When it was given.",
            .example = "\"2025-03-01T09:30:00Z\""),
    CHOICE(Permission, answer, .flags = READ_ONLY | NULLABLE, .choices = answer_names,
           .doc = "What they said to it; null: nothing.", .example = "\"yes\""),
};

static const Field permission_meaning[] = {
    INTEGER(Permission, meaning, .flags = READ_ONLY, .min = 1, .max = 3),
};

const Schema permission_schema = SCHEMA(Permission, permission_fields, UNSEEN(permission_meaning),
                                        .doc = "What one person may do with one event.");
