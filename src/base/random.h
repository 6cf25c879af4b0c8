/* Random - bytes from the kernel's generator; good enough for secrets. Never fails: a machine
 * without getrandom(2) ends the process. */
#pragma once

#include <stddef.h>

void random_bytes(void *buffer, size_t length);

/* RFC 9562 5.4: a version 4 UUID, 36 characters and the NUL. */
void random_uuid(char ret_text[37]);

/* `bytes` random bytes as hexadecimal: 2 × bytes characters and the NUL. */
void random_hex(char *ret_text, size_t bytes);
