/* Fuzzes rules in plain English: any text is read as a sentence and as a rule; what either means is
 * said in English and read again.
 *
 *   CC=clang meson setup build-fuzz && ninja -C build-fuzz tests/fuzz/words_fuzz
 *   build-fuzz/tests/fuzz/words_fuzz -max_len=200 corpus/ */
#include <assert.h>
#include <string.h>

#include "../unit/rrule/words_parse.h"
#include "rrule/words.h"
#include "spell.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const words[] = {
    " every",      " day",       " week",        " month",      " year",       " hour",
    " minute",     " second",    " on",          " in",         " at",         " the",
    " first",      " last",      " to last",     " of the",     " and",        " or",
    " if it is a", " Monday",    " Friday",      " March",      " weekday",    ", but only",
    " of them",    " in each",   ", 10 times",   ", once",      ", until",     " 31 December 2027",
    " other",      " days",      " weeks",       " beginning",  "FREQ=YEARLY", "FREQ=MONTHLY",
    "FREQ=WEEKLY", "FREQ=DAILY", "FREQ=HOURLY",  ";INTERVAL=",  ";COUNT=",     ";UNTIL=20271231",
    ";BYDAY=",     ";BYMONTH=",  ";BYMONTHDAY=", ";BYYEARDAY=", ";BYWEEKNO=",  ";BYHOUR=",
    ";BYMINUTE=",  ";BYSECOND=", ";BYSETPOS=",   ";WKST=SU",    "MO",          "FR",
};

/* As of an event in UTC, where a day and its last second are one UNTIL. */
static void check_sentence(Arena *arena, RRule *rule)
{
    const Timezone *utc = timezone_find("UTC");
    const char *sentence = words_write(arena, rule, NULL);
    RRule again;
    RRuleFault fault;
    bool is_read = words_parse(arena, sentence, &again, &fault);

    assert(is_read);
    rrule_convert_until(rule, utc, false);
    rrule_convert_until(&again, utc, false);
    assert(strcmp(rrule_format(arena, rule), rrule_format(arena, &again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    Arena AUTO(arena_finish) arena = { 0 };
    RRule rule;
    RRuleFault fault = { 0 };
    const char *text = spell(&arena, bytes, length, words, sizeof(words) / sizeof(words[0]));

    if (words_parse(&arena, text, &rule, &fault))
        check_sentence(&arena, &rule);
    else
        assert(fault.part != NULL && fault.reason != NULL);
    if (rrule_parse(text, &rule, &fault))
        check_sentence(&arena, &rule);
    return 0;
}
