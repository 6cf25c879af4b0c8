#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"

void random_bytes(void *buffer, size_t length)
{
    unsigned char *at = buffer;

    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            log_last_words("fasti: the kernel gives no random bytes\n");
            abort();
        }
        at += got;
        length -= (size_t)got;
    }
}

void random_hex(char *ret_text, size_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[64];

    assert(bytes <= sizeof(raw));
    random_bytes(raw, bytes);
    for (size_t i = 0; i < bytes; i++) {
        ret_text[2 * i] = digits[raw[i] >> 4];
        ret_text[2 * i + 1] = digits[raw[i] & 15];
    }
    ret_text[2 * bytes] = '\0';
}

void random_uuid(char ret_text[37])
{
    unsigned char b[16];

    random_bytes(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(ret_text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}
