/* Some events of amira's that bela may read, for tests of what is found among them. */
#pragma once

#include <stdlib.h>

#include "bench.h"
#include "store/events.h"
#include "store/permissions.h"
#include "store/users.h"

static const Instant noon = INT64_C(1772366400000000); /* 2026-03-01T12:00:00Z */
static const Instant hour_us = INT64_C(3600) * SECOND_US;

static int64_t sign_up(Bench *bench, const char *name)
{
    User user = { .username = name, .email = name, .hashed_password = "none", .is_active = true };

    user.created_at = user.updated_at = noon;
    bench_must(bench, bench->db, users_insert(bench->db, &user, name, name, &bench->err));
    return user.id;
}

/* An hour of amira's, who has the id 1, `start` hours after noon; and bela may read it. */
static void add(Bench *bench, int64_t id, const char *title, int64_t start, bool is_recurring)
{
    Event event = {
        .id = id,
        .uid = arena_printf(&bench->arena, "%lld", (long long)id),
        .title = title,
        .start_time = noon + start * hour_us,
        .timezone = "UTC",
        .is_recurring = is_recurring,
        .owner_id = 1,
        .version_number = 1,
        .created_at = noon - id,
        .updated_at = noon + id % 3,
        .updated_by = 1,
        .series_of = INTEGER_NULL,
        .deleted_at = INSTANT_NULL,
    };

    event.end_time = event.start_time + hour_us;
    event.series_start = event.start_time;
    event.series_end = is_recurring ? INSTANT_NULL : event.end_time;
    bench_must(bench, bench->db,
               events_insert(bench->db, &bench->arena, &event, &bench->err) &&
                   permissions_insert(bench->db, &event, 1, ROLE_OWNER, 1, noon, &bench->err) &&
                   permissions_insert(bench->db, &event, 2, ROLE_VIEWER, 1, noon, &bench->err) &&
                   db_flush(bench->db, &bench->err));
}

/* Six events: 1 … 6 begin 5 … 0 hours after noon. The fourth never ends. */
static Bench *start(void **state)
{
    static const char *const titles[] = { "f", "b", "d", "a", "c", "e" };
    Bench *bench = bench_of(state);

    bench_migrate(bench);
    sign_up(bench, "amira");
    sign_up(bench, "bela");
    for (int64_t id = 1; id <= 6; id++)
        add(bench, id, titles[id - 1], 6 - id, id == 4);
    return bench;
}

/* The ids, a digit each. */
static const char *ids_of(Bench *bench, const List *events)
{
    const char *ids = "";

    for (size_t i = 0; i < events->count; i++)
        ids = arena_printf(&bench->arena, "%s%lld", ids,
                           (long long)((const Event *)events->items)[i].id);
    return ids;
}
