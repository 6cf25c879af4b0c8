/* Fuzzes the reader and the field tables: any bytes are read, decoded, written and read again.
 *
 *   CC=clang meson setup build-fuzz && ninja -C build-fuzz tests/fuzz/json_fuzz
 *   build-fuzz/tests/fuzz/json_fuzz -max_len=4096 -dict=tests/fuzz/json.dict corpus/ */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../unit/json/pet.h"
#include "json/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What was taken once must be written, read back and written the same. */
static void check_round_trip(Arena *arena, const Pet *pet)
{
    Writer first = writer_start(arena);
    Writer second = writer_start(arena);
    Error err = { .code = ERROR_NONE };
    Pet again = { 0 };

    schema_encode(&pet_schema, &first, pet, 0);
    bool is_read = schema_decode_stored(&pet_schema, writer_text(&first), arena, &again, &err);
    assert(is_read);
    schema_encode(&pet_schema, &second, &again, 0);
    assert(strcmp(writer_text(&first), writer_text(&second)) == 0);
}

/* What is said of a text without building its value is true of the value. */
static void check_form(Arena *arena, const char *text)
{
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };
    JsonForm form = json_form(text);

    if (form == FORM_OTHER)
        return;
    bool is_read = json_read_stored(text, &root, &err);
    assert(is_read);
    bool is_canonical = strcmp(text, json_canonical(arena, root)) == 0;
    assert(is_canonical || form == FORM_COMPACT);
}

static void check_canonical(Arena *arena, const json_t *root)
{
    json_t *again AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };
    const char *text = json_canonical(arena, root);
    bool is_read = json_read_stored(text, &again, &err);

    assert(is_read);
    assert(strcmp(text, json_canonical(arena, again)) == 0);
    check_form(arena, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const Location body = { .name = "body" };
    Arena AUTO(arena_finish) arena = { 0 };
    json_t *root AUTO(json_release) = NULL;
    Error err = { .code = ERROR_NONE };
    Pet pet = { 0 };

    check_form(&arena, arena_strndup(&arena, (const char *)bytes, length));
    if (!json_read((const char *)bytes, length, &root, &err)) {
        assert(err.code == ERROR_MALFORMED && err.detail[0] != '\0');
        return 0;
    }
    check_canonical(&arena, root);
    if (schema_decode(&pet_schema, DECODE_PATCH, root, &arena, &body, &pet, &err))
        check_round_trip(&arena, &pet);
    else
        assert(err.code == ERROR_INVALID && err.fault_count > 0);
    return 0;
}
