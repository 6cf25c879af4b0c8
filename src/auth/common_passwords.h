/* Common passwords - the 3,000 that people choose most often, of those with at least 8 characters
 * (ASVS 5.0 6.2.4: "at least, the top 3000"), so that guessing the list is no way in. The build
 * makes the table of common_passwords.txt, which tools/common_passwords.py makes. */
#pragma once

#include <stddef.h>

extern const char *const common_passwords[]; /* lower case, in the order of strcmp */
extern const size_t common_password_count;
