/* Command - what `fasti <name>` does: a row of one table, run by main.c.
 *
 * Results go to standard output, everything said about them to standard error. A command returns
 * its exit code. Settings and their flags were read and taken out of the arguments before. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

enum ExitCode {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_BAD_USAGE = 2,
    EXIT_BAD_CONFIG = 3,
    EXIT_NO_DATABASE = 4,
    EXIT_FINDINGS = 5, /* `fasti doctor` found something */
};

typedef struct Command Command;

/* One call of a command. */
typedef struct Call {
    const Command *command;
    const Config *config; /* NULL for a command that `is_plain` */
    Arena *arena;
    int argc;    /* arguments after the command's name */
    char **argv; /* ended by NULL */
} Call;

struct Command {
    const char *name;
    int (*run)(Call *call);
    bool is_plain;     /* runs without reading any setting, so that it works when they are broken */
    const char *usage; /* one form a line, without the name of the program */
    const char *summary; /* for the list of commands */
    const char *doc;     /* for its own help */
};

extern const Command commands[];
extern const size_t command_count;

/* NULL: there is none of this name. */
const Command *command_find(const char *name);

/* Picks the command that `argv` asks for, reads the settings, runs it, gives its exit code. */
int command_main(int argc, char **argv);

/* -- For commands ----------------------------------------------------------------------------- */

/* Takes a flag (`--json`) out of the arguments; was it there? */
bool call_take_flag(Call *call, const char *flag);

/* Takes an option with a value (`--engine sqlite`, `--engine=sqlite`) out of the arguments, the
 * first of its name; NULL: it is not there, or lacks its value, which call_takes then says. */
const char *call_take_option(Call *call, const char *option);

/* Are exactly `count` arguments left, none of them a flag? Otherwise says how to call it. */
bool call_takes(const Call *call, int count);

/* Says why on standard error; returns the exit code. */
int call_refuse_usage(const Call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int call_fail(const Error *err);

/* A failure to open or bring up the database. */
int call_fail_database(const Error *err);

/* Prints a text in which commands stand as `fasti …`, as the user called this one: after ./run as
 * `./run …`. */
void call_print(FILE *out, const char *text);

/* The commands, a file each. */
int run_backup(Call *call);
int run_config(Call *call);
int run_demo(Call *call);
int run_doctor(Call *call);
int run_erase(Call *call);
int run_export(Call *call);
int run_healthcheck(Call *call);
int run_help(Call *call);
int run_migrate(Call *call);
int run_openapi(Call *call);
int run_restore(Call *call);
int run_schema(Call *call);
int run_serve(Call *call);
int run_user(Call *call);
int run_version(Call *call);
int run_zones(Call *call);
