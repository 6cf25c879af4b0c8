/* Diff - what changed between two states of an event, member by member. */
#pragma once

#include "calendar/event.h"
#include "json/writer.h"

/* Writes the array [{field, change_type: added|removed|modified, old_value, new_value}] of the
 * VERSIONED members; overrides are compared one by one and member by member
 * ("recurrence_overrides.<start>.title"). */
void diff_write(Writer *w, Arena *arena, const Event *before, const Event *after);

/* Writes {field: {"old": …, "new": …}}, the changelog's form, of the VERSIONED members that
 * differ; `before` NULL: every member that is not null, from null. */
void diff_write_changes(Writer *w, const Event *before, const Event *after);

/* Is any VERSIONED member different? */
bool diff_is_empty(const Event *before, const Event *after);
