/* Fuzzes the reader of HTTP's framing: any bytes are read, and alike however they are cut.
 *
 *   CC=clang meson setup build-fuzz && ninja -C build-fuzz tests/fuzz/framing_fuzz
 *   build-fuzz/tests/fuzz/framing_fuzz -max_len=1024 corpus/ */
#include <assert.h>

#include "http/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The first byte says where the others are cut. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    const char *text = (const char *)bytes + 1;
    size_t cut = length > 1 ? bytes[0] % length : 0;
    Framing whole = { 0 };
    Framing pieces = { 0 };
    size_t sound = 0;
    size_t sound_first = 0;

    const FramingFault *fault = framing_read(&whole, text, length - 1, &sound);
    const FramingFault *same = framing_read(&pieces, text, cut, &sound_first);
    if (same == NULL)
        same = framing_read(&pieces, text + cut, length - 1 - cut, &sound_first);
    assert(fault == same && sound <= length - 1);
    assert(fault != NULL || (whole.state == pieces.state && whole.heads == pieces.heads &&
                             whole.left == pieces.left && whole.head_bytes == pieces.head_bytes));
    return 0;
}
