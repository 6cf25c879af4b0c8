/* Decode - what the type objects of containers need of the schema decoder. Inside json/ only. */
#pragma once

#include "json/schema.h"

/* Decodes one value into the member: null by the field's flags, the rest by its type. */
bool decode_value(const Decoder *d, const Field *field, const json_t *value, void *member);

/* Decodes an object of `schema` into the zeroed struct. */
bool decode_object(const Decoder *d, const Schema *schema, DecodeMode mode, const json_t *value,
                   void *object);
