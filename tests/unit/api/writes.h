/* Writes - each route that writes, with a request that it answers with 2xx: for tests that let
 * something fail on its way. Every try begins with the same database, the same moment, the same
 * random bytes and the same next ids, so it ends with the same database too.
 *
 * `whole` is what a write leaves; `before` is what there was. */
#pragma once

#include "../store/image.h"
#include "stage.h"

typedef enum Asker { NOBODY, AMIRA, CHIEF, ASKERS } Asker;

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
    Db *observer; /* on no connection of the stage: sees what is committed */
    Db *keeper;   /* restores; on SQLite the one writer there is */
} WriteScene;

/* Makes the people and the events that the writes are about, and keeps an image of them. Ends with
 * writes_disconnect. */
WriteScene *writes_set(void **state);

/* Closes all connections, those of the stage too: at the end, and before a fork; and opens them. */
void writes_disconnect(WriteScene *scene);
void writes_connect(WriteScene *scene);

/* The status. */
int writes_ask(WriteScene *scene, const Write *write);

/* All that is committed now but write->keeps; what is drawn by chance is left out. */
const char *writes_text(WriteScene *scene, const Write *write, Arena *arena);

void writes_restore(WriteScene *scene);
void writes_rewind(WriteScene *scene); /* the next ids alone */
