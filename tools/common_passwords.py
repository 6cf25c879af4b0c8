#!/usr/bin/env python3
"""Makes common_passwords.c from the frequency lists of zxcvbn:

    pip download --no-deps zxcvbn==4.5.0 && unzip zxcvbn-*.whl
    PYTHONPATH=. python3 tools/common_passwords.py > src/auth/common_passwords.c
"""
from zxcvbn.frequency_lists import FREQUENCY_LISTS

COUNT = 3000
SHORTEST = 8
WIDTH = 100

HEAD = """\
/* Made by tools/common_passwords.py from zxcvbn 4.5.0: the passwords that were found most often in
 * leaked databases, whatever they say. Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.,
 * (c) 2016 Daniel Wolf; MIT licence. */
#include "auth/common_passwords.h"

/* clang-format off */
const char *const common_passwords[] = {"""
TAIL = """\
};
/* clang-format on */

const size_t common_password_count = sizeof(common_passwords) / sizeof(common_passwords[0]);"""


def is_usable(password):
    return len(password) >= SHORTEST and password.isascii() and not set(password) & set("\"\\?")


def lines(words):
    line = "   "
    for word in words:
        item = f' "{word}",'
        if len(line) + len(item) > WIDTH:
            yield line
            line = "   "
        line += item
    yield line


commonest = [p for p in FREQUENCY_LISTS["passwords"] if is_usable(p)][:COUNT]
assert len(set(commonest)) == COUNT
print(HEAD)
print("\n".join(lines(sorted(commonest))))
print(TAIL)
