/* Describe - the JSON Schema of each type object, and the bounds that decoding must agree with it
 * on. Inside json/ only. */
#pragma once

#include "json/schema.h"

void describe_integer(Writer *w, const Field *field);
void describe_text(Writer *w, const Field *field);
void describe_boolean(Writer *w, const Field *field);
void describe_choice(Writer *w, const Field *field);
void describe_json(Writer *w, const Field *field);
void describe_object(Writer *w, const Field *field);
void describe_array(Writer *w, const Field *field);

int64_t integer_max(const Field *field);
int64_t text_max(const Field *field); /* code points; 0: none */
