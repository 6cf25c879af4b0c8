/* Metrics - counters that cost an atomic addition, written out in the Prometheus text format. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "http/route.h"

typedef struct Metrics Metrics;

Metrics *metrics_create(const RouteTable *const *tables, Arena *arena);

/* One request came to its end. `route_index` beyond the routes: none was found. `status` 0: the
 * client went away, or sent what libmicrohttpd answered itself. */
void metrics_count(Metrics *metrics, size_t route_index, int status, int64_t duration_us);

void metrics_write(const Metrics *metrics, Buffer *out);

/* One gauge, or one counter, with its help text. */
void metrics_write_gauge(Buffer *out, const char *name, const char *help, size_t value);
void metrics_write_counter(Buffer *out, const char *name, const char *help, uint64_t value);
