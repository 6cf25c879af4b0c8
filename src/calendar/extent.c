#include "calendar/extent.h"

#include <assert.h>

int64_t extent_longest_us(int k)
{
    assert(k >= 0 && k < EXTENT_LIMITED_CLASSES);
    return DAY_US << 3 * k;
}

int extent_class(const Event *event)
{
    int k = 0;

    if (event->series_start < event->start_time)
        return EXTENT_EARLY;
    if (event->series_end == INSTANT_NULL)
        return EXTENT_LONG;
    while (k < EXTENT_LIMITED_CLASSES &&
           event->series_end - event->start_time > extent_longest_us(k))
        k++;
    return k;
}
