/* Permission - one grant: who may do what with an event, and who gave it. As a client sees it. */
#pragma once

#include "time/instant.h"
#include "json/schema.h"

typedef enum Answer { ANSWER_YES, ANSWER_MAYBE, ANSWER_NO } Answer;

extern const char *const answer_names[]; /* by Answer, NULL-terminated */

typedef struct Permission {
    Members given;
    int64_t id;
    int64_t event_id;
    int64_t user_id;
    const char *username;
    const char *email; /* NULL: hidden from the reader */
    int64_t role_id;
    const char *role_name; /* of the row in `roles` */
    int64_t meaning;       /* Role; not shown */
    int64_t granted_by;
    Instant granted_at;
    int64_t answer; /* Answer, or INTEGER_NULL: none */
} Permission;

extern const Schema permission_schema;
