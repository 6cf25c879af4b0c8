/* OpenAPI, its parts - inside api/ only. */
#pragma once

#include "api/openapi_schemas.h"
#include "http/route.h"

typedef struct OpenApi {
    Writer w;
    SchemaSet set;
    uint64_t failures; /* that operations refer to, so far */
} OpenApi;

/* A member with a text; NULL leaves it out. */
void openapi_text(Writer *w, const char *key, const char *value);

/* A whole member {"$ref": "#/components/<kind>/<name>"} or, without `key`, a bare one. */
void openapi_reference(Writer *w, const char *key, const char *kind, const char *name);

/* "NotFound" of "not-found": the name of a failure's response. Several may share a status. */
const char *openapi_failure_name(ErrorCode code, Arena *arena);

/* openapi_operation.c: the members "parameters", "requestBody" and "responses" of an operation. */
void openapi_write_parameters(OpenApi *doc, const Route *route);
void openapi_write_body(OpenApi *doc, const Route *route);
void openapi_write_responses(OpenApi *doc, const Route *route);

/* openapi_components.c: the object of components: schemas, parameters, headers, responses,
 * securitySchemes. */
void openapi_write_components(OpenApi *doc);
