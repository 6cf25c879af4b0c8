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

static ErrandEnd run_here(Db *db, const Errand *errand, const void *input, Arena *arena,
                          const char **ret_left, Error *err)
{
    Buffer out = buffer_start(arena);

    if (!db_begin(db, err))
        return ERRAND_NO_DATABASE;
    if (!errand->run(db, arena, input, &out, err) || !db_commit(db, err)) {
        db_rollback(db);
        return ERRAND_REFUSED;
    }
    *ret_left = out.data;
    return ERRAND_DONE;
}

/* False: nobody listens. */
static bool run_there(const char *socket, const Errand *errand, const void *input, Arena *arena,
                      const char **ret_left, ErrandEnd *ret_end, Error *err)
{
    Writer w = writer_start(arena);
    Error refusal = { .code = ERROR_NONE };

    schema_encode(errand->route.in.takes, &w, input, 0);
    switch (ask_server(socket, errand->route.path, writer_text(&w), arena, ret_left, &refusal)) {
    case ASKED_NOBODY:
        return false;
    case ASKED_ANSWERED:
        *ret_end = ERRAND_DONE;
        break;
    case ASKED_REFUSED:
        *ret_end = ERRAND_REFUSED;
        break;
    case ASKED_LOST:
        *ret_end = ERRAND_NO_DATABASE;
        break;
    }
    *err = refusal;
    return true;
}

/* The lock decides: who gets it does it himself, and who does not asks whoever has it. That may
 * be nobody for a moment: another command, or a server that starts or stops. */
ErrandEnd errand_run_once(Call *call, Db **ret_db, const Errand *errand, const void *input,
                          Arena *arena, const char **ret_left, Error *err)
{
    const char *socket = database_socket(call->config, arena);
    int64_t until = clock_monotonic_us() + PATIENCE_MS * INT64_C(1000);
    ErrandEnd end = ERRAND_DONE;

    while (*ret_db == NULL && !database_open(call->config, ret_db, err)) {
        if (err->code != ERROR_RETRY || socket == NULL)
            return ERRAND_NO_DATABASE;
        if (run_there(socket, errand, input, arena, ret_left, &end, err))
            return end;
        if (clock_monotonic_us() > until)
            return ERRAND_LOCKED;
        pause_ms(PAUSE_MS);
        error_clear(err);
    }
    return run_here(*ret_db, errand, input, arena, ret_left, err);
}

int errand_fail(Call *call, ErrandEnd end, const Error *err)
{
    call_fail(err);
    if (end == ERRAND_REFUSED)
        return EXIT_FAILED;
    if (end == ERRAND_LOCKED)
        fprintf(stderr,
                "  If it is a server, it does not listen at %s: its log says why. Otherwise try "
                "again when the other command is done.\n",
                database_socket(call->config, call->arena));
    return EXIT_NO_DATABASE;
}

int errand_run(Call *call, const Errand *errand, const void *input)
{
    Db AUTO(db_close) *db = NULL;
    Error err = { .code = ERROR_NONE };

    if (!database_make_directory(call->config, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    for (;;) {
        Arena AUTO(arena_finish) scratch = { 0 };
        const char *left = "";
        ErrandEnd end = errand_run_once(call, &db, errand, input, &scratch, &left, &err);
        if (end != ERRAND_DONE)
            return errand_fail(call, end, &err);
        call_print(stdout, left);
        if (*left != '\0')
            return EXIT_OK;
        pause_ms(BREATH_MS);
    }
}
