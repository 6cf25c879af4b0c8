/* fasti user: accounts, for whoever runs the server. */

#include <stdio.h>

#include "auth/account_text.h"
#include "auth/accounts.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/password_input.h"

enum { USERS_AT_ONCE = 500 };

static bool read_new_password(Call *call, char ret_hash[PASSWORD_HASH_BYTES], Error *err)
{
    const Location at = { .name = "password" };
    const Decoder decoder = { .arena = call->arena, .location = &at, .err = err };
    const Field field = { .name = "password" };
    const char *password = NULL;

    return password_input(call->arena, &password, err) &&
           password_check(&decoder, &field, password) &&
           password_hash(password, (int)call->config->bcrypt_cost, ret_hash, err);
}

/* -- add -------------------------------------------------------------------------------------- */

static bool check_names(Call *call, const User *user, Error *err)
{
    const Location at_name = { .name = "username" };
    const Location at_email = { .name = "email" };
    const Decoder name = { .arena = call->arena, .location = &at_name, .err = err };
    const Decoder email = { .arena = call->arena, .location = &at_email, .err = err };
    const Field name_field = { .name = "username" };
    const Field email_field = { .name = "email" };

    bool is_name = account_check_username(&name, &name_field, user->username);
    return account_check_email(&email, &email_field, user->email) && is_name;
}

static int add_user(Call *call)
{
    char hash[PASSWORD_HASH_BYTES];
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    bool is_admin = call_take_flag(call, "--admin");

    if (!call_takes(call, 2))
        return EXIT_BAD_USAGE;
    User user = {
        .username = call->argv[0],
        .email = call->argv[1],
        .hashed_password = hash,
        .is_admin = is_admin,
        .is_active = true,
    };
    if (!check_names(call, &user, &err) || !read_new_password(call, hash, &err))
        return call_fail(&err);
    int code = database_open(call, &db);
    if (code != EXIT_OK)
        return code;
    const Author author = { .at = clock_now_us() };
    code = database_end(db, accounts_create(db, call->arena, &author, &user, &err), &err);
    if (code == EXIT_OK)
        printf("Made user %lld, %s%s.\n", (long long)user.id, user.username,
               is_admin ? ", an administrator" : "");
    return code;
}

/* -- list ------------------------------------------------------------------------------------- */

static void print_user(const User *user)
{
    char created[INSTANT_TEXT];

    instant_format(user->created_at, created);
    printf("%6lld  %-20s  %-30s  %-5s  %-8s  %s\n", (long long)user->id, user->username,
           user->email, user->is_admin ? "admin" : "", user->is_active ? "" : "disabled", created);
}

static bool print_users(Call *call, Db *db, bool as_json, Error *err)
{
    UserFilter filter = { .after_id = 0, .limit = USERS_AT_ONCE };
    List list = { 0 };
    Writer w = writer_start(call->arena);

    write_array(&w);
    do {
        if (!users_list(db, call->arena, &filter, &list, err))
            return false;
        const User *users = list.items;
        for (size_t i = 0; i < list.count; i++) {
            if (as_json)
                schema_encode(&user_schema, &w, &users[i], 0);
            else
                print_user(&users[i]);
            filter.after_id = users[i].id;
        }
    } while (list.count == USERS_AT_ONCE);
    write_end_array(&w);
    if (as_json)
        puts(writer_text(&w));
    return true;
}

static int list_users(Call *call)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    bool as_json = call_take_flag(call, "--json");

    if (!call_takes(call, 0))
        return EXIT_BAD_USAGE;
    int code = database_open_to_read(call, &db);
    if (code != EXIT_OK)
        return code;
    return print_users(call, db, as_json, &err) ? EXIT_OK : call_fail_database(&err);
}

/* -- What changes an account that is there ---------------------------------------------------- */

/* Inside a transaction; the account is found, the author is nobody: whoever runs the server. */
typedef bool Alter(Db *db, Arena *arena, const Author *author, const User *user, const void *how,
                   Error *err);

static bool find_user(Call *call, Db *db, const char *name, User **ret_user, Error *err)
{
    const char *key = account_key(call->arena, name);

    *ret_user = NULL;
    if (key != NULL && !users_find_by_login(db, call->arena, name, key, ret_user, err))
        return false;
    if (*ret_user == NULL)
        error_set(err, ERROR_NOT_FOUND, "There is no user %.60s.", name);
    return *ret_user != NULL;
}

/* Finds the account that the one argument names, alters it, says so. */
static int alter_user(Call *call, Alter *alter, const void *how, const char *done)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    const Author author = { .at = clock_now_us() };
    User *user = NULL;
    int code = database_open(call, &db);

    if (code != EXIT_OK)
        return code;
    bool is_done = find_user(call, db, call->argv[0], &user, &err) &&
                   alter(db, call->arena, &author, user, how, &err);
    code = database_end(db, is_done, &err);
    if (is_done && code == EXIT_OK)
        printf("%s %s.\n", user->username, done);
    return code;
}

static bool set_password(Db *db, Arena *arena, const Author *author, const User *user,
                         const void *hash, Error *err)
{
    const NewPassword password = { .hash = hash };

    return accounts_set_password(db, arena, author, user->id, &password, err);
}

static int change_password(Call *call)
{
    char hash[PASSWORD_HASH_BYTES];
    Error err = { .code = ERROR_NONE };

    if (!call_takes(call, 1))
        return EXIT_BAD_USAGE;
    if (!read_new_password(call, hash, &err))
        return call_fail(&err);
    return alter_user(call, set_password, hash, "has a new password and is signed out everywhere");
}

static bool set_admin(Db *db, Arena *arena, const Author *author, const User *user,
                      const void *is_admin, Error *err)
{
    return accounts_set_admin(db, arena, author, user, *(const bool *)is_admin, err);
}

static int change_admin(Call *call)
{
    bool is_admin = !call_take_flag(call, "--off");

    if (!call_takes(call, 1))
        return EXIT_BAD_USAGE;
    return alter_user(call, set_admin, &is_admin,
                      is_admin ? "is an administrator" : "is no administrator");
}

static bool set_active(Db *db, Arena *arena, const Author *author, const User *user,
                       const void *is_active, Error *err)
{
    return accounts_set_active(db, arena, author, user, *(const bool *)is_active, err);
}

static int disable_user(Call *call)
{
    bool is_active = call_take_flag(call, "--off");

    if (!call_takes(call, 1))
        return EXIT_BAD_USAGE;
    return alter_user(call, set_active, &is_active,
                      is_active ? "may sign in again" : "is signed out and cannot sign in");
}

static bool delete_account(Db *db, Arena *arena, const Author *author, const User *user,
                           const void *legacy, Error *err)
{
    return accounts_delete(db, arena, author, user, legacy, err);
}

static int delete_user(Call *call)
{
    const Legacy legacy = { .may_delete_shared = call_take_flag(call, "--with-events") };

    if (!call_takes(call, 1))
        return EXIT_BAD_USAGE;
    return alter_user(call, delete_account, &legacy, "is deleted");
}

/* -- Table ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int (*run)(Call *call);
} actions[] = {
    { "add", add_user },       { "list", list_users },      { "passwd", change_password },
    { "admin", change_admin }, { "disable", disable_user }, { "delete", delete_user },
};

int run_user(Call *call)
{
    if (call->argc == 0)
        return call_refuse_usage(call, "Say what to do.");
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (text_equal(actions[i].name, call->argv[0])) {
            call->argc--;
            call->argv++;
            return actions[i].run(call);
        }
    }
    return call_refuse_usage(call, "There is no `user %s`.", call->argv[0]);
}
