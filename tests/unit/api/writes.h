/* Writes - each route that writes, with a request that it answers with 2xx: for tests that let
 * something fail on its way. Every try begins with the same database, the same moment, the same
 * random bytes and the same next ids, so it ends with the same database too.
 *
 * `whole` is what a write leaves; `before` is what there was. */
#pragma once

#include "../store/image.h"
#include "stage.h"

/* FOUNDER: nobody, where there is no administrator yet. AMIRA_ONCE: amira, with an
 * Idempotency-Key. */
typedef enum Asker { NOBODY, FOUNDER, AMIRA, AMIRA_ONCE, BELA, CHIEF, ASKERS } Asker;

typedef struct Write {
    const char *method, *target;
    Asker asker;
    const char *body; /* {} in it is amira's refresh token */
    /* NULL, or a table that is to keep what an earlier step did: it is not compared. */
    const char *keeps;
} Write;

extern const Write writes[];
extern const size_t write_count;

typedef struct WriteScene {
    Stage *stage;
    Image image;
    TokenClaims claims[ASKERS];
    const char *refresh_token;
    Db *observer; /* NULL until it is needed: sees what is committed */
    Db *keeper;   /* likewise: restores; not while the stage has SQLite's one writer */
} WriteScene;

/* Makes the people and the events that the writes are about, and keeps an image of them. */
WriteScene *writes_set(void **state);

/* Before a fork: closes the connections of the stage, and all where a file's locks belong to the
 * process (SQLite). stage_connect opens the former, the others come by themselves. */
void writes_disconnect(WriteScene *scene);

/* At the end. */
void writes_finish(WriteScene *scene);

/* The status. */
int writes_ask(WriteScene *scene, const Write *write);

/* All that is committed now but write->keeps; what is drawn by chance is left out. */
const char *writes_text(WriteScene *scene, const Write *write, Arena *arena);

/* The first line of such a text that is not as it should be. */
const char *writes_difference(const char *now, const char *expected, Arena *arena);

/* To what this one begins with. */
void writes_restore(WriteScene *scene, const Write *write);
void writes_rewind(WriteScene *scene); /* the next ids alone */
