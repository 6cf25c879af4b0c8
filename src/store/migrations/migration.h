/* Migration - what leads from one schema to the next, on both databases.
 *
 * One file a number, in order: 0001_old_system.c leads from version 0 to 1. Never edit one that was
 * released: add the next. (A database that one refused is as it was, so the next release may take
 * it; nothing else of it may change.) What a migration does must be the same for ever, so it knows
 * nothing of the program around it: its SQL and structs are its own, and it includes only what
 * reads JSON, time and rules. */
#pragma once

#include "store/driver/db.h"

/* The script of this database, then the function; what is NULL is nothing. */
typedef struct MigrationStep {
    const char *sqlite;
    const char *postgres;
    bool (*run)(Db *db, Error *err);
} MigrationStep;

/* Its steps run in one transaction. */
typedef struct Migration {
    const MigrationStep *steps;
    size_t step_count;
} Migration;

#define MIGRATION(steps_)                                                                          \
    {                                                                                              \
        .steps = (steps_), .step_count = sizeof(steps_) / sizeof((steps_)[0]),                     \
    }

/* A statement of a migration. sql_each does not know it: later schemas may have no place for it. */
#define MIGRATION_SQL(name_, text_) static const Sql name_ = { .name = #name_, .text = (text_) }

/* Migration i leads from version i to i + 1. */
typedef struct MigrationList {
    const Migration *const *migrations;
    int count;
} MigrationList;

extern const Migration migration_1;
extern const Migration migration_2;
extern const Migration migration_3;
extern const Migration migration_4;
extern const Migration migration_5;
extern const Migration migration_6;
extern const Migration migration_7;
extern const Migration migration_8;
extern const Migration migration_9;
extern const Migration migration_10;
extern const Migration migration_11;
extern const Migration migration_12;
extern const Migration migration_13;
extern const Migration migration_14;
extern const Migration migration_15;
extern const Migration migration_16;
extern const Migration migration_17;
extern const Migration migration_18;
extern const Migration migration_19;
extern const Migration migration_20;

/* The scripts that are too long to stand beside their migration: <number>.<database>.sql. */
extern const char migration_1_sqlite[];
extern const char migration_1_postgres[];
