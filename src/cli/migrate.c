/* fasti migrate: brings the database up to date, and takes over one of the old system. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/database.h"
#include "store/migrations.h"
#include "store/roles.h"

/* What `--role NAME=viewer` says. */
typedef struct RoleWord {
    const char *name;
    Role meaning;
} RoleWord;

static Role meaning_of(const char *text)
{
    for (int role = ROLE_OWNER; role <= ROLE_VIEWER; role++) {
        if (text_equal_ignoring_case(text, role_names[role]))
            return (Role)role;
    }
    return ROLE_NONE;
}

/* Takes them all out of the arguments; false: one of them says nothing. */
static bool take_roles(Call *call, List *ret_words)
{
    RoleWord *words = ARENA_ARRAY(call->arena, RoleWord, (size_t)call->argc);
    size_t count = 0;

    for (const char *said; (said = call_take_option(call, "--role")) != NULL; count++) {
        const char *equals = strrchr(said, '=');
        Role meaning = equals != NULL ? meaning_of(equals + 1) : ROLE_NONE;
        if (meaning == ROLE_NONE || equals == said) {
            call_refuse_usage(call, "Say what the role means: owner, editor or viewer, as in "
                                    "--role Commenter=viewer.");
            return false;
        }
        words[count] = (RoleWord){
            .name = arena_strndup(call->arena, said, (size_t)(equals - said)),
            .meaning = meaning,
        };
    }
    *ret_words = (List){ .items = words, .count = count };
    return true;
}

static const char *as_json(Arena *arena, const List *words)
{
    const RoleWord *word = words->items;
    Writer w = writer_start(arena);

    write_object(&w);
    for (size_t i = 0; i < words->count; i++) {
        write_key(&w, word[i].name);
        write_text(&w, role_names[word[i].meaning]);
    }
    write_end_object(&w);
    return writer_text(&w);
}

/* A database that was taken over before keeps what was said then. */
static bool check_word(const List *roles, const RoleWord *word, Error *err)
{
    const RoleRow *rows = roles->items;

    for (size_t i = 0; i < roles->count; i++) {
        if (!text_equal_ignoring_case(rows[i].name, word->name))
            continue;
        return rows[i].meaning == (int64_t)word->meaning ||
               error_set(err, ERROR_CONFLICT,
                         "The role %s means %s since this database was taken over.", word->name,
                         role_names[rows[i].meaning]);
    }
    return error_set(err, ERROR_NOT_FOUND, "There is no role %s in this database.", word->name);
}

static bool check_words(Db *db, Arena *arena, const List *words, Error *err)
{
    const RoleWord *word = words->items;
    List roles = { 0 };

    if (words->count == 0)
        return true;
    if (!roles_take(roles_ask(db, arena), arena, &roles, err))
        return false;
    for (size_t i = 0; i < words->count; i++) {
        if (!check_word(&roles, &word[i], err))
            return false;
    }
    return true;
}

int run_migrate(Call *call)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    List words = { 0 };
    int from = 0;
    int to = 0;

    if (!take_roles(call, &words) || !call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (!database_make_directory(call->config, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    if (!db_open(call->config->database_url, DB_WRITE, &db, &err) ||
        !migrations_say_roles(db, as_json(call->arena, &words), &err) ||
        !migrations_apply(db, &all_migrations, &from, &to, &err))
        return call_fail_database(&err);
    if (from == to)
        printf("The database is at version %d, the newest.\n", to);
    else
        printf("The database went from version %d to %d.\n", from, to);
    return check_words(db, call->arena, &words, &err) ? EXIT_OK : call_fail(&err);
}
