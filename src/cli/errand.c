#include "cli/errand.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/ask_server.h"
#include "cli/database.h"

enum {
    PATIENCE_MS = 3000, /* with another command, or a server that starts or stops */
    PAUSE_MS = 25,
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

static int run_here(Call *call, Db *db, const Errand *errand, const void *input)
{
    Buffer out = buffer_start(call->arena);
    Error err = { .code = ERROR_NONE };

    if (!db_begin(db, &err))
        return call_fail_database(&err);
    if (!errand->run(db, call->arena, input, &out, &err) || !db_commit(db, &err)) {
        db_rollback(db);
        return call_fail(&err);
    }
    call_print(stdout, out.data);
    return EXIT_OK;
}

/* False: nobody listens. */
static bool run_there(Call *call, const char *socket, const Errand *errand, const void *input,
                      int *ret_code)
{
    Writer w = writer_start(call->arena);
    Error err = { .code = ERROR_NONE };
    const char *answer = NULL;

    schema_encode(errand->route.in.takes, &w, input, 0);
    switch (ask_server(socket, errand->route.path, writer_text(&w), call->arena, &answer, &err)) {
    case ASKED_NOBODY:
        return false;
    case ASKED_ANSWERED:
        call_print(stdout, answer);
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
        if (run_there(call, socket, errand, input, &code))
            return code;
        if (clock_monotonic_us() > until)
            return refuse_locked(socket, &err);
        nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000 }, NULL);
        error_clear(&err);
    }
    return run_here(call, db, errand, input);
}
