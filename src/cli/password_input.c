#include "cli/password_input.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

enum { LONGEST_LINE = 4096 };

static bool read_line(Arena *arena, const char **ret_line, Error *err)
{
    char *line = arena_alloc(arena, LONGEST_LINE);

    if (fgets(line, LONGEST_LINE, stdin) == NULL)
        return error_set(err, ERROR_INVALID, "There is no password on standard input.");
    line[strcspn(line, "\r\n")] = '\0';
    *ret_line = line;
    return true;
}

static bool ask(const char *prompt, Arena *arena, const char **ret_line, Error *err)
{
    fputs(prompt, stderr);
    bool is_read = read_line(arena, ret_line, err);
    fputs("\n", stderr);
    return is_read;
}

bool password_input(Arena *arena, const char **ret_password, Error *err)
{
    const char *again = NULL;
    struct termios shown;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return read_line(arena, ret_password, err);

    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    bool is_read =
        ask("Password: ", arena, ret_password, err) && ask("Again: ", arena, &again, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);

    if (is_read && !text_equal(*ret_password, again))
        return error_set(err, ERROR_INVALID, "The two are not the same.");
    return is_read;
}
