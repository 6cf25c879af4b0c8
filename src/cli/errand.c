#include "cli/errand.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/ask_server.h"
#include "cli/database.h"

enum {
    PATIENCE_MS = 3000, /* with another command, or a server that starts or stops */
    PAUSE_MS = 25,
    BREATH_MS = 1, /* between two pieces of a long one: others come first */
};

Reply errand_reply(Request *req)
{
    const Errand *errand = (const Errand *)req->route; /* it begins with it */
    Buffer out = buffer_start(req->arena);

    if (!errand->run(req->db, req->arena, req->body, &out, &req->error))
        return reply_error(req);
    return (Reply){
        .status = 200,
        .body = out.data,
        .length = out.length,
        .content_type = "text/plain; charset=utf-8",
        .no_store = true,
    };
}

static void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* Says what it left; *ret_again: that was nothing, and it is not at its end. */
static int run_once(Db *db, const Errand *errand, const void *input, bool *ret_again)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    Buffer out = buffer_start(&scratch);
    Error err = { .code = ERROR_NONE };

    *ret_again = false;
    if (!db_begin(db, &err))
        return call_fail_database(&err);
    if (!errand->run(db, &scratch, input, &out, &err) || !db_commit(db, &err)) {
        db_rollback(db);
        return call_fail(&err);
    }
    call_print(stdout, out.data);
    *ret_again = out.length == 0;
    return EXIT_OK;
}

static int run_here(Db *db, const Errand *errand, const void *input)
{
    bool is_again = false;

    for (;;) {
        int code = run_once(db, errand, input, &is_again);
        if (!is_again)
            return code;
        pause_ms(BREATH_MS);
    }
}

/* False: nobody listens. */
static bool ask_once(const char *socket, const Errand *errand, const void *input, bool *ret_again,
                     int *ret_code)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    Writer w = writer_start(&scratch);
    Error err = { .code = ERROR_NONE };
    const char *answer = NULL;

    *ret_again = false;
    schema_encode(errand->route.in.takes, &w, input, 0);
    switch (ask_server(socket, errand->route.path, writer_text(&w), &scratch, &answer, &err)) {
    case ASKED_NOBODY:
        return false;
    case ASKED_ANSWERED:
        call_print(stdout, answer);
        *ret_again = *answer == '\0';
        *ret_code = EXIT_OK;
        return true;
    case ASKED_REFUSED:
        *ret_code = call_fail(&err);
        return true;
    case ASKED_LOST:
        *ret_code = call_fail_database(&err);
        return true;
    }
    return false;
}

static bool run_there(const char *socket, const Errand *errand, const void *input, int *ret_code)
{
    bool is_again = false;

    while (ask_once(socket, errand, input, &is_again, ret_code)) {
        if (!is_again)
            return true;
        pause_ms(BREATH_MS);
    }
    return false;
}

/* `err` is of the lock. */
static int refuse_locked(const char *socket, Error *err)
{
    call_fail(err);
    fprintf(stderr,
            "  If it is a server, it does not listen at %s: its log says why. Otherwise try again "
            "when the other command is done.\n",
            socket);
    return EXIT_NO_DATABASE;
}

/* The lock decides: who gets it does it himself, and who does not asks whoever has it. That may
 * be nobody for a moment: another command, or a server that starts or stops. */
int errand_run(Call *call, const Errand *errand, const void *input)
{
    const char *socket = database_socket(call->config, call->arena);
    int64_t until = clock_monotonic_us() + PATIENCE_MS * INT64_C(1000);
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };
    int code = EXIT_OK;

    if (!database_make_directory(call->config, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    while (!database_open(call->config, &db, &err)) {
        if (err.code != ERROR_RETRY || socket == NULL)
            return call_fail_database(&err);
        if (run_there(socket, errand, input, &code))
            return code;
        if (clock_monotonic_us() > until)
            return refuse_locked(socket, &err);
        pause_ms(PAUSE_MS);
        error_clear(&err);
    }
    return run_here(db, errand, input);
}
