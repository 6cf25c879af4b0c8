#include "calendar/days.h"

static Instant date_of(int64_t local_us)
{
    return (local_us / DAY_US - (local_us % DAY_US < 0)) * DAY_US;
}

Instant days_begin(const Timezone *zone, Instant date)
{
    return zone != NULL ? timezone_to_instant(zone, date) : date;
}

bool days_date(const Timezone *zone, Instant instant, Instant *ret_date)
{
    *ret_date = instant;
    if (instant % DAY_US == 0)
        return true;
    *ret_date = date_of(zone != NULL ? timezone_to_local(zone, instant) : instant);
    return days_begin(zone, *ret_date) == instant;
}

/* The first date that begins at `instant` or later. */
static Instant first_from(const Timezone *zone, Instant instant)
{
    Instant date = date_of(instant) - DAY_US;

    while (days_begin(zone, date) < instant)
        date += DAY_US;
    return date;
}

/* A day ends where the next one begins. */
void days_reaching(const Timezone *zone, Instant from, Instant to, Instant *ret_from,
                   Instant *ret_to)
{
    *ret_from = first_from(zone, from + 1) - DAY_US;
    *ret_to = first_from(zone, to);
}
