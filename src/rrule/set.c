#include "rrule/set.h"

static int64_t count_bits(uint64_t bits)
{
    return __builtin_popcountll(bits);
}

static uint64_t below(int64_t bit)
{
    return bit >= 64 ? UINT64_MAX : (UINT64_C(1) << bit) - 1;
}

/* The place of the n-th set bit, n from 0, by halving. */
static int64_t select_bit(uint64_t bits, int64_t n)
{
    int64_t place = 0;

    if (n == 0)
        return __builtin_ctzll(bits);
    for (int64_t half = 32; half > 0; half /= 2) {
        int64_t in_low = count_bits(bits & below(half));
        if (n < in_low)
            continue;
        n -= in_low;
        bits >>= half;
        place += half;
    }
    return place;
}

void rrule_set_measure(RRuleSet *set)
{
    int64_t days = 0;

    for (unsigned i = 0; i < DAY_WORDS; i++)
        days += count_bits(set->days.words[i]);
    set->times_per_day = count_bits(set->times.hours) * count_bits(set->times.minutes) *
                         count_bits(set->times.seconds);
    set->size = days * set->times_per_day;
}

/* -- Rank and select -------------------------------------------------------------------------- */

static int64_t times_before(const TimeMask *times, int64_t second_of_day)
{
    int64_t hour = second_of_day / 3600;
    int64_t minute = second_of_day / 60 % 60;
    int64_t second = second_of_day % 60;
    int64_t in_minute = count_bits(times->seconds);
    int64_t in_hour = count_bits(times->minutes) * in_minute;
    int64_t count = count_bits(times->hours & below(hour)) * in_hour;

    if ((times->hours >> hour & 1) == 0)
        return count;
    count += count_bits(times->minutes & below(minute)) * in_minute;
    if ((times->minutes >> minute & 1) == 0)
        return count;
    return count + count_bits(times->seconds & below(second));
}

int64_t rrule_set_rank(const RRuleSet *set, int64_t local_s)
{
    int64_t day = floor_divide(local_s, 86400);
    int64_t i = day - set->first_day;
    int64_t days = 0;

    if (i < 0)
        return 0;
    if (i >= DAY_WORDS * 64)
        return set->size;
    for (int64_t word = 0; word < i / 64; word++)
        days += count_bits(set->days.words[word]);
    days += count_bits(set->days.words[i / 64] & below(i % 64));
    int64_t rank = days * set->times_per_day;
    if ((set->days.words[i / 64] >> i % 64 & 1) != 0)
        rank += times_before(&set->times, local_s - day * 86400);
    return rank;
}

static int64_t time_at(const TimeMask *times, int64_t index)
{
    int64_t in_minute = count_bits(times->seconds);
    int64_t in_hour = count_bits(times->minutes) * in_minute;

    return select_bit(times->hours, index / in_hour) * 3600 +
           select_bit(times->minutes, index % in_hour / in_minute) * 60 +
           select_bit(times->seconds, index % in_minute);
}

int64_t rrule_set_at(const RRuleSet *set, int64_t index)
{
    int64_t days = index / set->times_per_day;
    int64_t word = 0;

    for (;; word++) {
        int64_t here = count_bits(set->days.words[word]);
        if (days < here)
            break;
        days -= here;
    }
    int64_t day = set->first_day + word * 64 + select_bit(set->days.words[word], days);
    return day * 86400 + time_at(&set->times, index % set->times_per_day);
}

/* The first set bit from `bit` on, or -1. */
static int64_t bit_from(uint64_t bits, int64_t bit)
{
    uint64_t rest = bits & ~below(bit);

    return rest != 0 ? __builtin_ctzll(rest) : -1;
}

int64_t rrule_times_next(const TimeMask *times, int64_t second_of_day)
{
    int64_t hour = second_of_day / 3600;
    int64_t minute = second_of_day / 60 % 60;
    int64_t second = -1;
    bool is_in_hour = (times->hours >> hour & 1) != 0;

    if (is_in_hour && (times->minutes >> minute & 1) != 0)
        second = bit_from(times->seconds, second_of_day % 60);
    if (second < 0) {
        second = __builtin_ctzll(times->seconds);
        minute = is_in_hour ? bit_from(times->minutes, minute + 1) : -1;
    }
    if (minute < 0) {
        minute = __builtin_ctzll(times->minutes);
        hour = bit_from(times->hours, hour + 1);
    }
    return hour < 0 ? -1 : (hour * 60 + minute) * 60 + second;
}

/* -- BYSETPOS --------------------------------------------------------------------------------- */

/* The lowest bit from `bit` on, or `none`. */
static int64_t next_bit(const uint64_t words[RRULE_SET_WORDS], int64_t bit, int64_t none)
{
    if (bit > RRULE_ORDINAL_MAX)
        return none;
    uint64_t rest = words[bit / 64] & ~below(bit % 64);
    for (int64_t word = bit / 64; word < RRULE_SET_WORDS; word++) {
        if (rest != 0)
            return word * 64 + __builtin_ctzll(rest);
        rest = word + 1 < RRULE_SET_WORDS ? words[word + 1] : 0;
    }
    return none;
}

/* The highest bit up to `bit`, or 0. */
static int64_t previous_bit(const uint64_t words[RRULE_SET_WORDS], int64_t bit)
{
    if (bit > RRULE_ORDINAL_MAX)
        bit = RRULE_ORDINAL_MAX;
    uint64_t rest = words[bit / 64] & below(bit % 64 + 1);
    for (int64_t word = bit / 64; word >= 0; word--) {
        if (rest != 0)
            return word * 64 + 63 - __builtin_clzll(rest);
        rest = word > 0 ? words[word - 1] : 0;
    }
    return 0;
}

int64_t rrule_positions_next(const OrdinalSet *positions, int64_t size, int64_t index)
{
    if (positions == NULL || index >= size)
        return index < size ? index : size;
    /* Position p from the front is index p-1, position -q is index size-q. */
    int64_t front = next_bit(positions->plus, index + 1, size + 1) - 1;
    int64_t back = size - previous_bit(positions->minus, size - index);
    int64_t next = front < back ? front : back;

    return next < size ? next : size;
}

int64_t rrule_positions_before(const OrdinalSet *positions, int64_t size, int64_t index)
{
    if (positions == NULL || index == 0)
        return index;
    int64_t count = 0;
    for (unsigned word = 0; word < RRULE_SET_WORDS; word++) {
        int64_t room = index + 1 - (int64_t)word * 64; /* p <= index */
        if (room > 0)
            count += count_bits(positions->plus[word] & below(room));
    }
    for (unsigned word = 0; word < RRULE_SET_WORDS; word++) {
        for (uint64_t rest = positions->minus[word]; rest != 0; rest &= rest - 1) {
            int64_t place = size - ((int64_t)word * 64 + __builtin_ctzll(rest));
            if (place < 0 || place >= index)
                continue;
            bool is_counted = place < RRULE_ORDINAL_MAX &&
                              (positions->plus[(place + 1) / 64] >> (place + 1) % 64 & 1) != 0;
            count += !is_counted;
        }
    }
    return count;
}
