/* Response - hands a Reply to libmicrohttpd, with the header fields that every reply carries. */
#pragma once

#include "http/exchange.h"

/* Queues x->reply. The body is not copied: it lives in the exchange's arena until the last byte is
 * gone. MHD_NO: the connection ends. */
enum MHD_Result response_send(Exchange *x);

/* After all has been sent, or nothing more can be: ends the reply's stream, if it has one. */
void response_end(Exchange *x);
