/* Extents - from the first moment of any occurrence of an event to the last, in classes, so that an
 * index over starts finds what reaches into a window of time.
 *
 * How it works: hierarchical binning (Kent et al., "The Human Genome Browser at UCSC", 2002), over
 * starts. An event of class k lasts at most 8^k days from its start to the end of its last
 * occurrence. So those of class k that reach into [from, to) start in (from - 8^k days, to), which
 * is a short range of an index over class and start, and few that start there have ended before
 * `from`. Two classes are left over: what lasts longer, and the series of which an occurrence comes
 * before their start (an rdate, or one that was moved), about whose starts the window says
 * nothing. */
#pragma once

#include "calendar/event.h"

/* 4096 days are more than LIMIT_EVENT_YEARS: only series are longer. These numbers are stored. */
enum {
    EXTENT_LIMITED_CLASSES = 5, /* 0 … 4, of at most 8^k days */
    EXTENT_LONG = 5,            /* longer, or without an end */
    EXTENT_EARLY = 6,           /* an occurrence comes before the start */
};

/* The class of an event, by its start, series_start and series_end. */
int extent_class(const Event *event);

/* How long, in microseconds, an event of the limited class k can last. */
int64_t extent_longest_us(int k);
