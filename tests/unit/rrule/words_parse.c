#include "words_parse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

/* How it works: the sentence is cut into words, each phrase adds its values to a part, and the
 * parts become the text of a rule for rrule_parse, which judges them. */

enum { MOST_WORDS = 1000 };

static const char *const units[] = {
    [FREQUENCY_SECONDLY] = "second", [FREQUENCY_MINUTELY] = "minute", [FREQUENCY_HOURLY] = "hour",
    [FREQUENCY_DAILY] = "day",       [FREQUENCY_WEEKLY] = "week",     [FREQUENCY_MONTHLY] = "month",
    [FREQUENCY_YEARLY] = "year",
};

static const char *const weekdays[] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

static const char *const months[] = {
    "",     "January", "February",  "March",   "April",    "May",      "June",
    "July", "August",  "September", "October", "November", "December",
};

static const char *const ordinals[] = { "", "first", "second", "third", "fourth", "fifth" };

typedef enum TextPart {
    PART_FREQ,
    PART_INTERVAL,
    PART_COUNT,
    PART_UNTIL,
    PART_MONTH,
    PART_WEEK,
    PART_YEAR_DAY,
    PART_MONTH_DAY,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_POSITION,
    PART_WEEK_START,
    TEXT_PARTS,
} TextPart;

static const char *const part_names[TEXT_PARTS] = {
    "FREQ",       "INTERVAL", "COUNT",  "UNTIL",    "BYMONTH",  "BYWEEKNO", "BYYEARDAY",
    "BYMONTHDAY", "BYDAY",    "BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS", "WKST",
};

typedef struct Sentence {
    Arena *arena;
    const char **words; /* in lower case, ended by "" */
    size_t at;
    const char *values[TEXT_PARTS]; /* comma-separated; NULL: none */
    const char *doubtful;           /* the part at which reading stopped */
} Sentence;

/* -- Words ------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool split(Sentence *s, const char *text)
{
    char *copy = arena_strdup(s->arena, text);
    size_t count = 0;

    s->words = ARENA_ARRAY(s->arena, const char *, MOST_WORDS + 1);
    for (char *at = copy; *at != '\0' && count < MOST_WORDS;) {
        if (is_blank(*at)) {
            at++;
            continue;
        }
        char *end = at + 1;
        while (*at != ',' && *end != '\0' && *end != ',' && !is_blank(*end))
            end++;
        for (char *c = at; c < end; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        s->words[count++] = arena_strndup(s->arena, at, (size_t)(end - at));
        at = end;
    }
    s->words[count] = "";
    return count < MOST_WORDS;
}

static const char *word(const Sentence *s)
{
    return s->words[s->at];
}

static bool take(Sentence *s, const char *expected)
{
    if (!text_equal(word(s), expected))
        return false;
    s->at++;
    return true;
}

/* All of them, or none. */
static bool take_both(Sentence *s, const char *first, const char *second)
{
    if (!text_equal(word(s), first) || !text_equal(s->words[s->at + 1], second))
        return false;
    s->at += 2;
    return true;
}

static bool stop(Sentence *s, TextPart part)
{
    s->doubtful = part_names[part];
    return false;
}

static void add_value(Sentence *s, TextPart part, const char *value)
{
    const char *before = s->values[part];

    s->values[part] = before == NULL ? value : arena_printf(s->arena, "%s,%s", before, value);
}

static void add_number(Sentence *s, TextPart part, int value)
{
    add_value(s, part, arena_printf(s->arena, "%d", value));
}

/* The place of the word in a list of names, or -1; an "s" may follow. */
static int find_name(const char *given, const char *const names[], int first, int count)
{
    for (int i = first; i < count; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(given, names[i], length) != 0)
            continue;
        if (given[length] == '\0' || text_equal(given + length, "s"))
            return i;
    }
    return -1;
}

static bool take_name(Sentence *s, const char *const names[], int first, int count, int *ret_name)
{
    *ret_name = find_name(word(s), names, first, count);
    if (*ret_name < 0)
        return false;
    s->at++;
    return true;
}

static bool take_weekday(Sentence *s, int *ret_weekday)
{
    return take_name(s, weekdays, 0, WEEKDAYS, ret_weekday);
}

static bool take_unit(Sentence *s, int *ret_frequency)
{
    return take_name(s, units, FREQUENCY_SECONDLY, FREQUENCY_YEARLY + 1, ret_frequency);
}

static bool take_number(Sentence *s, int *ret_number)
{
    long long number;

    if (!text_to_int64(word(s), &number) || number < 0 || number > LIMIT_RULE_COUNT)
        return false;
    *ret_number = (int)number;
    s->at++;
    return true;
}

/* "first", "2nd", "last", "second to last", "20th to last" */
static bool take_ordinal(Sentence *s, int *ret_number)
{
    enum { ORDINALS = 6 };
    char ending[3];
    int name;

    if (take(s, "last")) {
        *ret_number = -1;
        return true;
    }
    if (take_name(s, ordinals, 1, ORDINALS, &name))
        *ret_number = name;
    else if (sscanf(word(s), "%3d%2[a-z]", ret_number, ending) == 2 && *ret_number > 0 &&
             (text_equal(ending, "st") || text_equal(ending, "nd") || text_equal(ending, "rd") ||
              text_equal(ending, "th")))
        s->at++;
    else
        return false;
    if (take_both(s, "to", "last"))
        *ret_number = -*ret_number;
    return true;
}

/* -- Lists ------------------------------------------------------------------------------------ */

typedef bool (*TakeItem)(Sentence *s, TextPart part);

/* One or more items with "," and "and" or "or" between them. A comma that no item follows belongs
 * to the next phrase. */
static bool take_list(Sentence *s, TextPart part, TakeItem take_item)
{
    if (!take_item(s, part))
        return stop(s, part);
    for (;;) {
        size_t before = s->at;
        bool has_comma = take(s, ",");
        if (!take(s, "and") && !take(s, "or") && !has_comma)
            return true;
        if (!take_item(s, part)) {
            s->at = before;
            return has_comma || stop(s, part);
        }
    }
}

static bool take_month(Sentence *s, TextPart part)
{
    int month;

    if (!take_name(s, months, 1, 13, &month))
        return false;
    add_number(s, part, month);
    return true;
}

static bool take_plain_number(Sentence *s, TextPart part)
{
    int number;
    size_t before = s->at;

    bool is_read = take(s, "the") ? take_ordinal(s, &number) : take_number(s, &number);
    if (!is_read)
        return false;
    if (text_equal(word(s), "times")) { /* ", 10 times" */
        s->at = before;
        return false;
    }
    add_number(s, part, number);
    return true;
}

static bool take_position(Sentence *s, TextPart part)
{
    int number;

    take(s, "the");
    if (!take_ordinal(s, &number))
        return false;
    add_number(s, part, number);
    return true;
}

/* "Monday", "every Monday", "the second Monday", "the 13th", "the last day". What is no weekday
 * goes to `part`: dates of a month or of a year. */
static bool take_day(Sentence *s, TextPart part)
{
    int number = 0;
    int weekday;
    bool has_article = take(s, "the") || take(s, "every") || take(s, "a");
    bool has_number = take_ordinal(s, &number);

    if (take_weekday(s, &weekday)) {
        const char *name = rrule_weekday_name((Weekday)weekday);
        add_value(s, PART_DAY, has_number ? arena_printf(s->arena, "%d%s", number, name) : name);
        return true;
    }
    if (!has_number)
        return has_article && stop(s, part);
    take(s, "day");
    add_number(s, part, number);
    return true;
}

static bool take_clock(Sentence *s, TextPart part)
{
    unsigned hour;
    unsigned minute;
    unsigned second = 0;
    int length = 0;
    int longer = 0;
    const char *text = word(s);

    (void)part;
    if (sscanf(text, "%2u:%2u%n:%2u%n", &hour, &minute, &length, &second, &longer) < 2)
        return false;
    if (text[longer > 0 ? longer : length] != '\0')
        return false;
    add_number(s, PART_HOUR, (int)hour);
    /* A rule has each hour with each minute, so that they must be the same for all. */
    const char *minutes = arena_printf(s->arena, "%u", minute);
    const char *seconds = longer > 0 ? arena_printf(s->arena, "%u", second) : NULL;
    bool is_first = s->values[PART_MINUTE] == NULL;
    if (!is_first && (!text_equal(s->values[PART_MINUTE], minutes) ||
                      !text_equal(s->values[PART_SECOND], seconds)))
        return stop(s, PART_MINUTE);
    s->values[PART_MINUTE] = minutes;
    s->values[PART_SECOND] = seconds;
    s->at++;
    return true;
}

/* -- Phrases ---------------------------------------------------------------------------------- */

static bool read_in(Sentence *s)
{
    if (!take(s, "week") && !take(s, "weeks"))
        return take_list(s, PART_MONTH, take_month);
    if (!take_list(s, PART_WEEK, take_plain_number))
        return false;
    if (take_both(s, "of", "the") && !take(s, "year"))
        return stop(s, PART_WEEK);
    return true;
}

/* Whether dates are of the month or of the year stands behind them. */
static bool read_on(Sentence *s)
{
    const char *before = s->values[PART_MONTH_DAY];

    s->values[PART_MONTH_DAY] = NULL;
    if (!take_list(s, PART_MONTH_DAY, take_day))
        return false;
    const char *dates = s->values[PART_MONTH_DAY];
    s->values[PART_MONTH_DAY] = before;
    bool has_of = take_both(s, "of", "the");
    bool is_year = has_of && take(s, "year");
    if (has_of && !is_year && !take(s, "month"))
        return stop(s, PART_DAY);
    if (dates != NULL)
        add_value(s, is_year ? PART_YEAR_DAY : PART_MONTH_DAY, dates);
    return true;
}

static bool read_at(Sentence *s)
{
    if (take(s, "hour"))
        return take_list(s, PART_HOUR, take_plain_number);
    if (take(s, "minute"))
        return take_list(s, PART_MINUTE, take_plain_number);
    if (take(s, "second"))
        return take_list(s, PART_SECOND, take_plain_number);
    return take_list(s, PART_HOUR, take_clock);
}

static bool read_but(Sentence *s)
{
    int unit;

    if (!take(s, "only") || !take_list(s, PART_POSITION, take_position) ||
        !take_both(s, "of", "them") || !take_both(s, "in", "each") || !take_unit(s, &unit))
        return stop(s, PART_POSITION);
    return true;
}

static bool read_weeks(Sentence *s)
{
    int weekday;

    if (!take_both(s, "beginning", "on") || !take_weekday(s, &weekday))
        return stop(s, PART_WEEK_START);
    s->values[PART_WEEK_START] = rrule_weekday_name((Weekday)weekday);
    return true;
}

static bool read_until(Sentence *s)
{
    int day;
    int month;
    int year;
    unsigned hour;
    unsigned minute;
    unsigned second = 0;

    if (!take_number(s, &day) || !take_name(s, months, 1, 13, &month) || !take_number(s, &year))
        return stop(s, PART_UNTIL);
    s->values[PART_UNTIL] = arena_printf(s->arena, "%04d%02d%02d", year, month, day);
    if (!take(s, "at"))
        return true;
    if (sscanf(word(s), "%2u:%2u:%2u", &hour, &minute, &second) < 2)
        return stop(s, PART_UNTIL);
    s->at++;
    s->values[PART_UNTIL] = arena_printf(s->arena, "%sT%02u%02u%02u%s", s->values[PART_UNTIL], hour,
                                         minute, second, take(s, "utc") ? "Z" : "");
    return true;
}

static bool read_phrase(Sentence *s)
{
    int count;

    if (take(s, ","))
        return true;
    if (take(s, "in"))
        return read_in(s);
    if (take(s, "on"))
        return read_on(s);
    if (take_both(s, "if", "it"))
        return take(s, "is") ? read_on(s) : stop(s, PART_DAY);
    if (take(s, "at"))
        return read_at(s);
    if (take(s, "but"))
        return read_but(s);
    if (take(s, "weeks"))
        return read_weeks(s);
    if (take(s, "until"))
        return read_until(s);
    if (take(s, "once")) {
        add_number(s, PART_COUNT, 1);
        return true;
    }
    if (!take_number(s, &count) || (!take(s, "times") && !take(s, "time")))
        return stop(s, PART_COUNT);
    add_number(s, PART_COUNT, count);
    return true;
}

/* -- The beginning ---------------------------------------------------------------------------- */

static bool read_adverb(Sentence *s)
{
    static const char *const adverbs[] = {
        [FREQUENCY_SECONDLY] = "secondly", [FREQUENCY_MINUTELY] = "minutely",
        [FREQUENCY_HOURLY] = "hourly",     [FREQUENCY_DAILY] = "daily",
        [FREQUENCY_WEEKLY] = "weekly",     [FREQUENCY_MONTHLY] = "monthly",
        [FREQUENCY_YEARLY] = "yearly",
    };
    int frequency;

    if (!take_name(s, adverbs, FREQUENCY_SECONDLY, FREQUENCY_YEARLY + 1, &frequency))
        return stop(s, PART_FREQ);
    s->values[PART_FREQ] = rrule_frequency_name((Frequency)frequency);
    return true;
}

/* "every Monday and Tuesday" is weekly; "every second Tuesday of the month" is monthly. Without "of
 * the month" the latter could mean every other week, so it is asked for in other words. */
static bool read_every_day_list(Sentence *s)
{
    bool is_numbered = false;

    if (!take_list(s, PART_DAY, take_day))
        return stop(s, PART_FREQ);
    for (const char *at = s->values[PART_DAY]; *at != '\0'; at++)
        is_numbered |= *at >= '0' && *at <= '9';
    if (!is_numbered) {
        s->values[PART_FREQ] = "WEEKLY";
        return true;
    }
    s->values[PART_FREQ] = "MONTHLY";
    return (take_both(s, "of", "the") && take(s, "month")) || stop(s, PART_DAY);
}

static bool read_every(Sentence *s)
{
    int number = 1;
    int frequency;
    size_t before = s->at;

    if (take(s, "weekday")) {
        s->values[PART_FREQ] = "WEEKLY";
        s->values[PART_DAY] = "MO,TU,WE,TH,FR";
        return true;
    }
    if (take(s, "other"))
        number = 2;
    else
        take_number(s, &number);
    if (!take_unit(s, &frequency) || text_equal(word(s), "to") ||
        find_name(word(s), weekdays, 0, WEEKDAYS) >= 0) {
        s->at = before; /* this "second" is an ordinal */
        return read_every_day_list(s);
    }
    s->values[PART_FREQ] = rrule_frequency_name((Frequency)frequency);
    add_number(s, PART_INTERVAL, number);
    return true;
}

static bool read_sentence(Sentence *s)
{
    if (!(take(s, "every") ? read_every(s) : read_adverb(s)))
        return false;
    while (*word(s) != '\0') {
        if (!read_phrase(s))
            return false;
    }
    return true;
}

bool words_parse(Arena *arena, const char *text, RRule *ret_rule, RRuleFault *ret_fault)
{
    Sentence s = { .arena = arena, .doubtful = "RRULE" };
    Buffer rule = buffer_start(arena);

    if (strnlen(text, LIMIT_RULE_TEXT + 1) > LIMIT_RULE_TEXT || !split(&s, text) ||
        !read_sentence(&s)) {
        *ret_fault = (RRuleFault){
            .part = s.doubtful,
            .reason = "This cannot be read as a rule; write, for example, \"every week on Monday "
                      "and Wednesday, 10 times\".",
        };
        return false;
    }
    for (size_t i = 0; i < TEXT_PARTS; i++) {
        if (s.values[i] != NULL)
            buffer_printf(&rule, "%s%s=%s", rule.length > 0 ? ";" : "", part_names[i], s.values[i]);
    }
    return rrule_parse(rule.data, ret_rule, ret_fault);
}
