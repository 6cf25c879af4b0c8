/* The database itself, by its own answers. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "http/server.h"
#include "store/migrations.h"
#include "store/soundness.h"
#include "time/timezone.h"

extern const char schema_text[]; /* tools/embed */

/* What a clock may be wrong by before anybody notices. */
#define TOLERANCE_US (5 * SECOND_US)

static const char restore[] =
    "Stop the server, keep a copy of the database, and restore the last backup.";

/* A question that got no answer. */
static void say_unanswered(Checkup *checkup, const char *advice, const Error *err)
{
    const char *words = db_last_message(checkup->db);

    checkup_fault(checkup, advice, "%s%s%s", err->detail, words[0] != '\0' ? " " : "", words);
}

/* -- Reaching it ------------------------------------------------------------------------------ */

static const char *advice_to_reach(const Checkup *checkup)
{
    return db_url_file(checkup->config->database_url) != NULL
               ? "Run this as the user of the server. If that does not help, keep a copy of the "
                 "file with its -wal, and restore the last backup."
               : "Start PostgreSQL, and look at DATABASE_URL: host, port, name, user, password.";
}

void check_database(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };

    if (checkup->has_damaged_file) {
        checkup_skip(checkup, "See what was found about the file.");
        return;
    }
    if (!db_open(checkup->config->database_url, DB_READ, &checkup->db, &err)) {
        checkup_fault(checkup, advice_to_reach(checkup), "%s", err.detail);
        return;
    }
    if (db_set_statement_timeout(checkup->db, 0, &err) && db_ping(checkup->db, &err) &&
        db_begin(checkup->db, &err)) {
        checkup_ok(checkup, "It can be reached.");
        return;
    }
    say_unanswered(checkup, advice_to_reach(checkup), &err);
    db_close(&checkup->db);
}

/* -- Its settings ----------------------------------------------------------------------------- */

/* What PostgreSQL must say; where it says something else … */
static const struct {
    const char *setting; /* "name=value", or "name!=value": anything but that */
    const char *says;
    const char *advice;
} expected[] = {
    { "fsync=on", "fsync is off: when its machine stops, the whole database may be lost",
      "Set fsync = on in postgresql.conf, and reload it." },
    { "synchronous_commit!=off",
      "synchronous_commit is off: what was acknowledged in the last "
      "second before a crash is lost",
      "Set synchronous_commit = on, also for the database and the user (ALTER DATABASE, ALTER "
      "ROLE)." },
    { "full_page_writes=on", "full_page_writes is off: a power loss may tear pages",
      "Set full_page_writes = on in postgresql.conf, and reload it." },
    { "zero_damaged_pages=off", "zero_damaged_pages is on: damaged pages are thrown away unseen",
      "Set zero_damaged_pages = off." },
    { "server_encoding=UTF8", "the encoding is not UTF8: other letters are refused or spoilt",
      "Make a database with ENCODING 'UTF8' and move everything into it (pg_dump)." },
    { "in_recovery=false", "this is a standby: nothing can be written",
      "Name the primary in DATABASE_URL, or all hosts of the cluster by commas." },
};

enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };

/* The value of one of the settings "name=value"; "" when it is not there. */
static const char *value_of(const List *settings, const char *name)
{
    const char *const *texts = settings->items;
    size_t length = strlen(name);

    for (size_t i = 0; i < settings->count; i++) {
        if (strncmp(texts[i], name, length) == 0 && texts[i][length] == '=')
            return texts[i] + length + 1;
    }
    return "";
}

static bool is_as_expected(const Checkup *checkup, const List *settings, const char *setting)
{
    const char *equals = strchr(setting, '=');
    bool is_not = equals[-1] == '!';
    const char *name = arena_strndup(checkup->arena, setting, (size_t)(equals - setting) - is_not);

    return text_equal(value_of(settings, name), equals + 1) != is_not;
}

static void check_room(Checkup *checkup, const List *settings)
{
    long most = strtol(value_of(settings, "max_connections"), NULL, 10) -
                strtol(value_of(settings, "superuser_reserved_connections"), NULL, 10);
    size_t own = server_connections(checkup->config);

    if (most < (long)own)
        checkup_warn(
            checkup, "Raise max_connections in postgresql.conf and restart PostgreSQL.",
            "PostgreSQL takes %ld connections, and this server opens up to %zu: under load "
            "requests are refused (503).",
            most, own);
}

static void check_postgres(Checkup *checkup, const List *settings)
{
    for (size_t i = 0; i < EXPECTED; i++) {
        if (!is_as_expected(checkup, settings, expected[i].setting))
            checkup_fault(checkup, expected[i].advice, "%s.", expected[i].says);
    }
    check_room(checkup, settings);
    if (!checkup_has_found(checkup))
        checkup_ok(checkup,
                   "PostgreSQL %s: fsync on, synchronous_commit %s, encoding UTF8, time zone %s "
                   "(Fasti's sessions: UTC), max_connections %s, of which a server opens up to "
                   "%zu.",
                   value_of(settings, "server_version"), value_of(settings, "synchronous_commit"),
                   value_of(settings, "TimeZone"), value_of(settings, "max_connections"),
                   server_connections(checkup->config));
}

void check_database_settings(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };
    List settings = { 0 };

    if (!soundness_ask(checkup->db, checkup->arena, SOUNDNESS_SETTINGS, &settings, &err))
        say_unanswered(checkup, restore, &err);
    else if (db_kind(checkup->db) == DB_POSTGRES)
        check_postgres(checkup, &settings);
    else
        checkup_ok(checkup, "SQLite %s: journal mode %s, synchronous %s (2: FULL).",
                   value_of(&settings, "version"), value_of(&settings, "journal_mode"),
                   value_of(&settings, "synchronous"));
}

/* -- Is it whole? ----------------------------------------------------------------------------- */

/* A finding for each of the first texts. */
static void say_texts(Checkup *checkup, const List *texts, const char *advice)
{
    enum { MOST = 3 };
    const char *const *text = texts->items;

    for (size_t i = 0; i < texts->count && i < MOST; i++)
        checkup_fault(checkup, advice, "%s.", text[i]);
}

void check_integrity(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };
    List damage = { 0 };
    List waiting = { 0 };
    bool is_sqlite = db_kind(checkup->db) == DB_SQLITE;

    if (!soundness_ask(checkup->db, checkup->arena, SOUNDNESS_DAMAGE, &damage, &err) ||
        !soundness_ask(checkup->db, checkup->arena, SOUNDNESS_WAITING, &waiting, &err)) {
        checkup->obstacle = "The database does not answer.";
        say_unanswered(checkup, restore, &err);
        return;
    }
    if (is_sqlite && damage.count > 0)
        checkup->obstacle = "The database is damaged.";
    say_texts(checkup, &damage, is_sqlite ? restore : "REINDEX it.");
    say_texts(checkup, &waiting, "End it: SELECT pg_terminate_backend(…).");
    if (!checkup_has_found(checkup))
        checkup_ok(checkup, "The database finds nothing wrong with itself%s.",
                   is_sqlite ? " (quick_check)" : "");
}

static bool is_in(const List *names, const char *name, size_t length)
{
    const char *const *texts = names->items;

    for (size_t i = 0; i < names->count; i++) {
        if (strlen(texts[i]) == length && memcmp(texts[i], name, length) == 0)
            return true;
    }
    return false;
}

/* Each table and index that docs/schema.sql makes for this kind of database. */
static void check_names(Checkup *checkup, const List *names)
{
    static const char *const makes[] = { "\nCREATE TABLE ", "\nCREATE INDEX ",
                                         "\nCREATE UNIQUE INDEX " };
    const char *second = strstr(schema_text, "-- == PostgreSQL");
    bool is_sqlite = db_kind(checkup->db) == DB_SQLITE;

    for (size_t i = 0; i < sizeof(makes) / sizeof(makes[0]); i++) {
        const char *at = is_sqlite ? schema_text : second;
        while ((at = strstr(at, makes[i])) != NULL && (!is_sqlite || at < second)) {
            at += strlen(makes[i]);
            size_t length = strcspn(at, " (");
            if (!is_in(names, at, length))
                checkup_fault(checkup,
                              "Make it again as `fasti schema` shows it; if nobody has removed it, "
                              "restore the last backup.",
                              "%.*s is missing.", (int)length, at);
        }
    }
}

void check_schema(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };
    List names = { 0 };
    int version = 0;

    if (!migrations_version(checkup->db, &version, &err) ||
        !soundness_ask(checkup->db, checkup->arena, SOUNDNESS_NAMES, &names, &err)) {
        say_unanswered(checkup, restore, &err);
    } else if (version > migrations_newest()) {
        checkup_fault(checkup, "Run the newer fasti that has used it.",
                      "The schema is %d, and this program knows %d.", version, migrations_newest());
    } else if (version < migrations_newest()) {
        checkup_fault(checkup, "Stop the server and run `fasti migrate`, or restart it.",
                      "The schema is %d, and this program wants %d.", version, migrations_newest());
    } else {
        check_names(checkup, &names);
        if (!checkup_has_found(checkup)) {
            checkup_ok(checkup, "The schema is %d, the newest.", version);
            return;
        }
    }
    checkup->obstacle = "The database has another schema than this program.";
}

/* -- What it holds ---------------------------------------------------------------------------- */

void check_copies(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };
    const char *broken = NULL;

    for (size_t i = 0; i < soundness_rule_count; i++) {
        if (!soundness_check(checkup->db, checkup->arena, i, &broken, &err)) {
            say_unanswered(checkup, restore, &err);
            return;
        }
        if (broken != NULL)
            checkup_fault(checkup,
                          "Keep a copy of the database. If somebody wrote to it past Fasti, have "
                          "that undone; otherwise this is a fault of Fasti: report it.",
                          "%s", broken);
    }
    if (!checkup_has_found(checkup))
        checkup_ok(checkup, "What is kept twice is the same, and nothing belongs to nobody.");
}

void check_zones(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };
    List zones = { 0 };

    if (!soundness_ask(checkup->db, checkup->arena, SOUNDNESS_ZONES, &zones, &err)) {
        say_unanswered(checkup, restore, &err);
        return;
    }
    const char *const *names = zones.items;
    for (size_t i = 0; i < zones.count; i++) {
        if (timezone_find(names[i]) == NULL)
            checkup_fault(checkup,
                          "Install the newest tzdata, and on Debian 13 tzdata-legacy too; if no "
                          "such place exists, have the events changed.",
                          "Events or people are in the time zone %.64s, which is not known here.",
                          names[i]);
    }
    if (!checkup_has_found(checkup))
        checkup_ok(checkup, "All %zu time zones of events and people are known.", zones.count);
}

void check_moments(Checkup *checkup)
{
    Error err = { .code = ERROR_NONE };
    Instant newest, theirs;
    static const char advice[] = "Have the clocks kept by NTP (chrony, systemd-timesyncd): what is "
                                 "written meanwhile has a wrong time.";

    if (!soundness_moments(checkup->db, &newest, &theirs, &err)) {
        say_unanswered(checkup, restore, &err);
        return;
    }
    Instant now = clock_now_us();
    if (newest != INSTANT_NULL && newest > now + TOLERANCE_US)
        checkup_fault(checkup, advice,
                      "The last change is of %s, and the clock of this machine says %s.",
                      instant_text(checkup->arena, newest), instant_text(checkup->arena, now));
    if (theirs != INSTANT_NULL && llabs(theirs - now) > TOLERANCE_US)
        checkup_warn(checkup, advice, "PostgreSQL's clock says %s, and this machine's %s.",
                     instant_text(checkup->arena, theirs), instant_text(checkup->arena, now));
    if (!checkup_has_found(checkup))
        checkup_ok(checkup, "No change is later than now.");
}
