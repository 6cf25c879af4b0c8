#include "cli/command.h"

const Command commands[] = {
    { "config", run_config, .usage = "config [--json]", .summary = "Show every setting",
      .doc = "Shows every setting, its value and where that came from. Secrets are hidden." },
    { "version", run_version, .is_plain = true, .usage = "version",
      .summary = "Show the version of the program and its libraries",
      .doc = "Shows the version of the program and of the libraries it runs on." },
    { "help", run_help, .is_plain = true, .usage = "help [COMMAND]",
      .summary = "Show this, or more about one command",
      .doc = "Lists the commands and the settings, or explains one command." },
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);
