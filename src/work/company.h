/* Company - do several people ask beside each other (why: work/lanes.h)?
 *
 * Thread-safe. Of two that ask at the same moment one may be missed: he asks again. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { COMPANY_NOBODY = -1 };

typedef struct Company {
    _Atomic int64_t who;      /* asked last; 0: somebody unknown, COMPANY_NOBODY: nobody yet */
    _Atomic int64_t until_us; /* monotonic: another one has asked not long before */
} Company;

/* Somebody asks. */
void company_note(Company *company, int64_t who, int64_t now_us);

bool company_is_there(const Company *company, int64_t now_us);
