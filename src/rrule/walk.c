#include "rrule/walk.h"

#include "base/limits.h"

/* How it works.
 *
 * RFC 5545 describes a rule as an interval of FREQ that BY parts expand (more days or times in it)
 * or limit (fewer):
 *
 *              SECONDLY  MINUTELY  HOURLY   DAILY    WEEKLY   MONTHLY  YEARLY
 *   BYMONTH    limit     limit     limit    limit    limit    limit    expand
 *   BYWEEKNO   -         -         -        -        -        -        expand
 *   BYYEARDAY  limit     limit     limit    -        -        -        expand
 *   BYMONTHDAY limit     limit     limit    limit    -        expand   expand
 *   BYDAY      limit     limit     limit    limit    expand   note 1   note 2
 *   BYHOUR     limit     limit     limit    expand   expand   expand   expand
 *   BYMINUTE   limit     limit     expand   expand   expand   expand   expand
 *   BYSECOND   limit     expand    expand   expand   expand   expand   expand
 *   BYSETPOS   limit     limit     limit    limit    limit    limit    limit
 *
 *   Note 1: limit if BYMONTHDAY is present, otherwise special expand. Note 2: limit if BYYEARDAY
 *   or BYMONTHDAY is present, otherwise special expand within the week, month or year.
 *
 * We read it the other way round. A *period* (one year, one month, … one second) has a *set*: the
 * days of it that every day part lets through, each with the times that every time part lets
 * through. What the rule leaves unsaid was taken from the start, so that "expand" and "limit" are
 * the same filter and only the length of a period differs. A set is three masks of times and one
 * of days (rrule_set.h); its n-th member and the rank of a moment are found by counting bits, so
 * BYSETPOS chooses by number and nothing is ever listed or sorted.
 *
 * Periods are numbered from 1970 on (year 2025, month 2025*12+2, week, day, … second), and those
 * of a rule are first, first + INTERVAL, … So
 *   - to seek is to divide: no walk from the start, however long ago that was;
 *   - COUNT needs to know how many came before. Where every period has equally many (a daily or
 *     weekly rule without BYMONTH and the like) that is one multiplication; elsewhere the sizes of
 *     the sets are added up, period by period, without looking at their members;
 *   - up to DAILY, where most periods of a rule may be limited away, the walk asks the masks for
 * the next period that is not ("the next Friday the 13th", "the next 09:30"), and goes to the first
 *     one of the rule from there. A second is never tried after another.
 *   - an HOURLY rule and the like whose times are the same on every day has days as its periods.
 * Years, months and weeks are tried one by one: there are at most 16,000 until 2200.
 *
 * What still finds nothing (INTERVAL out of step with everything else) is counted in `steps`, and
 * LIMIT_RULE_STEPS ends it.
 *
 * The start. RFC 5545 3.8.5.3: "The "DTSTART" property value SHOULD be synchronized with the
 * recurrence rule, if specified. The recurrence set generated with a "DTSTART" property value not
 * synchronized with the recurrence rule is undefined." We define it: occurrences are what the rule
 * yields from the start on, so a start that the rule does not yield is not one of them and COUNT
 * does not count it. What a person reads in the rule is then what happens, and python-dateutil and
 * rrule.js agree. */

static const int64_t seconds_of_unit[] = {
    [FREQUENCY_SECONDLY] = 1,  [FREQUENCY_MINUTELY] = 60, [FREQUENCY_HOURLY] = 3600,
    [FREQUENCY_DAILY] = 86400, [FREQUENCY_WEEKLY] = 0,    [FREQUENCY_MONTHLY] = 0,
    [FREQUENCY_YEARLY] = 0,
};

/* To work out the days of a year takes as long as to look at this many units. */
enum { YEAR_WORK = 10 };

/* -- Periods ---------------------------------------------------------------------------------- */

static int64_t period_of(const RRuleWalk *walk, int64_t local_s)
{
    int64_t day = floor_divide(local_s, 86400);
    int64_t year;
    unsigned month;
    unsigned day_of_month;

    if (walk->unit_s != 0)
        return floor_divide(local_s, walk->unit_s);
    if (walk->plan.frequency == FREQUENCY_WEEKLY)
        return floor_divide(day + WEEKDAY_THURSDAY - (int64_t)walk->plan.week_start, WEEKDAYS);
    date_from_days(day, &year, &month, &day_of_month);
    return walk->plan.frequency == FREQUENCY_YEARLY ? year : year * 12 + month - 1;
}

/* The first period of the rule that is not before `period`. */
static int64_t align(const RRuleWalk *walk, int64_t period)
{
    if (period <= walk->first_period)
        return walk->first_period;
    int64_t since = period - walk->first_period + walk->interval - 1;
    return walk->first_period + since / walk->interval * walk->interval;
}

static void load_unit(RRuleWalk *walk)
{
    int64_t begin_s = walk->period * walk->unit_s;
    int64_t day = floor_divide(begin_s, 86400);
    int64_t second_of_day = begin_s - day * 86400;
    TimeMask *times = &walk->set.times;

    walk->set.first_day = day;
    if (walk->unit_s <= 3600)
        times->hours = UINT64_C(1) << second_of_day / 3600;
    if (walk->unit_s <= 60)
        times->minutes = UINT64_C(1) << second_of_day / 60 % 60;
    if (walk->unit_s == 1)
        times->seconds = UINT64_C(1) << second_of_day % 60;
}

static void load(RRuleWalk *walk)
{
    int64_t period = walk->period;
    RRuleSet *set = &walk->set;

    if (walk->unit_s != 0) {
        load_unit(walk);
        if (set->size == 0) /* every unit has as many members */
            rrule_set_measure(set);
        return;
    }
    set->days = (DayMask){ 0 };
    if (walk->plan.frequency == FREQUENCY_WEEKLY) {
        set->first_day = period * WEEKDAYS - WEEKDAY_THURSDAY + (int64_t)walk->plan.week_start;
        set->days.words[0] = rrule_plan_week(&walk->plan, set->first_day);
    } else if (walk->plan.frequency == FREQUENCY_MONTHLY) {
        int64_t year = floor_divide(period, 12);
        unsigned month = (unsigned)(period - year * 12) + 1;
        set->first_day = days_from_date(year, month, 1);
        set->days.words[0] = rrule_plan_month(&walk->plan, year, month);
    } else {
        walk->work += YEAR_WORK;
        set->first_day = days_from_date(period, 1, 1);
        rrule_plan_year(&walk->plan, period, &set->days);
    }
    rrule_set_measure(set);
}

/* -- The next unit that is not limited away --------------------------------------------------- */

static void load_year(RRuleWalk *walk, int64_t day)
{
    int64_t year;
    unsigned month;
    unsigned day_of_month;

    date_from_days(day, &year, &month, &day_of_month);
    walk->work += YEAR_WORK;
    walk->year_first = days_from_date(year, 1, 1);
    walk->year_length = rrule_plan_year(&walk->plan, year, &walk->year_days);
}

/* The first day from `day` on that the rule lets through, or one outside. */
static int64_t next_day(RRuleWalk *walk, int64_t day)
{
    int64_t end_day = floor_divide(walk->end_period * walk->unit_s, 86400) + 1;

    if (!walk->plan.has_day_limit)
        return day;
    while (day < end_day) {
        if (walk->year_length == 0 || day < walk->year_first ||
            day >= walk->year_first + walk->year_length)
            load_year(walk, day);
        int64_t i = day - walk->year_first;
        uint64_t rest = walk->year_days.words[i / 64] >> i % 64;
        if (rest != 0)
            return day + __builtin_ctzll(rest);
        int64_t skipped = i + 64 - i % 64;
        day = walk->year_first + (skipped < walk->year_length ? skipped : walk->year_length);
    }
    return end_day;
}

/* The first unit from `unit` on that the rule's limits let through. A unit is looked up by the
 * second with which it begins. */
static int64_t next_unit(RRuleWalk *walk, int64_t unit)
{
    int64_t begin_s = unit * walk->unit_s;
    int64_t day = floor_divide(begin_s, 86400);
    int64_t allowed_day = next_day(walk, day);
    int64_t from = allowed_day == day ? begin_s - day * 86400 : 0;
    TimeMask begins = {
        .hours = walk->unit_s <= 3600 ? walk->plan.times.hours : 1,
        .minutes = walk->unit_s <= 60 ? walk->plan.times.minutes : 1,
        .seconds = walk->unit_s == 1 ? walk->plan.times.seconds : 1,
    };
    int64_t second_of_day = rrule_times_next(&begins, from);

    if (second_of_day < 0) {
        allowed_day = next_day(walk, allowed_day + 1);
        second_of_day = rrule_times_next(&begins, 0);
    }
    return (allowed_day * 86400 + second_of_day) / walk->unit_s;
}

static bool is_let_through(RRuleWalk *walk, int64_t unit)
{
    int64_t begin_s = unit * walk->unit_s;
    int64_t day = floor_divide(begin_s, 86400);
    int64_t second_of_day = begin_s - day * 86400;
    const TimeMask *times = &walk->plan.times;

    return (walk->unit_s > 3600 || (times->hours >> second_of_day / 3600 & 1) != 0) &&
           (walk->unit_s > 60 || (times->minutes >> second_of_day / 60 % 60 & 1) != 0) &&
           (walk->unit_s > 1 || (times->seconds >> second_of_day % 60 & 1) != 0) &&
           next_day(walk, day) == day;
}

static bool has_time_limit(const RRulePlan *plan)
{
    return (plan->frequency <= FREQUENCY_HOURLY && rrule_has(plan->rule, BY_HOUR)) ||
           (plan->frequency <= FREQUENCY_MINUTELY && rrule_has(plan->rule, BY_MINUTE)) ||
           (plan->frequency == FREQUENCY_SECONDLY && rrule_has(plan->rule, BY_SECOND));
}

/* -- Moving ----------------------------------------------------------------------------------- */

/* To the first period with a set, from `period` (one of the rule) on. */
static void move_to(RRuleWalk *walk, int64_t period)
{
    bool is_limited =
        walk->unit_s != 0 && (walk->plan.has_day_limit || has_time_limit(&walk->plan));

    walk->index = 0;
    walk->result = RRULE_ENDED;
    while (period < walk->end_period) {
        int64_t allowed = period;
        if (walk->work++ >= walk->most_work) {
            walk->result = RRULE_TOO_COMPLEX;
            return;
        }
        if (is_limited && !is_let_through(walk, period))
            allowed = next_unit(walk, period);
        if (allowed == period) {
            walk->period = period;
            load(walk);
            if (walk->set.size > 0) {
                walk->result = RRULE_OCCURS;
                return;
            }
        }
        if (++walk->steps > LIMIT_RULE_STEPS) {
            walk->result = RRULE_TOO_COMPLEX;
            return;
        }
        period = align(walk, allowed > period ? allowed : period + 1);
    }
}

/* Chosen members of the present set before `index`. */
static int64_t chosen_before(const RRuleWalk *walk, int64_t index)
{
    return rrule_positions_before(walk->positions, walk->set.size, index);
}

/* All of them. Most sets of a rule are as large as the one before. */
static int64_t chosen_here(RRuleWalk *walk)
{
    if (walk->chosen_of != walk->set.size) {
        walk->chosen_of = walk->set.size;
        walk->chosen = chosen_before(walk, walk->set.size);
    }
    return walk->chosen;
}

static void move_on(RRuleWalk *walk)
{
    /* A set of which BYSETPOS chose nothing is a step like an empty one. */
    if (chosen_here(walk) == 0 && ++walk->steps > LIMIT_RULE_STEPS) {
        walk->result = RRULE_TOO_COMPLEX;
        return;
    }
    move_to(walk, walk->period + walk->interval);
}

static void restart(RRuleWalk *walk)
{
    walk->left = walk->count;
    move_to(walk, walk->first_period);
    if (walk->result == RRULE_OCCURS && walk->period == walk->first_period)
        walk->index = rrule_set_rank(&walk->set, walk->start_s);
}

/* -- COUNT ------------------------------------------------------------------------------------ */

/* How many occurrences have been passed when the walk stands at `index` of the period it is in,
 * in a rule whose periods all have equally many. */
static int64_t passed_at(const RRuleWalk *walk, int64_t index)
{
    int64_t periods = (walk->period - walk->first_period) / walk->interval;

    return periods * walk->per_period + chosen_before(walk, index) - walk->before_start;
}

static void end_walk(RRuleWalk *walk)
{
    walk->left = 0;
    walk->result = RRULE_ENDED;
}

/* To the n-th chosen member from where the walk stands, which is in this set. */
static void step_within(RRuleWalk *walk, int64_t n)
{
    if (walk->positions == NULL) {
        walk->index += n;
        return;
    }
    walk->index = rrule_positions_next(walk->positions, walk->set.size, walk->index);
    for (; n > 0; n--)
        walk->index = rrule_positions_next(walk->positions, walk->set.size, walk->index + 1);
}

void rrule_walk_skip(RRuleWalk *walk, int64_t n)
{
    if (n >= walk->left) {
        end_walk(walk);
        return;
    }
    if (walk->count != INT64_MAX)
        walk->left -= n;
    if (walk->result == RRULE_OCCURS && walk->per_period > 0) {
        int64_t target = passed_at(walk, walk->index) + n + walk->before_start;
        move_to(walk, walk->first_period + target / walk->per_period * walk->interval);
        step_within(walk, target % walk->per_period);
        return;
    }
    while (walk->result == RRULE_OCCURS) {
        int64_t here = chosen_here(walk) - chosen_before(walk, walk->index);
        if (n < here) {
            step_within(walk, n);
            return;
        }
        n -= here;
        move_on(walk);
    }
}

/* Adds up what lies before `target_s`, from the start or, if that is not yet passed, from here. */
static void count_up_to(RRuleWalk *walk, int64_t period, int64_t target_s)
{
    bool is_passed = walk->period > period ||
                     (walk->period == period && rrule_set_rank(&walk->set, target_s) < walk->index);
    if (walk->result != RRULE_OCCURS || is_passed)
        restart(walk);
    while (walk->result == RRULE_OCCURS && walk->period <= period) {
        bool is_last = walk->period == period;
        int64_t end = is_last ? rrule_set_rank(&walk->set, target_s) : walk->set.size;
        int64_t passed = (is_last ? chosen_before(walk, end) : chosen_here(walk)) -
                         chosen_before(walk, walk->index);
        if (passed >= walk->left) {
            end_walk(walk);
            return;
        }
        walk->left -= passed;
        walk->index = end;
        if (is_last)
            return;
        move_on(walk);
    }
}

/* -- The walk --------------------------------------------------------------------------------- */

void rrule_walk_seek(RRuleWalk *walk, int64_t local_us)
{
    int64_t target_s = -floor_divide(-(local_us - walk->fraction_us), SECOND_US);
    int64_t period = period_of(walk, target_s);

    if (target_s <= walk->start_s) {
        restart(walk);
        return;
    }
    if (walk->count != INT64_MAX && walk->per_period < 0) {
        count_up_to(walk, period, target_s);
        return;
    }
    move_to(walk, align(walk, period));
    if (walk->result != RRULE_OCCURS)
        return;
    if (walk->period == period)
        walk->index = rrule_set_rank(&walk->set, target_s);
    if (walk->count != INT64_MAX) {
        int64_t passed = passed_at(walk, walk->index);
        if (passed >= walk->count)
            end_walk(walk);
        else
            walk->left = walk->count - passed;
    }
}

RRuleResult rrule_walk_next(RRuleWalk *walk, int64_t *ret_local_us)
{
    if (walk->left == 0)
        return RRULE_ENDED;
    while (walk->result == RRULE_OCCURS) {
        int64_t index = rrule_positions_next(walk->positions, walk->set.size, walk->index);
        if (index < walk->set.size) {
            walk->index = index + 1;
            if (walk->count != INT64_MAX)
                walk->left--;
            *ret_local_us = rrule_set_at(&walk->set, index) * SECOND_US + walk->fraction_us;
            return RRULE_OCCURS;
        }
        move_on(walk);
    }
    return walk->result;
}

/* Every hour, or every 15 minutes, has the same times on every day: then a day may be the period,
 * which holds many of the rule's own and makes COUNT and seeking the work of days. BYSETPOS
 * chooses within the rule's own. */
static void widen_to_days(RRuleWalk *walk)
{
    int64_t per_next = walk->plan.frequency == FREQUENCY_HOURLY ? 24 : 60;
    uint64_t *mask = walk->unit_s == 3600 ? &walk->plan.times.hours
                     : walk->unit_s == 60 ? &walk->plan.times.minutes
                                          : &walk->plan.times.seconds;
    uint64_t in_step = 0;

    if (walk->unit_s == 0 || walk->plan.frequency == FREQUENCY_DAILY || walk->positions != NULL ||
        per_next % walk->interval != 0)
        return;
    int64_t start_unit = floor_divide(walk->start_s, walk->unit_s);
    int64_t phase = start_unit - floor_divide(start_unit, walk->interval) * walk->interval;
    for (int64_t n = phase; n < per_next; n += walk->interval)
        in_step |= UINT64_C(1) << n;
    *mask &= in_step;
    if (*mask == 0) {
        walk->never = true;
        return;
    }
    walk->plan.frequency = FREQUENCY_DAILY;
    walk->unit_s = 86400;
    walk->interval = 1;
}

/* Periods shorter than a day begin at times that repeat with the greatest common divisor of their
 * distance and a day. None of those among the times: the rule never occurs, and to try each until
 * 2200 would be in vain. */
static bool meets_its_times(const RRuleWalk *walk)
{
    int64_t a = walk->interval * walk->unit_s;
    int64_t b = 86400;

    if (walk->unit_s == 0 || !has_time_limit(&walk->plan))
        return true;
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    if (a == walk->unit_s)
        return true;
    int64_t begin_s = walk->first_period * walk->unit_s;
    int64_t phase = begin_s - floor_divide(begin_s, a) * a;
    for (int64_t second = phase; second < 86400; second += a) {
        if ((walk->plan.times.hours >> second / 3600 & 1) != 0 &&
            (walk->unit_s > 60 || (walk->plan.times.minutes >> second / 60 % 60 & 1) != 0) &&
            (walk->unit_s > 1 || (walk->plan.times.seconds >> second % 60 & 1) != 0))
            return true;
    }
    return false;
}

void rrule_walk_init(RRuleWalk *walk, const RRule *rule, int64_t start_local_us,
                     int64_t last_local_us)
{
    int64_t start_s = floor_divide(start_local_us, SECOND_US);

    *walk = (RRuleWalk){
        .positions = rrule_has(rule, BY_SET_POSITION) ? &rule->by[BY_SET_POSITION] : NULL,
        .interval = rule->interval,
        .unit_s = seconds_of_unit[rule->frequency],
        .start_s = start_s,
        .fraction_us = start_local_us - start_s * SECOND_US,
        .count = rule->count > 0 ? rule->count : INT64_MAX,
        .per_period = -1,
        .most_work = rule->most_work > 0 ? rule->most_work : INT64_MAX,
    };
    rrule_plan_init(&walk->plan, rule, start_local_us);
    widen_to_days(walk);
    walk->set.times = walk->plan.times;
    walk->set.days.words[0] = 1;
    walk->first_period = period_of(walk, start_s);
    walk->end_period = period_of(walk, floor_divide(last_local_us, SECOND_US)) + 1;
    if (walk->never || !meets_its_times(walk))
        walk->end_period = walk->first_period;
    restart(walk);
    bool is_uniform = walk->unit_s != 0
                          ? !walk->plan.has_day_limit && !has_time_limit(&walk->plan)
                          : rule->frequency == FREQUENCY_WEEKLY && !rrule_has(rule, BY_MONTH);
    if (walk->result != RRULE_OCCURS)
        return;
    int64_t per_period = chosen_here(walk);
    if (walk->unit_s != 0 && per_period == 0) { /* so it is in every period: BYSETPOS */
        walk->end_period = walk->first_period;
        end_walk(walk);
    }
    if (is_uniform) {
        walk->per_period = per_period;
        walk->before_start = chosen_before(walk, walk->index);
    }
}
