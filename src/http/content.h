/* Content - the body, by its declared type, into the struct of the route's table. */
#pragma once

#include "http/exchange.h"

/* Sets request.body; faults go to x->fault. A route that takes no body ignores one. */
void content_read(Exchange *x);
