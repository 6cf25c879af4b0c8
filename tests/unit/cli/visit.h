/* Visit - one check of `fasti doctor` by itself, and what it must find. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include "cli/doctor.h"

/* Nothing was found before. */
static inline void visit(Checkup *checkup, Arena *arena, const Config *config)
{
    *checkup = (Checkup){ .arena = arena, .config = config, .present_check = "visit" };
}

/* The check found this alone, and says `part`. */
static inline void must_find(Checkup *checkup, FindingKind kind, const char *part)
{
    assert_int_equal(checkup->count, 1);
    const Finding *finding = checkup->findings;
    if (finding->kind != kind || strstr(finding->says, part) == NULL)
        fail_msg("%d: %s", (int)finding->kind, finding->says);
    assert_int_equal(finding->advice != NULL, kind >= FINDING_WARNING);
}
