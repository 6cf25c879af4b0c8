/* Pet - a resource with every kind of field, for the tests and the fuzzer of json/. */
#pragma once

#include "json/schema.h"

typedef enum PetKind { PET_NONE, PET_CAT, PET_DOG } PetKind;

typedef struct Tag {
    Members given;
    int64_t id;
    const char *label;
} Tag;

typedef struct Pet {
    Members given;
    int64_t id;
    const char *name;
    const char *nickname;
    const char *password;
    bool is_tame;
    int64_t kind; /* PetKind */
    int64_t legs;
    const char *extra; /* JSON */
    Tag *tag;
    List tags;    /* of Tag */
    List numbers; /* of int64_t */
    List patches; /* of Tag, as patches */
    int64_t owner_id;
} Pet;

extern const Schema tag_schema;
extern const Schema pet_schema;
