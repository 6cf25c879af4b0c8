/* Scalars - what containers share with the plain types. Inside json/ only. */
#pragma once

#include "json/schema.h"

bool pointer_is_null(const void *member);
void pointer_set_null(void *member);
