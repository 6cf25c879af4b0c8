#include "cli/command.h"

const Command commands[] = {
    { "serve", run_serve, .usage = "serve", .summary = "Serve the calendar over HTTP",
      .doc = "Makes the data directory, the secret and the database when they are not there,\n"
             "brings the database up to date, and serves until SIGTERM or SIGINT." },
    { "migrate", run_migrate, .usage = "migrate [--role NAME=owner|editor|viewer …]",
      .summary = "Bring the database up to date",
      .doc = "Does what `serve` does at its start, and no more. A PostgreSQL database of the old\n"
             "FastAPI system is upgraded in place. Its roles are known by their names in any\n"
             "case; what others mean is said by --role, once for each." },
    { "user", run_user,
      .usage = "user add NAME E-MAIL [--admin]\n"
               "user list [--json]\n"
               "user passwd NAME\n"
               "user admin NAME [--off]\n"
               "user disable NAME [--off]\n"
               "user quota NAME [events|bytes|history|grants NUMBER|default]\n"
               "user delete NAME [--with-events]",
      .summary = "Make, list and change accounts",
      .doc = "NAME is a user name or an e-mail address. Passwords are asked for, or read from\n"
             "standard input when that is no terminal. Beside a server that runs on SQLite it is\n"
             "the server that does it." },
    { "backup", run_backup, .usage = "backup FILE\nbackup verify FILE",
      .summary = "Put everything into one file, while the server runs or not",
      .doc = "Writes all that the database holds into FILE, packed, with checksums, and sealed\n"
             "when FASTI_BACKUP_PASSPHRASE is set; an older FILE is replaced when the new one is\n"
             "whole. `verify` looks at every byte of one. On SQLite there must be room for a copy\n"
             "of the database beside it for a while." },
    { "restore", run_restore, .usage = "restore FILE [--replace]",
      .summary = "Make a database of what `backup` wrote",
      .doc = "On SQLite or PostgreSQL, wherever the backup was taken. A database that holds\n"
             "something already is refused without --replace. It is restored whole, or is as it\n"
             "was. Afterwards nobody is signed in. Stop the server first." },
    { "export", run_export, .usage = "export --user NAME",
      .summary = "Print all that is of one person, as JSON",
      .doc = "The account, the events with their versions, changelogs and roles, those in the\n"
             "trash too; what others share with them; blocks, sessions, and their lines of the\n"
             "audit trail. One JSON document on standard output, of one moment." },
    { "erase", run_erase, .usage = "erase --user NAME [--with-events | --to NAME] [--yes]",
      .summary = "Delete an account, and its name wherever it stands",
      .doc = "Says what will be done and asks for the user name, unless there is --yes. Events of\n"
             "the account go for good, with --with-events also those that others share, or to\n"
             "somebody else (--to). The history of others and the audit trail name a person who\n"
             "was erased from then on. In pieces, beside a running server too; when it is\n"
             "interrupted, the server or the same command goes on. Backups that were made before\n"
             "are not reached." },
    { "demo", run_demo, .usage = "demo", .summary = "Fill an empty database to look around in",
      .doc = "Three people, shared and repeating events, and three weeks of history." },
    { "healthcheck", run_healthcheck, .usage = "healthcheck",
      .summary = "Ask a running server whether it is ready",
      .doc = "With the settings of the server, on the same machine. Exit code 0: it is ready." },
    { "doctor", run_doctor, .is_plain = true, .usage = "doctor [--json]",
      .summary = "Look whether the installation is sound",
      .doc = "Looks at settings, files, disk, clock, time zones, certificate and database, and\n"
             "says what to do about what it finds. Changes nothing, and may run beside a server;\n"
             "it reads the whole database. Exit code 0: all is well; 5: it found something." },
    { "zones", run_zones, .usage = "zones [--json]\nzones check [--json]\nzones apply [--json]",
      .summary = "Show by which time zones events stand where they do",
      .doc = "Shows the release of the zone files in use, and by which release the events of each\n"
             "zone were put where they are. `check` says which events the files would move, from\n"
             "when to when, and changes nothing. Exit code 0: none; 1: some would move. `apply`\n"
             "moves them at once, as a running server does by itself within seconds; beside one\n"
             "that runs on SQLite it is the server that does it. TZDIR=DIRECTORY before the\n"
             "command looks at other files than the system's." },
    { "openapi", run_openapi, .is_plain = true, .usage = "openapi",
      .summary = "Print the description of the API (OpenAPI 3.1.0)",
      .doc = "Prints what the server shows at /openapi.json, one member a line." },
    { "schema", run_schema, .is_plain = true, .usage = "schema [--engine sqlite|postgres]",
      .summary = "Print the schema of the database",
      .doc = "Prints all tables and indexes as they are after the last migration, of both kinds\n"
             "of database or of one." },
    { "config", run_config, .usage = "config [--json]", .summary = "Show every setting",
      .doc = "Shows every setting, its value and where that came from. Secrets are hidden." },
    { "version", run_version, .is_plain = true, .usage = "version",
      .summary = "Show the version of the program", .doc = "Shows the version of the program." },
    { "help", run_help, .is_plain = true, .usage = "help [COMMAND]",
      .summary = "Show this, or more about one command",
      .doc = "Lists the commands and the settings, or explains one command." },
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);
