/* Scalars - what decoding and describing must agree on, and what containers share with the plain
 * types. Inside json/ only. */
#pragma once

#include "json/schema.h"

int64_t integer_max(const Field *field);
int64_t text_max(const Field *field); /* code points; 0: none */

bool pointer_is_null(const void *member);
void pointer_set_null(void *member);
