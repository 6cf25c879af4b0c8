#include "server_app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "permit/user.h"

typedef struct Note {
    Members given;
    const char *text;
    int64_t number;
} Note;

static const Field note_fields[] = {
    TEXT(Note, text, .flags = REQUIRED, .min = 1, .max = 1000, .doc = "A text."),
    INTEGER(Note, number, .flags = NULLABLE, .min = 0, .max = 9, .doc = "A digit."),
};
static const Schema note_schema = SCHEMA(Note, note_fields, .doc = "A note.");

SQL(insert_note, "INSERT INTO notes (text) VALUES ($1)");
SQL(count_notes, "SELECT count(*) AS n FROM notes");

atomic_int setbacks;
atomic_int setback_code;
atomic_int is_gate_closed;

static Reply say_hello(Request *req)
{
    Writer w = writer_start(req->arena);

    write_object(&w);
    write_key(&w, "hello");
    write_text(&w, req->path);
    write_end_object(&w);
    return reply_written(req, &w);
}

static Reply echo_note(Request *req)
{
    return reply_object(req, &note_schema, req->body);
}

static Reply add_note(Request *req)
{
    const Note *note = req->body;

    if (text_equal(note->text, "refused")) {
        error_set(&req->error, ERROR_CONFLICT, "Not at all.");
        return reply_error(req);
    }
    if (!db_execute(req->db, &insert_note, PARAMS(TXT(note->text)), NULL, &req->error))
        return reply_error(req);
    if (text_equal(note->text, "conflict")) {
        error_set(&req->error, ERROR_CONFLICT, "No.");
        return reply_error(req);
    }
    if (text_equal(note->text, "broken")) {
        error_set(&req->error, ERROR_INTERNAL, "Broken on purpose.");
        return reply_error(req);
    }
    if (atomic_load(&setbacks) > 0) {
        atomic_fetch_sub(&setbacks, 1);
        error_set(&req->error, (ErrorCode)atomic_load(&setback_code), "A setback.");
        return reply_error(req);
    }
    return reply_created(req, "/notes/1", &note_schema, note);
}

static Reply show_count(Request *req)
{
    Rows AUTO(rows_close) rows = { 0 };
    Writer w = writer_start(req->arena);

    if (!db_query(req->db, &count_notes, NO_PARAMS, &rows, &req->error))
        return reply_error(req);
    rows_next(&rows);
    write_object(&w);
    write_key(&w, "count");
    write_integer(&w, rows_int(&rows, "n"));
    write_end_object(&w);
    return reply_written(req, &w);
}

static Reply wait_at_gate(Request *req)
{
    (void)req;
    while (atomic_load(&is_gate_closed))
        usleep(1000);
    return reply_no_content();
}

/* Answers when MEETING requests are here at once, or gives up after a while. */
static Reply meet_the_others(Request *req)
{
    static atomic_int present;

    atomic_fetch_add(&present, 1);
    for (int ms = 0; ms < 5000 && atomic_load(&present) % MEETING != 0; ms++)
        usleep(1000);
    if (atomic_load(&present) % MEETING == 0)
        return reply_no_content();
    atomic_store(&present, 0);
    error_set(&req->error, ERROR_UNAVAILABLE, "Nobody came.");
    return reply_error(req);
}

static Reply leave_a_word(Request *req)
{
    req->state = arena_strdup(req->arena, "from the slow lane");
    return reply_go_on();
}

static Reply find_the_word(Request *req)
{
    Note note = { .text = req->state, .number = INTEGER_NULL };

    if (req->db == NULL || req->state == NULL)
        return reply_error(req);
    return reply_object(req, &note_schema, &note);
}

static Reply show_version(Request *req)
{
    Reply reply = say_hello(req);

    reply_etag(req, &reply, 7);
    return reply;
}

static Reply show_metrics(Request *req)
{
    Buffer out = buffer_start(req->arena);

    server_write_metrics(req->server, &out);
    return (Reply){ .status = 200,
                    .body = out.data,
                    .length = out.length,
                    .content_type = "text/plain; version=0.0.4" };
}

static const Route routes[] = {
    { .method = METHOD_GET,
      .path = "/hello",
      .needs = &need_nobody,
      .handler = say_hello,
      .lane = LANE_READ,
      .works_without_db = true },
    { .method = METHOD_GET,
      .path = "/version",
      .needs = &need_nobody,
      .handler = show_version,
      .lane = LANE_READ,
      .works_without_db = true },
    { .method = METHOD_GET,
      .path = "/metrics",
      .needs = &need_nobody,
      .handler = show_metrics,
      .lane = LANE_READ,
      .works_without_db = true },
    { .method = METHOD_POST,
      .path = "/echo",
      .needs = &need_nobody,
      .handler = echo_note,
      .lane = LANE_READ,
      .works_without_db = true,
      .in.takes = &note_schema,
      .in.takes_form = true },
    { .method = METHOD_GET,
      .path = "/notes",
      .needs = &need_nobody,
      .handler = show_count,
      .lane = LANE_READ },
    { .method = METHOD_POST,
      .path = "/notes",
      .needs = &need_nobody,
      .handler = add_note,
      .lane = LANE_WRITE,
      .in.takes = &note_schema },
    { .method = METHOD_GET,
      .path = "/meeting",
      .needs = &need_nobody,
      .handler = meet_the_others,
      .lane = LANE_READ,
      .works_without_db = true },
    { .method = METHOD_POST,
      .path = "/gate",
      .needs = &need_nobody,
      .handler = wait_at_gate,
      .lane = LANE_HASH },
    { .method = METHOD_GET,
      .path = "/gate",
      .needs = &need_nobody,
      .handler = wait_at_gate, /* on the network thread itself */
      .lane = LANE_READ,
      .works_without_db = true },
    { .method = METHOD_POST,
      .path = "/steps",
      .needs = &need_nobody,
      .handler = find_the_word,
      .lane = LANE_WRITE,
      .before = { { .lane = LANE_HASH, .run = leave_a_word } } },
    { .method = METHOD_GET,
      .path = "/mine",
      .handler = say_hello,
      .lane = LANE_READ,
      .needs = &need_user },
    { .method = METHOD_POST,
      .path = "/login",
      .needs = &need_nobody,
      .handler = echo_note,
      .lane = LANE_READ,
      .works_without_db = true,
      .in.takes = &note_schema,
      .fails_as = &problem_json_oauth,
      .in.limit = LIMIT_LOGIN_BODY_BYTES },
};
static const RouteTable table = { routes, sizeof(routes) / sizeof(routes[0]) };
static const RouteTable *const tables[] = { &table, &form_routes, NULL };

static char directory[] = "/tmp/fasti-http-XXXXXX";
static char database_url[128];
static Config config = {
    .listen_address = "127.0.0.1",
    .database_url = database_url,
    .log_level = LOG_OFF,
    .threads = MEETING,
};
static App app = { .config = &config, .tables = tables, .version = "0" };
Server *server;

/* The routes' own, and the one that every server tidies (work/forgetting.h). */
static const char schema[] = "CREATE TABLE notes (text TEXT NOT NULL);"
                             "CREATE TABLE idempotency_keys (id INTEGER, created_at INTEGER)";

int start_server(void **state)
{
    Error error = { .code = ERROR_NONE };
    Db *db = NULL;

    (void)state;
    log_set_level(LOG_OFF);
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(database_url, sizeof(database_url), "sqlite:///%s/test.db", directory);
    bool is_ready =
        db_open(database_url, DB_WRITE, &db, &error) && db_execute_script(db, schema, &error);
    db_close(&db);
    if (!is_ready || !server_start(&app, &server, &error)) {
        fprintf(stderr, "%s\n", error.detail);
        return -1;
    }
    return 0;
}

int stop_server(void **state)
{
    char command[sizeof(directory) + 16];

    (void)state;
    server_stop(&server);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}
