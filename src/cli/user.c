/* fasti user: accounts, for whoever runs the server. */

#include <stdio.h>

#include "auth/account_text.h"
#include "auth/password.h"
#include "base/text.h"
#include "cli/account_errands.h"
#include "cli/database.h"
#include "cli/password_input.h"
#include "store/migrations.h"
#include "store/users.h"

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

static bool check_names(Call *call, const AccountInput *input, Error *err)
{
    const Location at_name = { .name = "username" };
    const Location at_email = { .name = "email" };
    const Decoder name = { .arena = call->arena, .location = &at_name, .err = err };
    const Decoder email = { .arena = call->arena, .location = &at_email, .err = err };
    const Field name_field = { .name = "username" };
    const Field email_field = { .name = "email" };

    bool is_name = account_check_username(&name, &name_field, input->name);
    return account_check_email(&email, &email_field, input->email) && is_name;
}

static int add_user(Call *call)
{
    char hash[PASSWORD_HASH_BYTES];
    AccountInput input = { .admin = call_take_flag(call, "--admin"), .password_hash = hash };
    Error err = { .code = ERROR_NONE };

    if (!call_takes(call, 2))
        return EXIT_BAD_USAGE;
    input.name = call->argv[0];
    input.email = call->argv[1];
    input.free_busy = call->config->free_busy;
    if (!check_names(call, &input, &err) || !read_new_password(call, hash, &err))
        return call_fail(&err);
    return errand_run(call, &user_add, &input);
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

/* Takes the one argument: what can be no account's name is nobody's, without asking. */
static bool take_name(Call *call, AccountInput *input, int *ret_code)
{
    Error err = { .code = ERROR_NONE };

    *ret_code = EXIT_BAD_USAGE;
    if (!call_takes(call, 1))
        return false;
    input->name = call->argv[0];
    if (account_key(call->arena, input->name) != NULL)
        return true;
    error_set(&err, ERROR_NOT_FOUND, "There is no user %.60s.", input->name);
    *ret_code = call_fail(&err);
    return false;
}

/* Looks before two passwords are asked for in vain. What cannot be looked up is left to the errand,
 * which says why. */
static bool is_nobody(Call *call, const char *name)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    User *user = NULL;
    int version = 0;

    return db_open(call->config->database_url, DB_READ, &db, &err) &&
           migrations_version(db, &version, &err) && version == migrations_newest() &&
           users_find_by_login(db, call->arena, name, account_key(call->arena, name), &user,
                               &err) &&
           user == NULL;
}

static int change_password(Call *call)
{
    char hash[PASSWORD_HASH_BYTES];
    AccountInput input = { .password_hash = hash };
    Error err = { .code = ERROR_NONE };
    int code;

    if (!take_name(call, &input, &code))
        return code;
    if (is_nobody(call, input.name)) {
        error_set(&err, ERROR_NOT_FOUND, "There is no user %.60s.", input.name);
        return call_fail(&err);
    }
    if (!read_new_password(call, hash, &err))
        return call_fail(&err);
    return errand_run(call, &user_passwd, &input);
}

static int alter_user(Call *call, const Errand *errand, AccountInput input)
{
    int code;

    return take_name(call, &input, &code) ? errand_run(call, errand, &input) : code;
}

static int change_admin(Call *call)
{
    return alter_user(call, &user_admin, (AccountInput){ .off = call_take_flag(call, "--off") });
}

static int disable_user(Call *call)
{
    return alter_user(call, &user_disable, (AccountInput){ .off = call_take_flag(call, "--off") });
}

static int index_of(const char *const names[], const char *name)
{
    int i = 0;

    while (names[i] != NULL && !text_equal(names[i], name))
        i++;
    return i;
}

/* NAME alone shows them. */
static int change_quota(Call *call)
{
    AccountInput input = { .quota = INTEGER_NULL, .most = INTEGER_NULL };
    long long most = 0;

    if (call->argc == 3) {
        input.quota = index_of(quota_names, call->argv[1]);
        bool is_default = text_equal(call->argv[2], "default");
        if (quota_names[input.quota] == NULL)
            return call_refuse_usage(call, "There is no quota of %s.", call->argv[1]);
        if (!is_default && (!text_to_int64(call->argv[2], &most) || most < 0))
            return call_refuse_usage(call, "Give a number, or `default`.");
        input.most = is_default ? INTEGER_NULL : most;
        call->argc = 1;
    }
    return alter_user(call, &user_quota, input);
}

static int delete_user(Call *call)
{
    bool with_events = call_take_flag(call, "--with-events");

    return alter_user(call, &user_delete, (AccountInput){ .with_events = with_events });
}

/* -- Table ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int (*run)(Call *call);
} actions[] = {
    { "add", add_user },       { "list", list_users },      { "passwd", change_password },
    { "admin", change_admin }, { "disable", disable_user }, { "quota", change_quota },
    { "delete", delete_user },
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
