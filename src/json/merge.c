#include "json/merge.h"

/* How it works: RFC 7396 2, word for word, on copies. It goes as deep as the patch, which the
 * reader has bounded. */

json_t *json_merge(const json_t *target, const json_t *patch)
{
    json_t *object = (json_t *)patch; /* jansson's iterators take no const */
    const char *name;
    json_t *value;

    if (!json_is_object(patch))
        return json_deep_copy(patch);
    /* "if Target is not an Object: Target = {} # Ignore the contents" */
    json_t *merged = json_is_object(target) ? json_copy((json_t *)target) : json_object();
    json_object_foreach(object, name, value)
    {
        if (json_is_null(value))
            json_object_del(merged, name);
        else
            json_object_set_new(merged, name, json_merge(json_object_get(merged, name), value));
    }
    return merged;
}
