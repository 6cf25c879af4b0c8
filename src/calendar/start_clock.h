/* StartClock - the name of an occurrence that no new rules of a zone change: its original start on
 * the clock of the event's zone.
 *
 *   StartClock AUTO(start_clock_finish) clock = start_clock(arena, event);
 *   … start_clock_text(&clock, original_start) …
 *
 * "2027-07-05T09:00:00"; of an all-day event "2027-07-05"; the second of two that the clock shows
 * alike with its offset, "2027-10-31T02:30:00+01:00". What a gap of the clock pushed on has the
 * time that was meant (02:30, not 03:30). For many starts of one event they best ascend. Points at
 * the event; its texts are in the arena. */
#pragma once

#include "calendar/event.h"
#include "rrule/iterator.h"
#include "json/reader.h"

typedef struct StartClock {
    Arena *arena;
    const Event *event;
    const Timezone *zone; /* NULL: moments are what the clock shows */
    json_t *kept;         /* of event->local_times, where they say more than the moments */
    bool has_rule;        /* the rule on the clock alone is ready to be asked, … */
    bool was_opened;      /* … or there is none */
    RRule rule;
    RRuleIterator at_shown; /* each goes one way */
    RRuleIterator at_pushed;
} StartClock;

StartClock start_clock(Arena *arena, const Event *event);
void start_clock_finish(StartClock *clock);

/* An original start there, for who writes it later. */
typedef struct LocalStart {
    int64_t local_us;
    const char *offset; /* "+01:00" of the second of two equal times; NULL of any other */
    bool is_date;
} LocalStart;
LocalStart start_clock_local(StartClock *clock, Instant original_start);

const char *local_start_text(Arena *arena, const LocalStart *local);
const char *start_clock_text(StartClock *clock, Instant original_start);

/* The second of two equal times that there are two of no more under the rules of today: the moment
 * of an override that was kept by this text, which says another one by its offset. False: it is
 * none of those. */
bool start_clock_find_kept(StartClock *clock, const char *text, Instant *ret_original_start);

/* The row of it beside the member `occurrence`. */
#define OCCURRENCE_LOCAL(struct_)                                                                  \
    TEXT(struct_, occurrence_local, .max = INSTANT_TEXT,                                           \
         .doc =                                                                                    \
             "The same on the clock of the event's `timezone`, as it was meant: a new zone file "  \
             "moves `occurrence`, this stays. The date of an all-day event; with its offset "      \
             "where the clock shows that time for the second time.",                               \
         .example = "\"2025-03-10T10:00:00\"")
