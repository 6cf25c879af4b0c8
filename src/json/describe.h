/* Describe - the JSON Schema of each type object. Inside json/ only. */
#pragma once

#include "json/schema.h"

void describe_integer(Writer *w, const Field *field);
void describe_text(Writer *w, const Field *field);
void describe_boolean(Writer *w, const Field *field);
void describe_choice(Writer *w, const Field *field);
void describe_json(Writer *w, const Field *field);
void describe_object(Writer *w, const Field *field);
void describe_array(Writer *w, const Field *field);
