/* OpenAPI schemas - the set of components/schemas, gathered while the operations are written.
 *
 * One table describes what is given and what is taken, and they differ: a body has no read-only
 * members to require and refuses unknown ones, a patch requires nothing, and in a merge patch null
 * takes away what is inside a member. So a schema can stand in the set up to five times. The first
 * form keeps the name, the others get a suffix. */
#pragma once

#include "json/schema.h"

typedef enum SchemaForm {
    FORM_OUTPUT,
    FORM_CREATE,
    FORM_PATCH,
    FORM_MERGE,
    FORM_INSIDE
} SchemaForm;

/* The form of what a route takes. */
SchemaForm schema_form(DecodeMode mode);

enum { MOST_COMPONENTS = 160 };

typedef struct Component {
    const Schema *schema;
    SchemaForm form;
    const char *name;
    Schema renamed; /* as it is described: nested schemas carry their components' names */
} Component;

typedef struct SchemaSet {
    Arena *arena;
    Component components[MOST_COMPONENTS];
    size_t count;
} SchemaSet;

/* The component's name; enters it, and what it refers to, when it is new. */
const char *schema_set_name(SchemaSet *set, const Schema *schema, SchemaForm form);

/* Writes each as a member: "Event": {…}. */
void schema_set_write(const SchemaSet *set, Writer *w);
