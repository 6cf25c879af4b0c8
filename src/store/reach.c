#include "store/reach.h"

StartPlace reach_later(StartPlace a, StartPlace b)
{
    return a.start > b.start || (a.start == b.start && a.id > b.id) ? a : b;
}

StartPlace reach_earlier(StartPlace a, StartPlace b)
{
    return a.start < b.start || (a.start == b.start && a.id < b.id) ? a : b;
}

void reach_set_window(Reach *reach, Instant from, Instant to, const Days *days)
{
    if (days->are_known) {
        days_reaching(days->zone, from, to, &reach->days_from, &reach->days_to);
    } else {
        reach->days_from = from - DAYS_FARTHEST_US;
        reach->days_to = to + DAYS_FARTHEST_US;
    }
    const StartPlace end = { to > reach->days_to ? to : reach->days_to, 0 };
    const Instant first_of_all = from < reach->days_from ? from : reach->days_from;

    reach->from = from;
    reach->to = to;
    reach->high_reaching = reach_earlier(reach->high, end);
    for (int k = 0; k < EXTENT_LIMITED_CLASSES; k++) {
        const StartPlace first = { first_of_all - extent_longest_us(k), INT64_MAX };
        reach->low_reaching[k] = reach_later(reach->low, first);
    }
}
