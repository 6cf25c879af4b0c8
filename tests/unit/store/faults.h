/* Faults - a third driver, which stands in front of SQLite's or PostgreSQL's: one operation of the
 * connections that have it fails.
 *
 *   faults_install(db);
 *   faults_expect(FAULT_REFUSED, 3, NULL, NULL);       the third operation from now on
 *   …
 *   const char *met = faults_end();                    "update_event", or NULL: there was no third
 *
 * An operation is whatever asks the database for something: begin, commit, a query, a statement,
 * and on SQLite the next row. For one thread. */
#pragma once

#include "store/driver/db.h"

typedef enum FaultKind {
    FAULT_REFUSED, /* not done, as when it takes too long: ERROR_UNAVAILABLE */
    FAULT_CLASHED, /* not done: ERROR_RETRY */
    FAULT_UNHEARD, /* done, and then the connection is lost before anybody hears of it */
    FAULT_LOST,    /* lost before it: SQLite has rolled back, as when the disk is full */
    FAULT_KINDS,
} FaultKind;

extern const char *const fault_names[FAULT_KINDS];

void faults_install(Db *db);

/* `retry`, or NULL, is called before a transaction that begins when it has failed. */
void faults_expect(FaultKind kind, int64_t nth, void (*retry)(void *context), void *context);

/* From now on nothing fails. What failed is told by the name of its statement. */
const char *faults_end(void);
