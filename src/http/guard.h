/* Guard - refuses what is not plain HTTP/1.1 before anything else looks at it (THREATS.md C6).
 *
 * libmicrohttpd 0.9.75 is lenient: it takes bare line feeds, folded fields, a NUL in a value, two
 * spaces in the request line. All of that still shows in the head as it lies in memory, so the
 * guard accounts for every byte of it. Each refusal closes the connection. */
#pragma once

#include "http/exchange.h"

/* Checks the request line and every header field; fills in x->head. `method` and `version` are
 * libmicrohttpd's own texts. */
bool guard_check_head(Exchange *x, const char *method, const char *version, Error *err);
