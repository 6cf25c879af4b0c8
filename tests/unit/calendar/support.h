/* Support - what several of these tests begin with. Each fails the test when it cannot do it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "calendar/series/edit.h"

/* "2025-03-03T09:00:00Z" */
Instant moment(const char *text);

/* A series after an edit that must be possible; `change` NULL removes. */
SeriesAfter edited(Arena *arena, const Event *event, SeriesScope scope, Instant original,
                   const OccurrenceChange *change);
