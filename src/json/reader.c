#include "json/reader.h"

#include <stdint.h>
#include <string.h>
#include <threads.h>

#include "base/memory.h"
#include "base/random.h"
#include "json/precheck.h"

/* Before anything is read. jansson does not look at each allocation that fails: it would take a
 * part of a text for the whole. */
static void set_up(void)
{
    size_t seed;

    json_set_alloc_funcs(memory_take, memory_give_back);
    /* Known keys must not be made to collide; 0 would ask jansson to find a seed by itself. */
    random_bytes(&seed, sizeof(seed));
    json_object_seed(seed != 0 ? seed : 1);
}

static once_flag is_set_up = ONCE_FLAG_INIT;

/* jansson's own texts quote the input, which a reply must not do. */
static const char *problem_of(enum json_error_code code)
{
    if (code == json_error_premature_end_of_input)
        return "The JSON ends too early";
    if (code == json_error_end_of_input_expected)
        return "There is something behind the end of the JSON";
    if (code == json_error_duplicate_key)
        return "A member is given twice";
    if (code == json_error_numeric_overflow)
        return "A number is too large";
    return "The JSON is not well-formed";
}

static bool begins_like_a_document(JsonText text)
{
    size_t start = 0;

    while (start < text.length && strchr(" \t\r\n", text.bytes[start]) != NULL)
        start++;
    return start < text.length && (text.bytes[start] == '{' || text.bytes[start] == '[');
}

bool json_read(const char *bytes, size_t length, json_t **ret_root, Error *err)
{
    Arena AUTO(arena_finish) scratch = { 0 };
    JsonText text = { .bytes = bytes, .length = length };
    JsonText checked;
    json_error_t error;

    call_once(&is_set_up, set_up);
    if (!json_precheck(text, &scratch, &checked, err))
        return false;
    if (!begins_like_a_document(text))
        return error_set(err, ERROR_MALFORMED, "Send a JSON object: text that begins with \"{\".");
    json_t *root = json_loadb(checked.bytes, checked.length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return json_malformed(checked, (size_t)error.position, problem_of(json_error_code(&error)),
                              err);
    *ret_root = root;
    return true;
}

bool json_read_stored(const char *text, json_t **ret_root, Error *err)
{
    json_error_t error;

    call_once(&is_set_up, set_up);
    *ret_root = json_loads(text, JSON_DECODE_ANY, &error);
    if (*ret_root == NULL)
        return error_set(err, ERROR_INTERNAL, "A stored document cannot be read.");
    return true;
}

void json_release(json_t **root)
{
    json_decref(*root);
    *root = NULL;
}
