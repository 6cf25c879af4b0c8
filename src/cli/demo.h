/* Demo - three people, shared and repeating events, and a history worth looking at. */
#pragma once

#include "cli/errand.h"

typedef struct DemoInput {
    Members given;
    const char *password_hash; /* of all three: it is not a secret */
} DemoInput;

/* ERROR_CONFLICT: the database is not empty. */
extern const Errand demo_fill;
