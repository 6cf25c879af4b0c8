/* Schema - one constant table per resource, that decodes, checks, encodes, compares and describes.
 *
 * A Field is a row: name, type object, place in the C struct, flags, bounds, documentation. A
 * Schema is the rows of one struct. The same table serves create, patch, read, diff, query
 * parameters, forms, stored rows and /openapi.json; flags say which row takes part in what.
 *
 *   typedef struct Role { Members given; int64_t id; const char *name; } Role;
 *
 *   static const Field role_fields[] = {
 *       INTEGER(Role, id, .flags = READ_ONLY, .doc = "Assigned by the server."),
 *       TEXT(Role, name, .flags = REQUIRED, .min = 1, .max = 50, .doc = "Say, Editor."),
 *   };
 *   const Schema role_schema = SCHEMA(Role, role_fields, .doc = "What a person may do.");
 *
 * Every described struct begins with `Members given`: bit i is set when the input had field i.
 * A new kind of value is a new type object; nothing here is edited for it. At most 64 fields.
 *
 * Null: TEXT, OBJECT and JSON are NULL; INTEGER, CHOICE and INSTANT are INTEGER_NULL; ARRAY has
 * items NULL; BOOLEAN has none, and is false. Only a NULLABLE field may be null in input.
 * Everything decoded lives in the decoder's arena.
 *
 * Bounds left out (0, 0): INTEGER takes 0 to 2^53 - 1, the largest id that every JSON reader keeps
 * exact (RFC 8259 6); a max of 0 beside a min that is not negative means the same. TEXT has at most
 * LIMIT_TEXT code points, or no end of its own with UNBOUNDED_TEXT. ARRAY ends with the request.
 *
 * Fault types: missing, unknown_field, read_only, repeated, null_not_allowed, string_type,
 * string_too_short, string_too_long, string_controls, int_type, int_range, bool_type, choice,
 * json_too_long, object_type, array_type, too_few_items, too_many_items, and those of other types
 * and checks. Messages never show the input; an unknown name stands, cut, in the location only. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "json/writer.h"

typedef uint64_t Members; /* bit i: field i of the schema */

typedef struct Field Field;
typedef struct Schema Schema;
typedef struct Type Type;

#define INTEGER_NULL INT64_MIN

enum FieldFlag {
    REQUIRED = 1u << 0,       /* must be in a create; may be left out of a patch */
    NULLABLE = 1u << 1,       /* null is a value */
    READ_ONLY = 1u << 2,      /* set by the server; accepted when equal to the present value */
    WRITE_ONLY = 1u << 3,     /* never written: passwords */
    IMMUTABLE = 1u << 4,      /* may be given at creation, then as READ_ONLY */
    VERSIONED = 1u << 5,      /* snapshots, diffs, merges and rollbacks are made of these */
    SNAPSHOT = 1u << 6,       /* also written into a version's document, never rolled back */
    SPARSE = 1u << 7,         /* left out of the output when null */
    DERIVED = 1u << 8,        /* not stored in a column of its own */
    UNBOUNDED_TEXT = 1u << 9, /* controls are allowed: passwords, opaque tokens */
    PARTIAL = 1u << 10,      /* OBJECT, ARRAY: what is inside is decoded as DECODE_PATCH: batches */
    WRITTEN_ONCE = 1u << 11, /* its column never changes */
    IN_ANY_CASE = 1u << 12,  /* CHOICE: `editor` and `EDITOR` are Editor */
    IN_BYTES = 1u << 13,     /* TEXT: its max counts bytes of UTF-8, not code points */
    EMPTY_IS_LEFT_OUT = 1u << 14, /* `{}` says nothing: a patch with it changes nothing */
    NULL_REMOVES = 1u << 15,      /* null takes away what is inside; for the description only */
    AS_TAKEN = 1u << 16,          /* more is taken than is given; for the description only */
    FOLLOWS_ZONE = 1u << 17,      /* a new zone file changes its column: store/zone_moves.h */
};

/* How a value lies in a database row. store/driver/mapping.h reads and binds by it. */
typedef enum Storage {
    STORED_INTEGER,
    STORED_TEXT,
    STORED_BOOLEAN,
    STORED_INSTANT, /* int64 microseconds UTC */
    STORED_LOCAL,   /* int64 microseconds of a wall clock */
    STORED_JSON,    /* through the type's own encode and decode_stored */
    NOT_STORED,
} Storage;

/* What decoding needs to know: where memory comes from, where in the request we are, what went
 * wrong so far. */
typedef struct Decoder {
    Arena *arena;
    const Location *location;
    Error *err;
    bool merges;    /* members that are objects are merge patches too (RFC 7396): DECODE_MERGE */
    bool is_stored; /* from the database: bounds are not judged, they may have changed since */
    int64_t *work_left; /* for many things of one request: what they may cost together (the periods
                           of rules); NULL: one alone is no danger */
} Decoder;

/* `member` always points at the C member, whose C type is the type object's. Decoders report with
 * decode_fault and return false. NULL functions: not possible there. */
struct Type {
    const char *name; /* for messages: "an integer" */
    Storage storage;
    bool (*decode)(const Decoder *d, const Field *field, const json_t *value, void *member);
    bool (*parse)(const Decoder *d, const Field *field, const char *text, void *member);
    bool (*decode_stored)(const Decoder *d, const Field *field, const char *json, void *member);
    void (*encode)(Writer *w, const Field *field, const void *member); /* null too */
    /* Members of a JSON Schema object, "type" first; null is added where the field is NULLABLE. */
    void (*describe)(Writer *w, const Field *field);
    bool (*equal)(const Field *field, const void *a, const void *b);
    bool (*is_null)(const void *member);
    void (*set_null)(void *member); /* never NULL */
};

struct Field {
    const char *name;
    const char *label; /* the name as it stands in JSON, with its colon: it is written often */
    size_t label_length;
    const Type *type;
    size_t offset;
    size_t size; /* of the C member; the macros fill it in */
    unsigned flags;
    int64_t min, max; /* INTEGER: value; TEXT: code points or IN_BYTES; ARRAY: items; JSON: bytes */
    const Schema *schema; /* OBJECT and ARRAY of objects */
    const Field *element; /* ARRAY of plain values: how one is read; see ELEMENT */
    size_t beside; /* offset of a member of the same struct that this one is written by; 0: none */
    /* CHOICE: NULL-terminated names, the value is the index. "" is a hole: an index that is never
     * offered or taken, and shown as null. */
    const char *const *choices;
    const char *pattern; /* TEXT: ECMA regular expression, for the description only */
    const char *format;  /* TEXT: JSON Schema "format", for the description only */
    /* Further members of its JSON Schema, for the description only. JSON: "type" first; without it,
     * any value. */
    const char *described;
    bool (*check)(const Decoder *d, const Field *field, const char *text); /* TEXT: one more rule */
    const char *const *synonyms; /* other names taken in input; NULL-terminated */
    const char *doc;
    const char *example;  /* JSON text */
    const char *fallback; /* JSON text of the value when it is left out, for the description */
};

struct Schema {
    const char *name; /* of the component in /openapi.json */
    const char *doc;
    const Field *fields;
    size_t field_count;
    size_t size; /* of the C struct */
    /* Members that have a column and that no client sees: input, output and the description know
     * nothing of them. See store/driver/columns.h. */
    const Field *unseen;
    size_t unseen_count;
    bool is_open; /* output may carry members that the table does not list; for the description */
    /* The rule that no single field can state; runs when the fields are sound. */
    bool (*check)(const Decoder *d, void *object);
};

/* An array in memory. */
typedef struct List {
    void *items; /* of the element's C type, one after another; NULL: the list is null */
    size_t count;
    bool is_cut; /* it goes on, but one reply has no room for more (store/rows.h, rows_page) */
} List;

/* -- The macros of a table: refuse a member of another C type at compile time ----------------- */

#define FIELD(struct_, member_, c_type_, type_, ...)                                               \
    {                                                                                              \
        .name = #member_,                                                                          \
        .label = "\"" #member_ "\":", .label_length = sizeof("\"" #member_ "\":") - 1,             \
        .type = &(type_),                                                                          \
        .offset = offsetof(struct_, member_) +                                                     \
                  0 * sizeof((c_type_ *)NULL == &((struct_ *)NULL)->member_),                      \
        .size = sizeof(c_type_), __VA_ARGS__                                                       \
    }

#define INTEGER(struct_, member_, ...) FIELD(struct_, member_, int64_t, integer_type, __VA_ARGS__)
#define TEXT(struct_, member_, ...)    FIELD(struct_, member_, const char *, text_type, __VA_ARGS__)
#define BOOLEAN(struct_, member_, ...) FIELD(struct_, member_, bool, boolean_type, __VA_ARGS__)
#define CHOICE(struct_, member_, ...)  FIELD(struct_, member_, int64_t, choice_type, __VA_ARGS__)
#define JSON(struct_, member_, ...)                                                                \
    FIELD(struct_, member_, const char *, json_value_type, __VA_ARGS__)
#define OBJECT(struct_, member_, c_type_, ...)                                                     \
    FIELD(struct_, member_, c_type_ *, object_type, __VA_ARGS__)
#define ARRAY(struct_, member_, ...) FIELD(struct_, member_, List, array_type, __VA_ARGS__)

/* One value of an array: static const Field id = ELEMENT(int64_t, integer_type, .min = 1); */
#define ELEMENT(c_type_, type_, ...)                                                               \
    {                                                                                              \
        .type = &(type_), .size = sizeof(c_type_), __VA_ARGS__                                     \
    }

#define SCHEMA(struct_, fields_, ...) SCHEMA_NAMED(#struct_, struct_, fields_, __VA_ARGS__)

/* For a schema that has another name than its struct. */
#define SCHEMA_NAMED(name_, struct_, fields_, ...)                                                 \
    {                                                                                              \
        .name = (name_), .fields = (fields_),                                                      \
        .field_count = sizeof(fields_) / sizeof((fields_)[0]),                                     \
        .size = sizeof(struct_) + 0 * sizeof(char[offsetof(struct_, given) == 0 ? 1 : -1]),        \
        __VA_ARGS__                                                                                \
    }

/* Further members of a SCHEMA: …, UNSEEN(fields), .doc = … */
#define UNSEEN(fields_) .unseen = (fields_), .unseen_count = sizeof(fields_) / sizeof((fields_)[0])

extern const Type integer_type; /* int64_t */
extern const Type text_type;    /* const char * */
extern const Type boolean_type; /* bool */
extern const Type choice_type;  /* int64_t: index into `choices`; stored as the name */
/* const char *: JSON text of any value, canonical but where it is READ_ONLY: as it was stored. */
extern const Type json_value_type;
extern const Type object_type; /* a pointer to the struct of `schema` */
extern const Type array_type;  /* List of the structs of `schema` (not pointers) or of `element` */

/* -- Use -------------------------------------------------------------------------------------- */

/* CREATE: REQUIRED fields must be there. PATCH: any subset; schema->check is not run (the caller
 * runs it on the merged object). MERGE: the same, and a member whose type knows how is kept as what
 * it says, to be merged with what is there (RFC 7396). */
typedef enum DecodeMode { DECODE_CREATE, DECODE_PATCH, DECODE_MERGE } DecodeMode;

/* Decodes a JSON object into `object` (schema->size bytes, zeroed; fields with a null form that
 * are left out get their null). Finds every fault at once: unknown members (with the nearest known
 * name), missing ones, wrong types, bounds. Read-only members are decoded and marked in `given`;
 * compare them with schema_check_read_only. Objects inside are wholes, decoded as
 * CREATE in a patch too, unless their field is PARTIAL. */
bool schema_decode(const Schema *schema, DecodeMode mode, const json_t *value, Arena *arena,
                   const Location *location, void *object, Error *err);

/* The same of a bare array that stands for the ARRAY member `name`: faults are at `location`,
 * index. Other members are left out. */
bool schema_decode_array(const Schema *schema, const char *name, const json_t *value, Arena *arena,
                         const Location *location, void *object, Error *err);

/* Decodes text pairs (query or form), every field optional unless REQUIRED. One without a value
 * counts as left out (RFC 6749 3.2). Unknown or repeated names are faults at `location`, name. An
 * ARRAY is its values, each once, with commas between, or given again for each. */
typedef struct TextPair {
    const char *name;
    const char *value;
} TextPair;
bool schema_parse(const Schema *schema, const TextPair *pairs, size_t count, Arena *arena,
                  const Location *location, void *object, Error *err);

/* Puts each field without a value to its null form. */
void schema_set_nulls(const Schema *schema, void *object);

/* `patch`'s given READ_ONLY (and, when `current` is not NULL, IMMUTABLE) members must equal those
 * of `current`; without `current` any given one is a fault (`read_only`). So is one that is given
 * inside a member the client may write, unless that is PARTIAL: its caller compares each. */
bool schema_check_read_only(const Schema *schema, const void *current, const void *patch,
                            Arena *arena, const Location *location, Error *err);

/* The bit in `given` of the member at this place. */
Members schema_bit(const Schema *schema, size_t offset);

/* Copies the given members of `patch` that a client may write onto `object` (shallow), and marks
 * them in its `given`. */
void schema_apply(const Schema *schema, const void *patch, void *object);

/* Writes the object; `only` 0 writes everything but WRITE_ONLY, otherwise just the fields that
 * have one of these flags. */
void schema_encode(const Schema *schema, Writer *w, const void *object, unsigned only);

/* The fields with one of the flags `only` (0: all fields) whose values differ. */
Members schema_compare(const Schema *schema, const void *a, const void *b, unsigned only);

/* Reads an object that schema_encode wrote, or an older system: from the database, so bounds are
 * not judged, and unknown members are passed over. `given` tells which were there. False with
 * ERROR_INTERNAL, which names the place, when a member is of another type. */
bool schema_decode_stored(const Schema *schema, const char *json, Arena *arena, void *object,
                          Error *err);

/* Would this object's values of the fields `which` be taken as input? The faults are as there.
 * Those that are kept as JSON are not judged: their own rules are the caller's. */
bool schema_check_values(const Schema *schema, Members which, const void *object, Arena *arena,
                         const Location *location, Error *err);

/* Writes one field's value, or null. */
void field_encode(const Field *field, Writer *w, const void *object);

/* Was the field at this offset in the input?  schema_is_given(&s, obj, offsetof(Event, title)) */
bool schema_is_given(const Schema *schema, const void *object, size_t offset);
const Field *schema_field(const Schema *schema, const char *name);

static inline void *field_of(const Field *field, void *object)
{
    return (char *)object + field->offset;
}
static inline const void *field_in(const Field *field, const void *object)
{
    return (const char *)object + field->offset;
}

/* For decoders: adds the fault at d->location, returns false. */
bool decode_fault(const Decoder *d, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same at a member of d->location. */
bool decode_fault_at(const Decoder *d, const char *member, const char *type, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* The JSON Schema (2020-12, as OpenAPI 3.1 uses it) of a schema or a field. Nested schemas are
 * written as {"$ref": "#/components/schemas/<name>"}. For input, READ_ONLY members are not
 * `required`, synonyms are members too and no others are taken; output requires every member that
 * is not SPARSE, and has no WRITE_ONLY ones. */
void schema_describe(const Schema *schema, Writer *w, bool for_input);
void field_describe(const Field *field, Writer *w);
