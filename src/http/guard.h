/* Guard - refuses what is not plain HTTP/1.1 before anything else looks at it (THREATS.md C6).
 *
 * It checks what a handler is shown: method, target, version, and each field's name and value. What
 * libmicrohttpd hides, 1.0 and later refuse by themselves, and guard_layout.h finds with 0.9.75.
 * Each refusal closes the connection. */
#pragma once

#include "http/exchange.h"

/* Checks the request line and every header field; fills in x->head. `method` and `version` are
 * libmicrohttpd's own texts. */
bool guard_check_head(Exchange *x, const char *method, const char *version, Error *err);
