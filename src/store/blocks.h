/* Blocks - whose shares somebody does not take.
 *
 * Who is blocked cannot tell: what he gave and what he gives stays in his lists like any share that
 * nobody has answered. But for the one who blocks it is not there: no list, no read, no window, no
 * count has it. When the block ends, it is there as it was given.
 *
 *   blocks_lock_given, blocks_add or blocks_remove, blocks_follow … blocks_follow
 *
 * What was given before goes in pieces, so that nobody else waits for all of it. How far that came
 * is written with each of them: whatever was cut off goes on by itself (blocks_go_on). */
#pragma once

#include "store/driver/db.h"
#include "store/records.h"

typedef struct Block {
    Members given;
    int64_t user_id;
    const char *username;
    const char *display_name;
    Instant created_at;
} Block;

extern const Schema block_schema;

/* All of one person, by the id of who is blocked. */
Ask *blocks_ask(Db *db, Arena *arena, int64_t user_id);
bool blocks_take(Ask *ask, Arena *arena, List *ret_blocks, Error *err);

/* Who is asked whether he blocks `giver` says the same until this transaction ends: to be asked
 * before. Whoever changes it waits with blocks_lock_giver for all who give, before he locks an
 * account, as they do (PostgreSQL). */
void blocks_ask_hold(Db *db, Arena *arena, int64_t giver);
bool blocks_lock_giver(Db *db, int64_t giver, Error *err);

/* Locks the events of which a block changes a grant: who shares one has locked it first, and asks
 * who blocks him then (PostgreSQL). */
bool blocks_lock_given(Db *db, int64_t user_id, int64_t blocked_id, Error *err);

/* For what is given from now on; twice is once. After blocks_lock_given the account of `blocked_id`
 * must be locked (users_lock), as who transfers or splits does, and blocks_lock_giver: so nothing
 * slips in between. blocks_follow comes next. */
bool blocks_add(Db *db, int64_t user_id, int64_t blocked_id, Instant now, Error *err);

/* The same of the end of a block. *ret_found: there was one that had not ended. */
bool blocks_remove(Db *db, int64_t user_id, int64_t blocked_id, bool *ret_found, Error *err);

/* What was given already becomes what the block, or its end, says: as much as keeps nobody else
 * waiting, behind what was done before. *ret_all: that was the rest of it. */
bool blocks_follow(Db *db, int64_t user_id, int64_t blocked_id, bool *ret_all, Error *err);

/* The next piece of what was cut off, of anybody; *ret_more: there was one. */
bool blocks_go_on(Db *db, bool *ret_more, Error *err);
