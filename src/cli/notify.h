/* Notify - tells the service manager what becomes of the program: systemd, or a container's engine.
 *
 *   notify_send("READY=1", &err) … notify_send("WATCHDOG=1", &err) … notify_send("STOPPING=1",
 * &err)
 *
 * What sd_notify(3) of libsystemd sends, without that library: one datagram to the socket that
 * NOTIFY_SOCKET names. Where nobody asks to be told, nothing is sent, and that is no failure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* False: somebody asked to be told, and cannot be reached. */
bool notify_send(const char *state, Error *err);

/* How often WATCHDOG=1 is to be sent, in microseconds: half of what the manager waits for, as
 * sd_watchdog_enabled(3) asks for. 0: it does not wait for us. */
int64_t notify_watchdog_us(void);
