/* fasti doctor: runs every check of one table, and says what was found. */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>

#include "base/vector.h"
#include "cli/version.h"
#include "json/writer.h"

/* What a check cannot do without. */
typedef enum Needed { NEEDS_NOTHING, NEEDS_CONFIG, NEEDS_DATABASE, NEEDS_WHOLE } Needed;

typedef struct Check {
    const char *name;
    void (*run)(Checkup *checkup);
    Needed needed;
} Check;

static const Check checks[] = {
    { "settings", check_settings, NEEDS_NOTHING },
    { "addresses", check_addresses, NEEDS_CONFIG },
    { "certificate", check_certificate, NEEDS_CONFIG },
    { "data directory", check_data_directory, NEEDS_CONFIG },
    { "secret", check_secret, NEEDS_CONFIG },
    { "disk", check_disk, NEEDS_CONFIG },
    { "clock", check_clock, NEEDS_NOTHING },
    { "tzdata", check_tzdata, NEEDS_NOTHING },
    { "database file", check_file, NEEDS_CONFIG },
    { "server", check_server, NEEDS_CONFIG },
    { "database", check_database, NEEDS_CONFIG },
    { "database settings", check_database_settings, NEEDS_DATABASE },
    { "integrity", check_integrity, NEEDS_DATABASE },
    { "schema", check_schema, NEEDS_WHOLE },
    { "copies", check_copies, NEEDS_WHOLE },
    { "time zones", check_zones, NEEDS_WHOLE },
    { "moments", check_moments, NEEDS_WHOLE },
};

enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

/* -- Findings --------------------------------------------------------------------------------- */

static void add(Checkup *checkup, FindingKind kind, const char *says, const char *advice)
{
    checkup->findings = vector_room(checkup->arena, checkup->findings, checkup->count,
                                    &checkup->capacity, sizeof(*checkup->findings));
    checkup->findings[checkup->count++] = (Finding){
        .check = checkup->present_check,
        .kind = kind,
        .says = says,
        .advice = advice,
    };
}

void checkup_ok(Checkup *checkup, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(checkup, FINDING_OK, arena_vprintf(checkup->arena, format, args), NULL);
    va_end(args);
}

void checkup_skip(Checkup *checkup, const char *why)
{
    add(checkup, FINDING_SKIPPED, why, NULL);
}

void checkup_warn(Checkup *checkup, const char *advice, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(checkup, FINDING_WARNING, arena_vprintf(checkup->arena, format, args), advice);
    va_end(args);
}

void checkup_fault(Checkup *checkup, const char *advice, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(checkup, FINDING_PROBLEM, arena_vprintf(checkup->arena, format, args), advice);
    va_end(args);
}

bool checkup_has_found(const Checkup *checkup)
{
    return checkup->count > 0 &&
           checkup->findings[checkup->count - 1].check == checkup->present_check;
}

/* -- The visit -------------------------------------------------------------------------------- */

/* NULL: nothing is missing. */
static const char *missing_for(const Checkup *checkup, Needed needed)
{
    if (needed >= NEEDS_CONFIG && checkup->config == NULL)
        return "The settings cannot be read.";
    if (needed >= NEEDS_DATABASE && checkup->db == NULL)
        return "The database cannot be reached.";
    return needed >= NEEDS_WHOLE ? checkup->obstacle : NULL;
}

static void run_checks(Checkup *checkup)
{
    for (size_t i = 0; i < CHECKS; i++) {
        const char *missing = missing_for(checkup, checks[i].needed);
        checkup->present_check = checks[i].name;
        if (missing != NULL)
            checkup_skip(checkup, missing);
        else
            checks[i].run(checkup);
    }
}

/* -- What is said ----------------------------------------------------------------------------- */

static const char *const kind_names[] = {
    [FINDING_OK] = "ok",
    [FINDING_SKIPPED] = "skipped",
    [FINDING_WARNING] = "warning",
    [FINDING_PROBLEM] = "problem",
};

static size_t count_findings(const Checkup *checkup, FindingKind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < checkup->count; i++)
        count += checkup->findings[i].kind == kind;
    return count;
}

static void write_settings(const Checkup *checkup, Writer *w)
{
    write_object(w);
    for (size_t i = 0; checkup->config != NULL && i < config_setting_count; i++) {
        const ConfigOrigin *origin = &checkup->config->origins[i];
        write_key(w, config_settings[i].key);
        write_object(w);
        write_key(w, "value");
        write_text(w, origin->text);
        write_key(w, "source");
        write_text(w, origin->text != NULL ? origin->source : NULL);
        write_end_object(w);
    }
    write_end_object(w);
}

static void print_json(const Checkup *checkup, bool is_sound)
{
    Writer w = writer_start(checkup->arena);

    write_object(&w);
    write_key(&w, "version");
    write_text(&w, version_text);
    write_key(&w, "sound");
    write_boolean(&w, is_sound);
    write_key(&w, "findings");
    write_array(&w);
    for (size_t i = 0; i < checkup->count; i++) {
        const Finding *finding = &checkup->findings[i];
        write_object(&w);
        write_key(&w, "check");
        write_text(&w, finding->check);
        write_key(&w, "verdict");
        write_text(&w, kind_names[finding->kind]);
        write_key(&w, "says");
        write_text(&w, finding->says);
        write_key(&w, "advice");
        write_text(&w, finding->advice);
        write_end_object(&w);
    }
    write_end_array(&w);
    write_key(&w, "settings");
    write_settings(checkup, &w);
    write_end_object(&w);
    puts(writer_text(&w));
}

static void print_lines(const Checkup *checkup, bool is_sound)
{
    for (size_t i = 0; i < checkup->count; i++) {
        const Finding *finding = &checkup->findings[i];
        call_print(stdout, arena_printf(checkup->arena, "%-8s %s: %s\n", kind_names[finding->kind],
                                        finding->check, finding->says));
        if (finding->advice != NULL)
            call_print(stdout, arena_printf(checkup->arena, "         do: %s\n", finding->advice));
    }
    if (is_sound)
        puts("\nThis installation is sound.");
    else
        printf("\nproblems: %zu, warnings: %zu\n", count_findings(checkup, FINDING_PROBLEM),
               count_findings(checkup, FINDING_WARNING));
}

int run_doctor(Call *call)
{
    Config config;
    Error err = { .code = ERROR_NONE };
    Checkup checkup = { .arena = call->arena };
    bool as_json = call_take_flag(call, "--json");

    if (config_load(&call->argc, call->argv, call->arena, &config, &err))
        checkup.config = &config;
    else
        checkup.config_fault = err.detail;
    if (checkup.config != NULL && !call_takes(call, 0))
        return EXIT_BAD_USAGE;
    run_checks(&checkup);
    db_close(&checkup.db);
    bool is_sound = count_findings(&checkup, FINDING_WARNING) == 0 &&
                    count_findings(&checkup, FINDING_PROBLEM) == 0;
    if (as_json)
        print_json(&checkup, is_sound);
    else
        print_lines(&checkup, is_sound);
    return is_sound ? EXIT_OK : EXIT_FINDINGS;
}
