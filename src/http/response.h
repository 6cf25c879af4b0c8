/* Response - hands a Reply to libmicrohttpd, with the header fields that every reply carries. */
#pragma once

#include "http/exchange.h"
#include "http/packing.h"

/* Queues x->reply. The body is not copied: it lives in the exchange's arena until the last byte is
 * gone. MHD_NO: the connection ends. */
enum MHD_Result response_send(Exchange *x);

/* Is x->reply worth packing, is that welcome, and was it not tried yet? */
bool response_is_to_be_packed(const Exchange *x);

/* Packs it then; `packer` is the calling thread's. Otherwise it is packed as it is sent. */
void response_pack(Exchange *x, Packer *packer);

/* After all has been sent, or nothing more can be: ends the reply's stream, if it has one. */
void response_end(Exchange *x);
