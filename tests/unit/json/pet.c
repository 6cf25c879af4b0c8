#include "pet.h"

#include <string.h>

static bool check_nickname(const Decoder *d, const Field *field, const char *text)
{
    (void)field;
    if (strcmp(text, "admin") == 0)
        return decode_fault(d, "nickname", "Choose another nickname.");
    return true;
}

static bool check_pet(const Decoder *d, void *object)
{
    const Pet *pet = object;

    if (pet->kind == PET_DOG && pet->legs == 0)
        return decode_fault(d, "legs", "A dog has legs.");
    return true;
}

static const char *const kinds[] = { [PET_NONE] = "", [PET_CAT] = "cat", [PET_DOG] = "dog", NULL };
static const char *const leg_synonyms[] = { "feet", "paws", NULL };
static const Field number = ELEMENT(int64_t, integer_type, .min = 1, .max = 10);

static const Field tag_fields[] = {
    INTEGER(Tag, id, .flags = READ_ONLY),
    TEXT(Tag, label, .flags = REQUIRED, .min = 1, .max = 5),
};

static const Field pet_fields[] = {
    INTEGER(Pet, id, .flags = READ_ONLY, .doc = "Assigned by the server.", .example = "7"),
    TEXT(Pet, name, .flags = REQUIRED | VERSIONED, .min = 2, .max = 5, .pattern = "^[a-z]+$"),
    TEXT(Pet, nickname, .flags = NULLABLE | VERSIONED | SPARSE, .check = check_nickname),
    TEXT(Pet, password, .flags = WRITE_ONLY | UNBOUNDED_TEXT),
    BOOLEAN(Pet, is_tame, .flags = VERSIONED, .fallback = "false"),
    CHOICE(Pet, kind, .flags = NULLABLE, .choices = kinds),
    INTEGER(Pet, legs, .flags = NULLABLE, .min = -1, .max = 1000, .synonyms = leg_synonyms),
    JSON(Pet, extra, .flags = NULLABLE, .max = 20),
    OBJECT(Pet, tag, Tag, .flags = NULLABLE, .schema = &tag_schema),
    ARRAY(Pet, tags, .flags = NULLABLE, .schema = &tag_schema, .min = 1, .max = 2),
    ARRAY(Pet, numbers, .flags = NULLABLE, .element = &number, .max = 3),
    ARRAY(Pet, patches, .flags = PARTIAL, .schema = &tag_schema),
    INTEGER(Pet, owner_id, .flags = IMMUTABLE),
};

const Schema tag_schema = SCHEMA(Tag, tag_fields, .doc = "A label.");
const Schema pet_schema = SCHEMA(Pet, pet_fields, .doc = "An animal.", .check = check_pet);
