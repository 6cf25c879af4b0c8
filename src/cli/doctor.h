/* Doctor - is this installation sound? What `fasti doctor` looks at, a row a check: doctor.c.
 *
 *   static void check_lunch(Checkup *checkup)
 *   {
 *       if (is_cold)
 *           checkup_warn(checkup, "Warm it up.", "Lunch is cold.");
 *       else
 *           checkup_ok(checkup, "Lunch is warm.");
 *   }
 *
 * It only looks: nothing is changed, and a server may run meanwhile. Each finding is one sentence
 * for whoever runs the server and, unless all is well, one that says what to do. */
#pragma once

#include "cli/command.h"
#include "store/driver/db.h"

typedef enum FindingKind {
    FINDING_OK,
    FINDING_SKIPPED, /* could not be looked at, because of another finding */
    FINDING_WARNING,
    FINDING_PROBLEM, /* it does not work so, or will lose something */
} FindingKind;

typedef struct Finding {
    const char *check;
    FindingKind kind;
    const char *says;
    const char *advice; /* NULL: FINDING_OK and FINDING_SKIPPED */
} Finding;

/* One visit. */
typedef struct Checkup {
    Arena *arena;
    const Config *config;      /* NULL: cannot be read, and then … */
    const char *config_fault;  /* … why */
    Db *db;                    /* DB_READ in a transaction; NULL: not reached */
    bool has_damaged_file;     /* so it is not tried to reach it */
    const char *obstacle;      /* why what the database holds is not looked at, or NULL */
    const char *present_check; /* its name */
    Finding *findings;
    size_t count;
    size_t capacity;
} Checkup;

void checkup_ok(Checkup *checkup, const char *format, ...) __attribute__((format(printf, 2, 3)));
void checkup_skip(Checkup *checkup, const char *why);
void checkup_warn(Checkup *checkup, const char *advice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void checkup_fault(Checkup *checkup, const char *advice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Has the present check found anything yet? */
bool checkup_has_found(const Checkup *checkup);

/* doctor_settings.c */
void check_settings(Checkup *checkup);
void check_addresses(Checkup *checkup);

/* doctor_machine.c */
void check_data_directory(Checkup *checkup);
void check_secret(Checkup *checkup);
void check_disk(Checkup *checkup);
void check_clock(Checkup *checkup);
void check_tzdata(Checkup *checkup);

/* The same of another directory of zones, in another year. */
void check_tzdata_in(Checkup *checkup, const char *directory, int64_t year);

/* doctor_certificate.c */
void check_certificate(Checkup *checkup);

/* doctor_file.c: SQLite */
void check_file(Checkup *checkup);
void check_server(Checkup *checkup);

/* doctor_database.c */
void check_database(Checkup *checkup); /* and opens it */
void check_database_settings(Checkup *checkup);
void check_schema(Checkup *checkup);
void check_integrity(Checkup *checkup);
void check_copies(Checkup *checkup);
void check_zones(Checkup *checkup);
void check_moments(Checkup *checkup);
