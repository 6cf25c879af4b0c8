#include "time/instant.h"

#include <stddef.h>
#include <string.h>

/* -- The calendar ----------------------------------------------------------------------------- */

/* Both ways count in eras of 400 years that begin on 1 March, so that the leap day is the last
 * day of a year and needs no case of its own. */
enum { DAYS_IN_ERA = 146097, DAYS_TO_1970 = 719468 };

int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    if (month <= 2)
        year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t months_from_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * months_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_IN_ERA + day_of_era - DAYS_TO_1970;
}

/* Back again, inside an era in 32 bits, with the multiplications that Neri and Schneider found to
 * stand for the divisions by the lengths of years and months ("Euclidean affine functions and their
 * application to calendar algorithms", 2023): every time that is written comes through here. */
void date_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
    uint32_t of_era = 4 * (uint32_t)(days - era * DAYS_IN_ERA) + 3;
    uint32_t century = of_era / DAYS_IN_ERA;
    uint32_t of_century = of_era % DAYS_IN_ERA | 3;
    uint64_t years = UINT64_C(2939745) * of_century; /* 2^32 to the year */
    uint32_t day_of_year = (uint32_t)years / 2939745 / 4;
    uint32_t months = 2141 * day_of_year + 197913; /* 2^16 to the month, from March on */
    unsigned is_next_year = day_of_year >= 306;

    *ret_year = era * 400 + century * 100 + (int64_t)(years >> 32) + is_next_year;
    *ret_month = (months >> 16) - 12 * is_next_year;
    *ret_day = months % 65536 / 2141 + 1;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* -- Reading ---------------------------------------------------------------------------------- */

typedef struct Reading {
    const char *at;
    const char *reason; /* why it was refused; NULL so far */
    bool is_stored;     /* in any year, and UTC where no offset stands */
} Reading;

static bool refuse(Reading *r, const char *reason)
{
    r->reason = reason;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_digits(Reading *r, unsigned count, unsigned *ret_value)
{
    *ret_value = 0;
    for (unsigned i = 0; i < count; i++, r->at++) {
        if (!is_digit(*r->at))
            return refuse(r, "Give a time as RFC 3339 does, for example 2025-03-01T09:30:00Z.");
        *ret_value = *ret_value * 10 + (unsigned)(*r->at - '0');
    }
    return true;
}

static bool read_char(Reading *r, char c)
{
    if (*r->at != c)
        return refuse(r, "Give a time as RFC 3339 does, for example 2025-03-01T09:30:00Z.");
    r->at++;
    return true;
}

static bool read_date(Reading *r, int64_t *ret_days)
{
    unsigned year;
    unsigned month;
    unsigned day;

    if (!read_digits(r, 4, &year) || !read_char(r, '-') || !read_digits(r, 2, &month) ||
        !read_char(r, '-') || !read_digits(r, 2, &day))
        return false;
    if (month < 1 || month > 12)
        return refuse(r, "The month must be 01 to 12.");
    if (day < 1 || day > days_in_month(year, month))
        return refuse(r, "That month does not have such a day.");
    *ret_days = days_from_date(year, month, day);
    return true;
}

/* RFC 3339 5.6: time-secfrac = "." 1*DIGIT. Beyond microseconds the digits are cut. */
static bool read_fraction(Reading *r, int64_t *ret_us)
{
    int64_t scale = SECOND_US / 10;
    unsigned count = 0;

    *ret_us = 0;
    if (*r->at == ',')
        return refuse(r, "A fraction of a second begins with a point, not with a comma.");
    if (*r->at != '.')
        return true;
    for (r->at++; is_digit(*r->at); r->at++, count++) {
        *ret_us += scale * (*r->at - '0');
        scale /= 10;
    }
    if (count < 1 || count > 9)
        return refuse(r, "A fraction of a second has one to nine digits.");
    return true;
}

static bool read_clock(Reading *r, int64_t *ret_us)
{
    unsigned hour;
    unsigned minute;
    unsigned second = 0;
    int64_t fraction_us = 0;

    if (!read_digits(r, 2, &hour) || !read_char(r, ':') || !read_digits(r, 2, &minute))
        return false;
    bool has_seconds = *r->at == ':';
    if (has_seconds && (!read_char(r, ':') || !read_digits(r, 2, &second)))
        return false;
    if (hour > 23)
        return refuse(r, "The hour must be 00 to 23; midnight is 00:00:00 of the next day.");
    if (minute > 59)
        return refuse(r, "The minute must be 00 to 59.");
    if (second > 59)
        return refuse(r, "The second must be 00 to 59; leap seconds cannot be given.");
    if (has_seconds && !read_fraction(r, &fraction_us))
        return false;
    *ret_us = ((hour * 60 + minute) * 60 + second) * SECOND_US + fraction_us;
    return true;
}

/* Offsets end at 14 hours, the farthest any place has been since 1900 and the bound of XML Schema
 * (3.2.7.3). RFC 3339 4.3: "-00:00" says that the offset is not known, so it is not a moment that
 * a calendar could keep. */
static bool read_offset(Reading *r, int64_t *ret_us)
{
    unsigned hours;
    unsigned minutes;
    char sign = *r->at;

    *ret_us = 0;
    if (sign == 'Z' || sign == 'z') {
        r->at++;
        return true;
    }
    if (sign == '\0' && r->is_stored)
        return true;
    if (sign == '\0')
        return refuse(r, "A time needs its offset from UTC: end it with Z or, say, +02:00.");
    if (sign == ' ' && is_digit(r->at[1]))
        return refuse(r, "An offset begins with + or -; in an address, + is written %2B.");
    if (sign != '+' && sign != '-')
        return refuse(r, "After the time of day comes the offset from UTC: Z or, say, +02:00.");
    r->at++;
    bool has_hours = read_digits(r, 2, &hours);
    r->at += has_hours && *r->at == ':';
    if (!has_hours || !read_digits(r, 2, &minutes))
        return refuse(r, "An offset has hours, a colon and minutes, say +02:00.");
    if (minutes > 59 || hours * 60 + minutes > 14 * 60)
        return refuse(r, "The offset must lie between -14:00 and +14:00.");
    if (sign == '-' && hours == 0 && minutes == 0)
        return refuse(r, "The offset -00:00 stands for an unknown one: use Z or +00:00.");
    *ret_us = (hours * 60 + minutes) * 60 * (sign == '-' ? -SECOND_US : SECOND_US);
    return true;
}

/* Beside RFC 3339's own form, what clients write: a space for the T (RFC 3339 5.6 allows it, and
 * Python's str() does it), no seconds, an offset without its colon (Python's %z).
 * Years have four digits, so no sum here comes near the ends of an int64. */
static bool read_instant(Reading *r, Instant *ret_instant)
{
    int64_t days;
    int64_t clock_us;
    int64_t offset_us;

    if (!read_date(r, &days))
        return false;
    if (*r->at != 'T' && *r->at != 't' && *r->at != ' ')
        return refuse(r, *r->at == '\0' ? "A date alone is not a time: add, say, T09:30:00Z."
                                        : "Between date and time stands a T or a space.");
    r->at++;
    if (!read_clock(r, &clock_us) || !read_offset(r, &offset_us))
        return false;
    if (*r->at != '\0')
        return refuse(r, "Nothing may follow the offset of a time.");
    Instant instant = days * DAY_US + clock_us - offset_us;
    if (!r->is_stored && (instant < INSTANT_MIN || instant >= INSTANT_END))
        return refuse(r, "The time must lie in the years 1900 to 2199, in UTC.");
    *ret_instant = instant;
    return true;
}

bool instant_parse(const char *text, Instant *ret_instant, const char **ret_reason)
{
    Reading r = { .at = text };
    bool is_good = read_instant(&r, ret_instant);

    *ret_reason = r.reason;
    return is_good;
}

bool local_parse(const char *text, int64_t *ret_local_us, bool *ret_has_offset)
{
    Reading r = { .at = text };
    int64_t days;
    int64_t clock_us;
    int64_t offset_us;

    if (!read_date(&r, &days) || !read_char(&r, 'T') || !read_clock(&r, &clock_us))
        return false;
    *ret_local_us = days * DAY_US + clock_us;
    *ret_has_offset = *r.at != '\0';
    return !*ret_has_offset || (read_offset(&r, &offset_us) && *r.at == '\0');
}

/* -- Writing ---------------------------------------------------------------------------------- */

/* Not snprintf: a page of a thousand events has five thousand times in it. */
static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
                                 "25262728293031323334353637383940414243444546474849"
                                 "50515253545556575859606162636465666768697071727374"
                                 "75767778798081828384858687888990919293949596979899";

static char *put_two(char *at, uint32_t value)
{
    memcpy(at, two_digits + (size_t)2 * value, 2);
    return at + 2;
}

/* No year of five digits comes in, nor one before the first, but a row of another program's may
 * hold one: it must not write past the end. */
static char *put_year(char *at, int64_t year)
{
    if (year < 0)
        *at++ = '-';
    uint32_t magnitude = (uint32_t)(year < 0 ? -year : year);
    if (magnitude > 9999)
        at = put_two(at, magnitude / 10000);
    at = put_two(at, magnitude / 100 % 100);
    return put_two(at, magnitude % 100);
}

static char *put_fraction(char *at, uint32_t us)
{
    *at++ = '.';
    at = put_two(at, us / 10000);
    at = put_two(at, us / 100 % 100);
    at = put_two(at, us % 100);
    while (at[-1] == '0')
        at--;
    return at;
}

size_t instant_format(Instant instant, char ret_text[INSTANT_TEXT])
{
    int64_t days = instant / DAY_US - (instant % DAY_US < 0);
    uint64_t us = (uint64_t)instant - (uint64_t)days * (uint64_t)DAY_US;
    uint32_t seconds = (uint32_t)(us / SECOND_US);
    uint32_t fraction = (uint32_t)(us % SECOND_US);
    int64_t year;
    unsigned month;
    unsigned day;

    date_from_days(days, &year, &month, &day);
    char *at = put_year(ret_text, year);
    *at++ = '-';
    at = put_two(at, month);
    *at++ = '-';
    at = put_two(at, day);
    *at++ = 'T';
    at = put_two(at, seconds / 3600);
    *at++ = ':';
    at = put_two(at, seconds / 60 % 60);
    *at++ = ':';
    at = put_two(at, seconds % 60);
    if (fraction != 0)
        at = put_fraction(at, fraction);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - ret_text);
}

size_t local_format(int64_t local_us, char ret_text[INSTANT_TEXT])
{
    size_t length = instant_format(local_us, ret_text) - 1;

    ret_text[length] = '\0';
    return length;
}

const char *instant_text(Arena *arena, Instant instant)
{
    if (instant == INSTANT_NULL)
        return NULL;
    char *text = arena_alloc(arena, INSTANT_TEXT);
    instant_format(instant, text);
    return text;
}

/* -- The type object -------------------------------------------------------------------------- */

/* The old system's versions hold what Python's isoformat() makes of a time without a zone, which
 * was UTC, and any year that PostgreSQL knows. */
static bool instant_type_parse(const Decoder *d, const Field *field, const char *text, void *member)
{
    Reading r = { .at = text, .is_stored = d->is_stored };

    (void)field;
    return read_instant(&r, member) || decode_fault(d, "datetime_parsing", "%s", r.reason);
}

static bool instant_type_decode(const Decoder *d, const Field *field, const json_t *value,
                                void *member)
{
    if (!json_is_string(value))
        return decode_fault(d, "datetime_type", "%s",
                            "A time is text in quotes, for example \"2025-03-01T09:30:00Z\".");
    return instant_type_parse(d, field, json_string_value(value), member);
}

void instant_write(Writer *w, Instant instant)
{
    char text[INSTANT_TEXT];

    if (instant == INSTANT_NULL)
        write_null(w);
    else
        write_plain(w, text, instant_format(instant, text));
}

static void instant_type_encode(Writer *w, const Field *field, const void *member)
{
    (void)field;
    instant_write(w, *(const Instant *)member);
}

static void instant_type_describe(Writer *w, const Field *field)
{
    (void)field;
    write_key(w, "type");
    write_text(w, "string");
    write_key(w, "format");
    write_text(w, "date-time");
}

static bool instant_type_equal(const Field *field, const void *a, const void *b)
{
    (void)field;
    return *(const Instant *)a == *(const Instant *)b;
}

static bool instant_type_is_null(const void *member)
{
    return *(const Instant *)member == INSTANT_NULL;
}

static void instant_type_set_null(void *member)
{
    *(Instant *)member = INSTANT_NULL;
}

const Type instant_type = {
    .name = "a time (RFC 3339)",
    .storage = STORED_INSTANT,
    .decode = instant_type_decode,
    .parse = instant_type_parse,
    .encode = instant_type_encode,
    .describe = instant_type_describe,
    .equal = instant_type_equal,
    .is_null = instant_type_is_null,
    .set_null = instant_type_set_null,
};
