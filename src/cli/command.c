#include "cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

bool call_take_flag(Call *call, const char *flag)
{
    bool is_there = false;
    int kept = 0;

    for (int i = 0; i < call->argc; i++) {
        if (text_equal(call->argv[i], flag))
            is_there = true;
        else
            call->argv[kept++] = call->argv[i];
    }
    call->argc = kept;
    call->argv[kept] = NULL;
    return is_there;
}

static void drop_arguments(Call *call, int first, int count)
{
    for (int i = first; i + count <= call->argc; i++)
        call->argv[i] = call->argv[i + count];
    call->argc -= count;
}

const char *call_take_option(Call *call, const char *option)
{
    size_t length = strlen(option);

    for (int i = 0; i < call->argc; i++) {
        const char *value = call->argv[i] + length;
        if (!text_starts_with(call->argv[i], option) || (*value != '\0' && *value != '='))
            continue;
        bool is_apart = *value == '\0';
        if (is_apart && i + 1 == call->argc)
            return NULL;
        value = is_apart ? call->argv[i + 1] : value + 1;
        drop_arguments(call, i, is_apart ? 2 : 1);
        return value;
    }
    return NULL;
}

/* ./run starts the program under its own name. */
static const char *program_name(void)
{
    const char *slash = strrchr(program_invocation_name, '/');

    return slash != NULL && text_equal(slash, "/run") ? program_invocation_name : "fasti";
}

void call_print(FILE *out, const char *text)
{
    static const char quoted[] = "`fasti ";

    for (const char *at; (at = strstr(text, quoted)) != NULL; text = at + strlen(quoted))
        fprintf(out, "%.*s`%s ", (int)(at - text), text, program_name());
    fputs(text, out);
}

bool call_takes(const Call *call, int count)
{
    for (int i = 0; i < call->argc; i++) {
        if (call->argv[i][0] == '-' && call->argv[i][1] != '\0') {
            call_refuse_usage(call, "%s is not an option here, or lacks its value.", call->argv[i]);
            return false;
        }
    }
    if (call->argc == count)
        return true;
    if (call->argc > count)
        call_refuse_usage(call, "%s is one argument too many.", call->argv[count]);
    else
        call_refuse_usage(call, "Something is missing.");
    return false;
}

static void print_usage(FILE *out, const char *usage)
{
    const char *lead = "Usage:";

    while (*usage != '\0') {
        size_t length = strcspn(usage, "\n");
        fprintf(out, "%s %s %.*s\n", lead, program_name(), (int)length, usage);
        usage += length + (usage[length] == '\n');
        lead = "      ";
    }
}

int call_refuse_usage(const Call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("fasti: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    print_usage(stderr, call->command->usage);
    return EXIT_BAD_USAGE;
}

/* With the last name of the fault's place, as in ["body","email"]; the body as a whole is none. */
static void print_fault(const Fault *fault)
{
    const char *end = strrchr(fault->location, '"');
    const char *name = end;

    while (name != NULL && name > fault->location && name[-1] != '"')
        name--;
    if (name != NULL && name < end && strncmp(name, "body\"", 5) != 0)
        fprintf(stderr, "fasti: %.*s: %s\n", (int)(end - name), name, fault->message);
    else
        fprintf(stderr, "fasti: %s\n", fault->message);
}

int call_fail(const Error *err)
{
    /* What stands above the faults speaks of a request's members. */
    for (const Fault *fault = err->faults; fault != NULL; fault = fault->next)
        print_fault(fault);
    if (err->faults == NULL) {
        fputs("fasti: ", stderr);
        call_print(stderr, err->detail);
        fputs("\n", stderr);
    }
    return EXIT_FAILED;
}

int call_fail_database(const Error *err)
{
    call_fail(err);
    return EXIT_NO_DATABASE;
}

const Command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (text_equal(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

static void print_settings(Arena *arena)
{
    printf("\nSettings, as flags of every command or as keys of the environment or .env:\n");
    for (size_t i = 0; i < config_setting_count; i++) {
        const Setting *setting = &config_settings[i];
        const char *flag = config_flag(setting, arena);
        printf("  %s%s  (%s)\n      %s\n", flag, setting->is_secret ? "-file FILE" : " VALUE",
               setting->key, setting->doc);
    }
}

static int print_command(const Command *command)
{
    print_usage(stdout, command->usage);
    printf("\n%s\n", command->doc);
    return EXIT_OK;
}

int run_help(Call *call)
{
    if (call->argc > 0) {
        const Command *command = command_find(call->argv[0]);
        if (command == NULL)
            return call_refuse_usage(call, "There is no command %s.", call->argv[0]);
        return print_command(command);
    }
    printf("fasti - a shared calendar server whose every change is kept, explained and "
           "reversible\n\nUsage: %s COMMAND [ARGUMENT …] [--SETTING VALUE …]\n\n",
           program_name());
    for (size_t i = 0; i < command_count; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    call_print(stdout, "\n`fasti help COMMAND` says more about one.\n");
    print_settings(call->arena);
    return EXIT_OK;
}

static int refuse_command(Arena *arena, const char *name)
{
    const char **names = ARENA_ARRAY(arena, const char *, command_count);

    for (size_t i = 0; i < command_count; i++)
        names[i] = commands[i].name;
    const char *nearest = text_nearest(name, names, command_count);
    fprintf(stderr, "fasti: There is no command %s%s%s%s ", name,
            nearest != NULL ? "; do you mean " : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "?" : ".");
    call_print(stderr, "`fasti help` lists them.\n");
    return EXIT_BAD_USAGE;
}

static int run_configured(Call *call)
{
    Config config;
    Error err = { .code = ERROR_NONE };

    if (!config_load(&call->argc, call->argv, call->arena, &config, &err)) {
        call_fail(&err);
        return EXIT_BAD_CONFIG;
    }
    log_set_level(config.log_level);
    for (const char *const *warning = config.warnings; *warning != NULL; warning++)
        log_write(LOG_WARNING, "configuration", "what", *warning, NULL);
    call->config = &config;
    return call->command->run(call);
}

int command_main(int argc, char **argv)
{
    Arena AUTO(arena_finish) arena = { 0 };
    const char *name = argc > 1 ? argv[1] : "help";

    if (text_equal(name, "--help") || text_equal(name, "-h"))
        name = "help";
    if (text_equal(name, "--version") || text_equal(name, "-V"))
        name = "version";
    const Command *command = command_find(name);
    if (command == NULL)
        return refuse_command(&arena, name);

    int rest = argc > 1 ? argc - 2 : 0;
    Call call = { .command = command, .arena = &arena, .argc = rest, .argv = argv + argc - rest };
    if (call_take_flag(&call, "--help") || call_take_flag(&call, "-h"))
        return print_command(command);
    return command->is_plain ? command->run(&call) : run_configured(&call);
}
