/* Guard - refuses what its header fields make no request of ours, before anything else looks at
 * it: what must not come twice, no Host or one that this server does not answer to, an expectation
 * that nobody meets. That it is plain HTTP/1.1 was seen at the door (http/door.h), and
 * a request that did not come through it is refused here. Each refusal closes the connection. */
#pragma once

#include "http/exchange.h"

/* Looks at every header field; fills in x->head. `version` is that of the request line. */
bool guard_check_head(Exchange *x, const char *version, Error *err);
