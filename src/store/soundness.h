/* Soundness - what `fasti doctor` asks a database: is it whole, is what was copied for speed still
 * what it was copied from, how is it set up?
 *
 * It reads whole tables, so it is nothing for a request. Ask in one transaction of a DB_READ
 * connection: then no change of a running server comes between two answers. */
#pragma once

#include "store/driver/db.h"
#include "time/instant.h"

/* Questions whose answer is a list of texts (const char *, in the arena). */
typedef enum SoundnessQuestion {
    SOUNDNESS_DAMAGE,   /* what the database finds wrong with itself: nothing, or a line each */
    SOUNDNESS_NAMES,    /* tables and indexes that are there */
    SOUNDNESS_ZONES,    /* time zones that events and people name */
    SOUNDNESS_SETTINGS, /* "name=value" */
    SOUNDNESS_WAITING,  /* who keeps others waiting: nobody, or a line each */
} SoundnessQuestion;

bool soundness_ask(Db *db, Arena *arena, SoundnessQuestion question, List *ret_texts, Error *err);

/* What must be true between any two transactions. */
extern const size_t soundness_rule_count;

/* A sentence about the rows that break the rule; NULL: there are none. */
bool soundness_check(Db *db, Arena *arena, size_t rule, const char **ret_broken, Error *err);

/* The latest moment that anything was written at, and the database server's own clock (SQLite has
 * none); INSTANT_NULL: not known. */
bool soundness_moments(Db *db, Instant *ret_newest, Instant *ret_clock, Error *err);
