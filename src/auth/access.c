#include "auth/access.h"

static const struct {
    const char *name;
    const char *text;
    bool is_allowed[ROLE_VIEWER + 1]; /* by Role; ROLE_NONE stays false */
} actions[] = { [ACTION_NONE] = { .name = "none", .text = "" },
#define X(id, name_, text_, owner, editor, viewer)                                                 \
    [ACTION_EVENT_##id] = {                                                                        \
        .name = name_,                                                                             \
        .text = text_,                                                                             \
        .is_allowed = { [ROLE_OWNER] = owner, [ROLE_EDITOR] = editor, [ROLE_VIEWER] = viewer },    \
    },
                EVENT_ACTIONS(X)
#undef X
};

bool access_allows(EventAction action, Role role)
{
    /* The role comes from a database that others may write to: a number we do not know is none. */
    if ((unsigned)role > ROLE_VIEWER)
        return false;
    return actions[action].is_allowed[role];
}

const char *access_text(EventAction action)
{
    return actions[action].text;
}

const char *access_name(EventAction action)
{
    return actions[action].name;
}
