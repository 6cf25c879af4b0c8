#include "giving.h"

#include "store/known.h"
#include "store/permissions.h"
#include "store/users.h"

void giving_start(Bench *bench)
{

    bench_migrate(bench);
}

void giving_add_person(Bench *bench, const char *name)
{
    User user = { .username = name, .email = name, .hashed_password = "x", .is_active = true };

    bench_must(bench, bench->db, users_insert(bench->db, &user, name, name, &bench->err));
}

Event giving_share_event(Bench *bench, int64_t id)
{
    Event event = { .id = id, .owner_id = 1, .title = "a", .uid = "a", .timezone = "UTC" };
    Room room;
    Gift gift = { .user_id = 2, .role = ROLE_VIEWER, .role_id = 3, .by = 1 };

    event.created_at = event.updated_at = event.deleted_at = INSTANT_NULL;
    bench_run(bench->db,
              arena_printf(&bench->arena,
                           "INSERT INTO events (id, title, uid, start_time, end_time, owner_id,"
                           " version_number, created_at, updated_at, series_start)"
                           " SELECT %lld, 'a', '%lld', created_at, created_at, 1, 1, created_at,"
                           " created_at, created_at FROM users WHERE id = 1",
                           (long long)id, (long long)id));
    bench_must(bench, bench->db, db_begin(bench->db, &bench->err));
    Ask *next = permissions_ask_ids(bench->db, &bench->arena, 1);
    Ask *asked = known_ask_room(bench->db, &bench->arena, &event, 1, 2);
    bench_must(bench, bench->db,
               permissions_insert(bench->db, &event, 1, ROLE_OWNER, 1, 0, &bench->err) &&
                   permissions_take_ids(next, &gift.id, 1, &bench->err) &&
                   known_take_room(asked, &room, &bench->err));
    gift.is_refused = room.is_refused;
    bench_must(bench, bench->db,
               permissions_give(bench->db, &event, &gift, &bench->err) &&
                   db_commit(bench->db, &bench->err));
    return event;
}
