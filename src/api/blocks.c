/* Blocks: people whose shares I do not take. */

#include "store/blocks.h"
#include "api/account_input.h"
#include "api/routes.h"
#include "base/limits.h"
#include "permit/user.h"
#include "store/users.h"

/* -- Tables ----------------------------------------------------------------------------------- */

typedef struct BlockInput {
    Members given;
    int64_t user_id;
} BlockInput;

static const Field block_input_fields[] = {
    INTEGER(BlockInput, user_id, .flags = REQUIRED, .min = 1, .doc = "Whose shares I do not take.",
            .example = "8"),
};

static const Schema block_input_schema =
    SCHEMA(BlockInput, block_input_fields, .doc = "Somebody to block.");

/* -- Handlers -----------------------------------------------------------------------------------
 */

static void ask_blocks(Request *req)
{
    req->asked = blocks_ask(req->db, req->arena, req->claims.user_id);
}

static Reply list_blocks(Request *req)
{
    List list = { 0 };

    if (!blocks_take(req->asked, req->arena, &list, &req->error))
        return reply_error(req);
    return reply_array(req, &block_schema, list.items, list.count);
}

static bool is_blocked(const List *blocks, int64_t user_id)
{
    const Block *list = blocks->items;

    for (size_t i = 0; i < blocks->count; i++) {
        if (list[i].user_id == user_id)
            return true;
    }
    return false;
}

static bool check_block(Request *req, int64_t user_id)
{
    const Location at = { .parent = &body_location, .name = "user_id" };
    User *user = NULL;
    List list = { 0 };

    ask_blocks(req);
    if (!users_find(req->db, req->arena, user_id, &user, &req->error) ||
        !blocks_take(req->asked, req->arena, &list, &req->error))
        return false;
    if (user == NULL || user_id == req->user->user_id)
        return error_fault(&req->error, req->arena, &at, "unknown_user",
                           "Name somebody else who has an account here.");
    if (list.count >= LIMIT_BLOCKS && !is_blocked(&list, user_id))
        return error_set(&req->error, ERROR_QUOTA,
                         "You block %d people: end the block of some of them first.", LIMIT_BLOCKS);
    return true;
}

static Reply find_strangers(Request *req)
{
    return account_find_strangers(req, &((const BlockInput *)req->body)->user_id, 1);
}

/* Nobody goes while it is changed what is taken of him. */
static void hold_named(Request *req)
{
    AccountLock lock = { .id = ((const BlockInput *)req->body)->user_id };

    users_ask_locks(req->db, req->arena, &lock, 1);
}

static void hold_blocked(Request *req)
{
    AccountLock lock = { .id = request_id(req, "user_id") };

    users_ask_locks(req->db, req->arena, &lock, 1);
}

/* In as many turns as there are pieces: the first one begins it. */
static Reply add_block(Request *req)
{
    int64_t me = req->user->user_id;
    int64_t user_id = ((const BlockInput *)req->body)->user_id;
    bool is_begun = req->place != 0;
    bool is_all;

    if (!blocks_lock_given(req->db, me, user_id, &req->error) ||
        !blocks_lock_giver(req->db, user_id, &req->error) ||
        !users_lock_both(req->db, me, user_id, &req->error) ||
        (!is_begun && (!check_block(req, user_id) ||
                       !blocks_add(req->db, me, user_id, req->now, &req->error))) ||
        !blocks_follow(req->db, me, user_id, &is_all, &req->error))
        return reply_error(req);
    if (!is_all)
        return reply_again(1);
    ask_blocks(req);
    return list_blocks(req);
}

static Reply remove_block(Request *req)
{
    int64_t me = req->user->user_id;
    int64_t user_id = request_id(req, "user_id");
    bool is_found = req->place != 0;
    bool is_all;

    if (!blocks_lock_given(req->db, me, user_id, &req->error) ||
        !blocks_lock_giver(req->db, user_id, &req->error) ||
        !users_lock(req->db, user_id, &req->error) ||
        (!is_found && !blocks_remove(req->db, me, user_id, &is_found, &req->error)) ||
        (!is_found && !error_set(&req->error, ERROR_NOT_FOUND, "You do not block this person.")) ||
        !blocks_follow(req->db, me, user_id, &is_all, &req->error))
        return reply_error(req);
    return is_all ? reply_no_content() : reply_again(1);
}

/* -- Routes -------------------------------------------------------------------------------------
 */

#define BLOCKS       .tag = "Users", .needs = &need_user
#define GIVES_BLOCKS .out.shape = GIVES_ARRAY, .out.gives = &block_schema

static const Route routes[] = {
    { METHOD_GET, "/api/users/me/blocks", list_blocks, LANE_READ, BLOCKS, .ask = ask_blocks,
      GIVES_BLOCKS, .id = "list_blocks", .summary = "See whom I block" },
    { METHOD_POST, "/api/users/me/blocks", add_block, LANE_WRITE, BLOCKS, .ask = hold_named,
      .changes_many = true,
      .before = { { .lane = LANE_SCAN, .run = find_strangers }, COUNTS_STRANGERS },
      .in.takes = &block_input_schema, GIVES_BLOCKS, .fails = FAILS_1(QUOTA), .id = "add_block",
      .summary = "Take nothing from somebody",
      .doc = "What they shared with me is gone from everything I see, nothing new comes, and they "
             "can make me the owner of nothing. They are not told: in their lists it stays, like "
             "any event that nobody has answered. Gives the list." },
    { METHOD_DELETE, "/api/users/me/blocks/{user_id:int}", remove_block, LANE_WRITE, BLOCKS,
      .ask = hold_blocked, .changes_many = true, .out.shape = GIVES_NOTHING, .id = "remove_block",
      .summary = "End a block",
      .doc = "What they shared with me and have not taken back is there again." },
};

const RouteTable block_routes = ROUTE_TABLE(routes);
