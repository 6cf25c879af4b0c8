/* Fuzzes recurrence rules: any text is read; a rule is written, read back and walked.
 *
 *   CC=clang meson setup build-fuzz && ninja -C build-fuzz tests/fuzz/rrule_fuzz
 *   build-fuzz/tests/fuzz/rrule_fuzz -max_len=200 corpus/
 *
 * A rule's first bytes are when it starts, where, and from where it is walked again. */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "rrule/iterator.h"
#include "spell.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { PLACE_BYTES = 9, MOST_STARTS = 50 };

static const char *const words[] = {
    "FREQ=YEARLY",
    "FREQ=MONTHLY",
    "FREQ=WEEKLY",
    "FREQ=DAILY",
    "FREQ=HOURLY",
    "FREQ=MINUTELY",
    "FREQ=SECONDLY",
    ";INTERVAL=",
    ";COUNT=",
    ";UNTIL=",
    ";WKST=",
    ";BYDAY=",
    ";BYMONTH=",
    ";BYMONTHDAY=",
    ";BYYEARDAY=",
    ";BYWEEKNO=",
    ";BYHOUR=",
    ";BYMINUTE=",
    ";BYSECOND=",
    ";BYSETPOS=",
    "MO",
    "TU",
    "WE",
    "TH",
    "FR",
    "SA",
    "SU",
    "20300331",
    "T020000Z",
    ",-",
};

static const Timezone *zone_of(uint8_t byte)
{
    static const char *const names[] = { "UTC", "Europe/Zurich", "Australia/Lord_Howe",
                                         "America/New_York" };
    size_t count = sizeof(names) / sizeof(names[0]);

    return byte % (count + 1) == count ? NULL : timezone_find(names[byte % (count + 1)]);
}

/* Four bytes as a moment: two thirds of them lie in our calendar, the others at its end. */
static Instant moment_of(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    Instant instant = (Instant)value * 2 * SECOND_US;
    return instant < INSTANT_END ? instant : INSTANT_END - SECOND_US;
}

static void check_text(Arena *arena, const RRule *rule)
{
    RRule again;
    RRuleFault fault;
    const char *text = rrule_format(arena, rule);
    bool is_read = rrule_parse(text, &again, &fault);

    assert(is_read);
    assert(memcmp(rule, &again, sizeof(again)) == 0);
    assert(strcmp(text, rrule_format(arena, &again)) == 0);
}

/* The starts from `from` on, which increase; returns how many there are, at most MOST_STARTS. */
static size_t walk(RRuleIterator *it, Instant from, Instant ret_starts[MOST_STARTS])
{
    Instant last = from - 1;
    size_t count = 0;

    while (count < MOST_STARTS && rrule_iterator_next(it, &ret_starts[count]) == RRULE_OCCURS) {
        assert(ret_starts[count] > last);
        last = ret_starts[count++];
    }
    return count;
}

static void check_starts(const RRule *rule, Instant start, const Timezone *zone, Instant from)
{
    RRuleIterator it;
    Instant starts[MOST_STARTS];
    Instant again[MOST_STARTS];
    Instant last;

    rrule_iterator_init(&it, rule, start, zone);
    size_t count = walk(&it, start, starts);
    rrule_iterator_seek(&it, from);
    walk(&it, from, again);

    /* Another iterator, which stood elsewhere before, finds each of them again. */
    rrule_iterator_init(&it, rule, start, zone);
    for (size_t i = count; i-- > 0;) {
        Instant found = INSTANT_NULL;
        rrule_iterator_seek(&it, starts[i]);
        RRuleResult result = rrule_iterator_next(&it, &found);
        assert(result == RRULE_TOO_COMPLEX || found == starts[i]);
    }
    rrule_iterator_init(&it, rule, start, zone);
    if (rrule_iterator_last(&it, &last) == RRULE_OCCURS)
        assert(count > 0 && last >= starts[count - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RRule rule;
    RRuleFault fault;

    if (length < PLACE_BYTES)
        return 0;
    const char *text = spell(&arena, bytes + PLACE_BYTES, length - PLACE_BYTES, words,
                             sizeof(words) / sizeof(words[0]));
    if (!rrule_parse(text, &rule, &fault)) {
        assert(fault.part != NULL && fault.reason != NULL);
        return 0;
    }
    check_text(&arena, &rule);

    const Timezone *zone = zone_of(bytes[0]);
    Instant start = moment_of(bytes + 1);
    rrule_convert_until(&rule, zone, zone == NULL);
    if (zone == NULL)
        start -= start % DAY_US;
    if (!rrule_check_start(&rule, start, zone == NULL, &fault))
        return 0;
    check_text(&arena, &rule);
    check_starts(&rule, start, zone, moment_of(bytes + 5));
    return 0;
}
