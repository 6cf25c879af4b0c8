#include "base/fold.h"

#include <wctype.h>

uint32_t fold_lower(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= 'A' && code_point <= 'Z' ? code_point - 'A' + 'a' : code_point;
    uint32_t lower = (uint32_t)towlower((wint_t)code_point);
    return lower < 0x80 ? code_point : lower;
}

uint32_t fold_read(const char *text, size_t *ret_length)
{
    const unsigned char *at = (const unsigned char *)text;

    if (at[0] < 0x80) {
        *ret_length = 1;
        return at[0];
    }
    if (at[0] < 0xe0) {
        *ret_length = 2;
        return (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU);
    }
    if (at[0] < 0xf0) {
        *ret_length = 3;
        return (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
    }
    *ret_length = 4;
    return (at[0] & 0x07U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 | (at[3] & 0x3fU);
}

size_t fold_write(uint32_t c, char ret_bytes[4])
{
    if (c < 0x80) {
        ret_bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        ret_bytes[0] = (char)(0xc0 | c >> 6);
        ret_bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        ret_bytes[0] = (char)(0xe0 | c >> 12);
        ret_bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        ret_bytes[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    ret_bytes[0] = (char)(0xf0 | c >> 18);
    ret_bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
    ret_bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
    ret_bytes[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}
