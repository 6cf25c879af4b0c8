/* Write - runs steps of the WRITE lane in transactions of its connection. */
#pragma once

#include "http/exchange.h"
#include "store/driver/db.h"

/* Runs the present step of one exchange in a transaction of its own; after a deadlock, a
 * serialization failure or a reference that another transaction broke again, three times. Then
 * x->reply is the reply, or says to go on. */
void write_alone(Db *db, Exchange *x);

/* Runs a list of exchanges in one transaction and commits once: one fsync pays for all. Afterwards
 * each has its reply or goes on. */
void write_group(Db *db, Exchange *first);
