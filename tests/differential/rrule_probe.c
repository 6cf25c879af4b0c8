/* Answers rrule.py. Each line of standard input is
 *   <rule> <start> <zone or -> <from or -> <how many>
 * with moments in seconds since 1970; the answer is one line: "more", "ended" or "complex" and the
 * occurrences from `from` on, or "fault" with part and reason. "last" for <how many> asks for the
 * last occurrence. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "rrule/iterator.h"

static const char *name_of(RRuleResult result)
{
    switch (result) {
    case RRULE_OCCURS:
        return "more";
    case RRULE_ENDED:
        return "ended";
    case RRULE_TOO_COMPLEX:
        return "complex";
    }
    abort();
}

static void answer_list(RRuleIterator *it, const char *from, long count)
{
    static Instant instants[LIMIT_OCCURRENCES];
    RRuleResult result = RRULE_OCCURS;
    long found = 0;

    if (strcmp(from, "-") != 0)
        rrule_iterator_seek(it, atoll(from) * SECOND_US);
    while (found < count && found < LIMIT_OCCURRENCES) {
        result = rrule_iterator_next(it, &instants[found]);
        if (result != RRULE_OCCURS)
            break;
        found++;
    }
    printf("%s", name_of(result));
    for (long i = 0; i < found; i++)
        printf(" %" PRId64, instants[i] / SECOND_US);
    puts("");
}

int main(void)
{
    static char line[LIMIT_RULE_TEXT + 256];
    static char text[LIMIT_RULE_TEXT + 1];
    char zone_name[LIMIT_ZONE_NAME + 1];
    char from[32];
    char count[32];
    int64_t start_s;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        RRule rule;
        RRuleFault fault;
        RRuleIterator it;
        if (sscanf(line, "%4096s %" SCNd64 " %64s %31s %31s", text, &start_s, zone_name, from,
                   count) != 5)
            return 2;
        if (!rrule_parse(text, &rule, &fault)) {
            printf("fault %s %s\n", fault.part, fault.reason);
            continue;
        }
        const Timezone *zone = strcmp(zone_name, "-") == 0 ? NULL : timezone_find(zone_name);
        if (zone != NULL)
            rrule_convert_until(&rule, zone, false);
        rrule_iterator_init(&it, &rule, start_s * SECOND_US, zone);
        if (strcmp(count, "last") == 0) {
            Instant last = INSTANT_NULL;
            RRuleResult result = rrule_iterator_last(&it, &last);
            printf("%s %" PRId64 "\n", name_of(result), last / SECOND_US);
        } else {
            answer_list(&it, from, atol(count));
        }
    }
    return 0;
}
