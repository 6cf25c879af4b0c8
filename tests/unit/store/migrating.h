/* Migrating - what the tests of migrations do to a bench's database and ask of it. */
#pragma once

#include "bench.h"
#include "store/migrations.h"

/* To the newest version; `expected_from` -1: from whichever. */
void migrate(Bench *bench, int expected_from);

/* To `version`, which must not be behind the present one. */
void migrate_to(Bench *bench, int version);

/* Anybody's event, of a schema from version 1 on; the first one has the id 1. */
void add_event(Bench *bench);

/* Refused, with `part` in what is said. */
void must_not_migrate(Bench *bench, const char *part);

Sql *query(Bench *bench, const char *text);

/* SELECT count(*) FROM `from` gives `expected`. */
void must_count(Bench *bench, int64_t expected, const char *from);

/* The column `given` of the first row is `expected`. */
void must_give(Bench *bench, const char *expected, const char *text);

/* PostgreSQL only: fills the bench's schema with a database of the old system. */
void load_old_system(Bench *bench);
