/* Clock - what time it is. The only door to the system's clocks, so that a test can move them. */
#pragma once

#include <stdint.h>

#define SECOND_US INT64_C(1000000)

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_us(void);

/* Microseconds of a clock that never jumps; for durations and timeouts. */
int64_t clock_monotonic_us(void);

/* Microseconds for which the calling thread has had a processor. */
int64_t clock_thread_us(void);
