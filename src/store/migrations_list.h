/* The inside of migrations: what a migration is made of, and the lists of both engines. */
#pragma once

#include "store/driver/db.h"

/* A step is a script or a function; the steps of a migration run in one transaction. Scripts stay
 * under the 4095 bytes that ISO C lets a literal count on. */
typedef struct MigrationStep {
    const char *script;
    bool (*run)(Db *db, Error *err);
} MigrationStep;

typedef struct Migration {
    const MigrationStep *steps;
    size_t step_count;
} Migration;

#define MIGRATION(steps_)                                                                          \
    {                                                                                              \
        .steps = (steps_), .step_count = sizeof(steps_) / sizeof((steps_)[0]),                     \
    }

/* Migration i leads from version i to i + 1. Never edit one that was released: add the next. */
typedef struct MigrationList {
    const Migration *migrations;
    int count;
} MigrationList;

extern const MigrationList sqlite_migrations;
extern const MigrationList postgres_migrations;

/* Brings the database behind a DB_WRITE connection to the end of the list. */
bool migrations_apply(Db *db, const MigrationList *list, int *ret_from, int *ret_to, Error *err);

/* The step about the old system's events: see migration_events.c. */
bool migration_adopt_events(Db *db, Error *err);

/* The step about the beginnings of series: see migration_extents.c. */
bool migration_find_series_starts(Db *db, Error *err);
