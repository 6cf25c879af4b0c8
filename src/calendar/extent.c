#include "calendar/extent.h"

#include <assert.h>

int64_t extent_longest_us(int class)
{
    assert(class >= 0 && class < EXTENT_LIMITED_CLASSES);
    return DAY_US << 3 * class;
}

int extent_class(const Event *event)
{
    int class = 0;

    if (event->series_start < event->start_time)
        return EXTENT_EARLY;
    if (event->series_end == INSTANT_NULL)
        return EXTENT_LONG;
    while (class < EXTENT_LIMITED_CLASSES &&
           event->series_end - event->start_time > extent_longest_us(class))
        class ++;
    return class;
}
