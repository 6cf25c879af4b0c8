#!/usr/bin/env python3
"""Makes common_passwords.txt from the frequency lists of zxcvbn:

    pip download --no-deps zxcvbn==4.5.0 && unzip zxcvbn-*.whl
    PYTHONPATH=. python3 tools/common_passwords.py > src/auth/common_passwords.txt
"""
from zxcvbn.frequency_lists import FREQUENCY_LISTS

COUNT = 3000
SHORTEST = 8

HEAD = """\
# Made by tools/common_passwords.py from zxcvbn 4.5.0: the passwords that were found most often in
# leaked databases, whatever they say. Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.,
# (c) 2016 Daniel Wolf; MIT licence."""


def is_usable(password):
    return (len(password) >= SHORTEST and password.isascii() and not set(password) & set("\"\\?")
            and not password.startswith("#"))


commonest = [p for p in FREQUENCY_LISTS["passwords"] if is_usable(p)][:COUNT]
assert len(set(commonest)) == COUNT
print(HEAD, *sorted(commonest), sep="\n")
