#include "http/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "http/router.h"

enum { STATUSES = 30, BUCKETS = 12 };

/* Every status that we send; the first slot is for requests that got none of ours. */
static const int statuses[STATUSES] = {
    0,   200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 408,
    409, 412, 413, 414, 415, 417, 421, 422, 428, 429, 431, 500, 501, 503, 507,
};

static const int64_t bounds_us[BUCKETS] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 5000000,
};

typedef atomic_uint_least64_t Counter;

struct Metrics {
    const RouteTable *const *tables;
    size_t route_count;
    Counter *requests; /* (route_count + 1) × STATUSES */
    Counter slower;    /* than the last bound */
    Counter faster[BUCKETS];
    Counter total_us;
};

Metrics *metrics_create(const RouteTable *const *tables, Arena *arena)
{
    Metrics *metrics = ARENA_NEW(arena, Metrics);

    metrics->tables = tables;
    metrics->route_count = router_count(tables);
    metrics->requests = ARENA_ARRAY(arena, Counter, (metrics->route_count + 1) * STATUSES);
    return metrics;
}

static void add(Counter *counter, uint64_t value)
{
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static uint64_t value_of(const Counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static size_t status_slot(int status)
{
    for (size_t i = 0; i < STATUSES; i++) {
        if (statuses[i] == status)
            return i;
    }
    return 0;
}

void metrics_count(Metrics *metrics, size_t route_index, int status, int64_t duration_us)
{
    size_t row = route_index < metrics->route_count ? route_index : metrics->route_count;
    size_t bucket = 0;

    add(&metrics->requests[row * STATUSES + status_slot(status)], 1);
    while (bucket < BUCKETS && duration_us > bounds_us[bucket])
        bucket++;
    add(bucket < BUCKETS ? &metrics->faster[bucket] : &metrics->slower, 1);
    add(&metrics->total_us, (uint64_t)duration_us);
}

static void write_row(const Metrics *metrics, size_t row, Buffer *out)
{
    const Route *route = router_route(metrics->tables, row);
    Buffer path = buffer_start(out->arena);

    if (route != NULL)
        route_write_path(route, &path);
    for (size_t i = 0; i < STATUSES; i++) {
        uint64_t count = value_of(&metrics->requests[row * STATUSES + i]);
        if (count > 0)
            buffer_printf(out,
                          "fasti_http_requests_total{method=\"%s\",route=\"%s\",status=\"%d\"} "
                          "%" PRIu64 "\n",
                          route != NULL ? method_name(route->method) : "", path.data, statuses[i],
                          count);
    }
}

static void write_histogram(const Metrics *metrics, Buffer *out)
{
    const char *name = "fasti_http_request_duration_seconds";
    uint64_t count = 0;

    buffer_printf(out, "# HELP %s From the request line to the last byte of the reply.\n", name);
    buffer_printf(out, "# TYPE %s histogram\n", name);
    for (size_t i = 0; i < BUCKETS; i++) {
        count += value_of(&metrics->faster[i]);
        buffer_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)bounds_us[i] / 1e6,
                      count);
    }
    count += value_of(&metrics->slower);
    buffer_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    buffer_printf(out, "%s_sum %.6f\n", name, (double)value_of(&metrics->total_us) / 1e6);
    buffer_printf(out, "%s_count %" PRIu64 "\n", name, count);
}

void metrics_write(const Metrics *metrics, Buffer *out)
{
    buffer_add(out, "# HELP fasti_http_requests_total Requests by route and status.\n"
                    "# TYPE fasti_http_requests_total counter\n");
    for (size_t row = 0; row <= metrics->route_count; row++)
        write_row(metrics, row, out);
    write_histogram(metrics, out);
}

static void write_one(Buffer *out, const char *type, const char *name, const char *help,
                      uint64_t value)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name,
                  value);
}

void metrics_write_gauge(Buffer *out, const char *name, const char *help, size_t value)
{
    write_one(out, "gauge", name, help, value);
}

void metrics_write_counter(Buffer *out, const char *name, const char *help, uint64_t value)
{
    write_one(out, "counter", name, help, value);
}
