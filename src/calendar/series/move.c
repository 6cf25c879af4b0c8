#include "calendar/series/move.h"

#include "calendar/overrides.h"
#include "calendar/starts.h"

static int64_t day_of(int64_t local_us)
{
    return local_us / DAY_US - (local_us % DAY_US < 0);
}

static int64_t midnight_of(int64_t local_us)
{
    return day_of(local_us) * DAY_US;
}

static bool in_calendar(Instant instant)
{
    return instant >= INSTANT_MIN && instant < INSTANT_END;
}

/* -- The rule --------------------------------------------------------------------------------- */

static bool has_one(const OrdinalSet *set)
{
    int count = 0;

    for (int i = 0; i < RRULE_SET_WORDS; i++)
        count += __builtin_popcountll(set->plus[i]) + __builtin_popcountll(set->minus[i]);
    return count == 1;
}

/* Of a set of one number below 64. */
static int64_t the_one(const OrdinalSet *set)
{
    return __builtin_ctzll(set->plus[0]);
}

static bool holds(const OrdinalSet *set, int64_t n)
{
    return (set->plus[n / 64] >> n % 64 & 1) != 0;
}

static void set_only(OrdinalSet *set, int64_t n)
{
    *set = (OrdinalSet){ 0 };
    set->plus[n / 64] = UINT64_C(1) << n % 64;
}

/* A time of day that the rule names once becomes a later one. The occurrence that is moved may be
 * an rdate at another time; both must come to the same day. */
static bool move_times(RRule *rule, int64_t local_us, int64_t move_us)
{
    static const int64_t unit_s[] = { [BY_HOUR] = 3600, [BY_MINUTE] = 60, [BY_SECOND] = 1 };
    static const int64_t units[] = { [BY_HOUR] = 24, [BY_MINUTE] = 60, [BY_SECOND] = 60 };
    int64_t second_of_day = (local_us - day_of(local_us) * DAY_US) / SECOND_US;

    for (ByPart part = BY_HOUR; part <= BY_SECOND; part++) {
        if (!rrule_has(rule, part))
            continue;
        if (rule->frequency < FREQUENCY_DAILY || !has_one(&rule->by[part]))
            return false;
        int64_t before = second_of_day / unit_s[part] % units[part];
        second_of_day += (the_one(&rule->by[part]) - before) * unit_s[part];
    }
    int64_t to_us = day_of(local_us) * DAY_US + second_of_day * SECOND_US + move_us;
    if (day_of(to_us) != day_of(local_us + move_us))
        return false;
    second_of_day = (to_us - day_of(to_us) * DAY_US) / SECOND_US;
    for (ByPart part = BY_HOUR; part <= BY_SECOND; part++) {
        if (rrule_has(rule, part))
            set_only(&rule->by[part], second_of_day / unit_s[part] % units[part]);
    }
    return true;
}

static bool limits_days(const RRule *rule)
{
    return rrule_has(rule, BY_MONTH) || rrule_has(rule, BY_WEEK_NUMBER) ||
           rrule_has(rule, BY_YEAR_DAY) || rrule_has(rule, BY_MONTH_DAY);
}

/* With the weekdays the first day of the week moves, so that the weeks hold what they held. */
static bool move_weekdays(RRule *rule, int64_t days)
{
    int64_t by = (days % WEEKDAYS + WEEKDAYS) % WEEKDAYS;
    unsigned all = (1u << WEEKDAYS) - 1;

    if (rule->has_nth || limits_days(rule) || rule->frequency > FREQUENCY_WEEKLY)
        return false;
    rule->weekdays = (rule->weekdays << by | rule->weekdays >> (WEEKDAYS - by)) & all;
    rule->week_start = (Weekday)(((int64_t)rule->week_start + by) % WEEKDAYS);
    return true;
}

/* "On the 15th": one day of the month that the rule names, or takes from its start. */
static bool move_month_day(RRule *rule, int64_t from_day, int64_t to_day)
{
    int64_t year;
    int64_t new_year;
    unsigned month;
    unsigned new_month;
    unsigned day;
    unsigned new_day;

    date_from_days(from_day, &year, &month, &day);
    date_from_days(to_day, &new_year, &new_month, &new_day);
    if (rule->frequency < FREQUENCY_MONTHLY || rrule_has(rule, BY_WEEK_NUMBER) ||
        rrule_has(rule, BY_YEAR_DAY) || month != new_month || year != new_year)
        return false;
    if (!rrule_has(rule, BY_MONTH_DAY))
        return true;
    if (!has_one(&rule->by[BY_MONTH_DAY]) || !holds(&rule->by[BY_MONTH_DAY], day))
        return false;
    set_only(&rule->by[BY_MONTH_DAY], new_day);
    return true;
}

/* -- Where a start goes ------------------------------------------------------------------------ */

static bool is_rdate(const Series *series, Instant start)
{
    const Recurrence *pattern = series->event->recurrence_pattern;

    for (size_t i = 0; pattern != NULL && i < pattern->rdate_count; i++) {
        if (pattern->rdates[i] == start)
            return true;
    }
    return false;
}

Instant series_moved(const Series *series, const SeriesMove *move, Instant original_start)
{
    if (move->keeps_rdates && is_rdate(series, original_start))
        return original_start;
    int64_t local_us = series_wall_clock(series, original_start) + move->by_us;
    return move->zone == NULL ? midnight_of(local_us) : timezone_to_instant(move->zone, local_us);
}

static bool move_rule(RRule *rule, int64_t local_us, int64_t move_us)
{
    int64_t to_us = local_us + move_us;
    int64_t days = day_of(to_us) - day_of(local_us);

    if (move_us % DAY_US != 0 && !move_times(rule, local_us, move_us))
        return false;
    if (days == 0)
        return true;
    if (rrule_has_by_day(rule))
        return move_weekdays(rule, days);
    if (rule->frequency < FREQUENCY_MONTHLY)
        return !limits_days(rule);
    return move_month_day(rule, day_of(local_us), day_of(to_us));
}

enum { COMPARED_STARTS = 200 };

/* The starts of the rule alone. */
static void open_rule(Starts *starts, Event *event, Recurrence *pattern)
{
    *pattern = (Recurrence){ .rrule = event->recurrence_pattern->rrule };
    event->recurrence_pattern = pattern;
    starts_init(starts, event);
}

/* Months are not of one length: a rule that names the 31st passes over some, one that names the
 * 30th does not. Is each start of `after` one of `before`, moved, and the other way round? */
static bool has_moved(const Series *series, const SeriesMove *move, const Event *before,
                      const Event *after)
{
    Event events[] = { *before, *after };
    Recurrence patterns[2];
    Starts from;
    Starts to;
    Instant was;
    Instant is;

    open_rule(&from, &events[0], &patterns[0]);
    open_rule(&to, &events[1], &patterns[1]);
    for (int i = 0; i < COMPARED_STARTS; i++) {
        bool has_one_before = starts_next(&from, &was) == RRULE_OCCURS;
        bool has_one_after = starts_next(&to, &is) == RRULE_OCCURS;
        if (!has_one_before || !has_one_after)
            return has_one_before == has_one_after;
        if (is != series_moved(series, move, was))
            return false;
    }
    return true;
}

/* -- The event -------------------------------------------------------------------------------- */

static bool move_until(const Series *series, const SeriesMove *move, Instant start, RRule *rule)
{
    if (rule->until_form == UNTIL_NONE)
        return true;
    int64_t local_us = rule->until_form == UNTIL_UTC
                           ? timezone_to_local(series->zone, rule->until_us)
                           : rule->until_us;
    local_us += move->by_us;
    if (rule->until_form == UNTIL_DATE || move->zone == NULL) {
        rule->until_form = UNTIL_DATE;
        rule->until_us = midnight_of(local_us);
    } else {
        rule->until_us = rrule_whole_until(timezone_to_instant(move->zone, local_us), start);
    }
    return in_calendar(rule->until_us);
}

static bool move_rdates(const Series *series, Arena *arena, const SeriesMove *move,
                        Recurrence *pattern)
{
    Instant *rdates = ARENA_ARRAY(arena, Instant, pattern->rdate_count);

    for (size_t i = 0; i < pattern->rdate_count; i++) {
        rdates[i] = series_moved(series, move, pattern->rdates[i]);
        if (!in_calendar(rdates[i]))
            return false;
    }
    pattern->rdates = rdates;
    return true;
}

/* A time that an override has of its own: of an event that becomes all-day the date, of one that
 * is it no more the time of day that the series now has. */
static Instant own_time(const Series *series, const SeriesMove *move, Instant time)
{
    bool was_all_day = series->zone == NULL;

    return was_all_day == (move->zone == NULL) ? time : series_moved(series, move, time);
}

/* What an override has moved stays where it is; an end of its own goes with the start it has not.
 */
static void move_times_of(const Series *series, const SeriesMove *move, const Event *event,
                          Instant original_start, OverrideEntry *entry)
{
    int64_t was_us = series->event->end_time - series->event->start_time;
    int64_t is_us = event->end_time - event->start_time;
    Override *override = &entry->override;
    bool has_start = OVERRIDE_HAS(override, start_time);

    if (OVERRIDE_HAS(override, all_day)) /* of another kind than the series was */
        return;
    Instant start = has_start ? override->start_time : original_start;

    if (has_start)
        override->start_time = own_time(series, move, override->start_time);
    if (!OVERRIDE_HAS(override, end_time))
        return;
    int64_t longer_us = override->end_time - start - was_us;
    if ((series->zone == NULL) != (move->zone == NULL)) {
        int64_t length_us = is_us + longer_us;
        if (move->zone == NULL)
            length_us = length_us < DAY_US ? DAY_US : midnight_of(length_us);
        override->end_time = overrides_start(entry) + (length_us > 0 ? length_us : is_us);
    } else if (!has_start) {
        override->end_time += entry->original_start - original_start;
    }
}

static bool move_overrides(const Series *series, Arena *arena, const SeriesMove *move, Event *event)
{
    OverrideEntry *entries;
    size_t count = overrides_list(arena, event->recurrence_overrides, &entries);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        OverrideEntry entry = entries[i];
        entry.original_start = series_moved(series, move, entry.original_start);
        entry.key = instant_text(arena, entry.original_start);
        move_times_of(series, move, event, entries[i].original_start, &entry);
        if (!in_calendar(entry.original_start) || entry.override.end_time >= INSTANT_END)
            return false;
        if (kept == 0 || entries[kept - 1].original_start < entry.original_start)
            entries[kept++] = entry;
    }
    event->recurrence_overrides = overrides_text(arena, entries, kept);
    return true;
}

/* `before` has the start that the rule had. */
static bool move_pattern(const Series *series, Arena *arena, const SeriesMove *move,
                         const Event *before, Event *event, const char **ret_reason)
{
    static const char *const not_movable =
        "The rule has days or times that cannot be moved like this; give a recurrence_pattern too.";
    Recurrence *pattern = ARENA_NEW(arena, Recurrence);
    RRule rule;
    RRuleFault fault;

    *pattern = *event->recurrence_pattern;
    event->recurrence_pattern = pattern;
    if (!move->has_new_rdates && !move_rdates(series, arena, move, pattern))
        return false;
    if (move->has_new_rule)
        return true;
    if (!rrule_parse(pattern->rrule, &rule, &fault) ||
        !move_rule(&rule, move->local_us, move->by_us)) {
        *ret_reason = not_movable;
        return false;
    }
    rrule_convert_until(&rule, series->zone, series->event->all_day);
    if (!move_until(series, move, event->start_time, &rule))
        return false;
    pattern->rrule = rrule_format(arena, &rule);
    if (rule.frequency < FREQUENCY_MONTHLY ||
        day_of(move->local_us + move->by_us) == day_of(move->local_us) ||
        has_moved(series, move, before, event))
        return true;
    *ret_reason = not_movable;
    return false;
}

bool series_move(const Series *series, Arena *arena, const SeriesMove *move, Event *event,
                 const char **ret_reason)
{
    int64_t duration_us = event->end_time - event->start_time;
    Event before = *event;

    before.timezone = series->event->timezone;
    before.all_day = series->event->all_day;
    if (move->by_us == 0 && move->zone == series->zone)
        return true;
    *ret_reason = "With this start the series would leave the years 1900 to 2199.";
    event->start_time = series_moved(series, move, event->start_time);
    event->end_time = event->start_time + duration_us;
    if (!in_calendar(event->start_time))
        return false;
    if (event->recurrence_pattern == NULL || event->recurrence_pattern->rrule == NULL)
        return true;
    return move_pattern(series, arena, move, &before, event, ret_reason) &&
           move_overrides(series, arena, move, event);
}
