/* fasti erase: an account goes, and its name with it, from everything that others keep. */

#include <stdio.h>
#include <string.h>

#include "auth/account_text.h"
#include "base/text.h"
#include "cli/account_errands.h"
#include "cli/database.h"
#include "store/erasures.h"
#include "store/legacy.h"
#include "store/usage.h"
#include "store/users.h"

/* What is there before anything is done. */
typedef struct Sight {
    User *user;       /* NULL: nobody has this name … */
    bool is_going_on; /* … because an erasure of it was interrupted */
    int64_t events;   /* that are not in the trash */
    int64_t shared;
} Sight;

static bool look_at_user(Db *db, Arena *arena, Sight *sight, Error *err)
{
    Allowance *allowance = NULL;

    if (!usage_find(db, arena, sight->user->id, &allowance, err) ||
        !legacy_count_shared(db, sight->user->id, &sight->shared, err))
        return false;
    sight->events = allowance != NULL ? allowance->used.events : 0;
    return true;
}

static int look(Call *call, const AccountInput *input, Sight *ret_sight)
{
    const char *key = account_key(call->arena, input->name);
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };

    *ret_sight = (Sight){ .user = NULL };
    int code = database_open_to_read(call, &db);
    if (code != EXIT_OK)
        return code;
    if ((key != NULL &&
         !users_find_by_login(db, call->arena, input->name, key, &ret_sight->user, &err)) ||
        (ret_sight->user == NULL &&
         !erasures_is_pending(db, input->name, key, &ret_sight->is_going_on, &err)) ||
        (ret_sight->user != NULL && !look_at_user(db, call->arena, ret_sight, &err)))
        return call_fail_database(&err);
    if (ret_sight->user != NULL || ret_sight->is_going_on)
        return EXIT_OK;
    error_set(&err, ERROR_NOT_FOUND, "There is no user %.60s.", input->name);
    return call_fail(&err);
}

static void tell(const Sight *sight, const AccountInput *input)
{
    const User *user = sight->user;

    fprintf(stderr,
            "%s (user %lld, %s) is to be erased. This cannot be taken back.\n"
            "- The account, sign-ins and known networks go.\n"
            "- Events that it owns: %lld, of which others share %lld. ",
            user->username, (long long)user->id, user->email, (long long)sight->events,
            (long long)sight->shared);
    if (input->heir != NULL)
        fprintf(stderr, "They go to %s.\n", input->heir);
    else
        fprintf(stderr, "They go for good.\n");
    fprintf(stderr,
            "- In the history of others and in the audit trail it says \"" ERASED_NAME "\".\n"
            "- What somebody wrote stays: titles, descriptions, comments of others' events.\n"
            "- Not reached: backups, exports and copies of the file that were made before.\n");
}

static int refuse_shared(const Sight *sight)
{
    Error err = { .code = ERROR_NONE };

    error_set(&err, ERROR_CONFLICT,
              "Others share %lld events of this account: delete them too (--with-events), or hand "
              "all of them over (--to NAME).",
              (long long)sight->shared);
    return call_fail(&err);
}

/* The name as the account has it, so that nobody is taken for another. */
static bool is_meant(Call *call, const User *user)
{
    enum { LONGEST_LINE = 4096 };
    char *line = arena_alloc(call->arena, LONGEST_LINE);

    fputs("Type the user name to go on: ", stderr);
    if (fgets(line, LONGEST_LINE, stdin) == NULL)
        *line = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (text_equal(line, user->username))
        return true;
    fprintf(stderr, "fasti: That is not %s: nothing was done.\n", user->username);
    return false;
}

/* A server that has the file rewrites it at its next start. */
static void tell_of_file(Call *call)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };

    if (db_url_file(call->config->database_url) != NULL && !database_open(call->config, &db, &err))
        call_print(stdout, "Free places of the file may have it until the server is started again, "
                           "which rewrites the file.\n");
    call_print(stdout, "Backups that were made before have it: after `fasti restore`, erase it "
                       "again.\n");
}

int run_erase(Call *call)
{
    AccountInput input = { .with_events = call_take_flag(call, "--with-events") };
    bool is_sure = call_take_flag(call, "--yes");
    Sight sight;

    input.name = call_take_option(call, "--user");
    input.heir = call_take_option(call, "--to");
    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    if (input.name == NULL)
        return call_refuse_usage(call, "Say whom: --user NAME.");
    if (input.with_events && input.heir != NULL)
        return call_refuse_usage(call, "Say --with-events or --to, not both.");
    int code = look(call, &input, &sight);
    if (code != EXIT_OK)
        return code;
    if (sight.user != NULL) {
        if (sight.shared > 0 && input.heir == NULL && !input.with_events)
            return refuse_shared(&sight);
        tell(&sight, &input);
        if (!is_sure && !is_meant(call, sight.user))
            return EXIT_FAILED;
        code = errand_run(call, &user_erase, &input);
    }
    if (code == EXIT_OK)
        code = errand_run(call, &erase_some, &input);
    if (code == EXIT_OK)
        tell_of_file(call);
    return code;
}
