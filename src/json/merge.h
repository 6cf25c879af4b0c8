/* Merge - JSON Merge Patch (RFC 7396): what a document becomes. */
#pragma once

#include <jansson.h>

/* RFC 7396 2, MergePatch: a new reference to `target` as `patch` would have it; NULL as `target`:
 * there is nothing yet. Takes nothing over, and changes neither. */
json_t *json_merge(const json_t *target, const json_t *patch);
