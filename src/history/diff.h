/* Diff - what changed between two states of an event, member by member. */
#pragma once

#include "calendar/event.h"
#include "json/writer.h"

/* Writes the array [{field, change_type: added|removed|modified, old_value, new_value}] of the
 * VERSIONED members; overrides are compared one by one and member by member
 * ("recurrence_overrides.<start>.title"). */
void diff_write(Writer *w, Arena *arena, const Event *before, const Event *after);

/* Writes {field: {"old": …, "new": …}}, the changelog's form, of the VERSIONED members that
 * differ; `before` NULL: every member that is not null, from null. Of the overrides both sides have
 * only those that differ, so that a change of one does not cost as much as all of them. */
void diff_write_changes(Writer *w, const Event *before, const Event *after);

/* Is any VERSIONED member different? */
bool diff_is_empty(const Event *before, const Event *after);
