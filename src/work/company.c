#include "work/company.h"

#include "base/limits.h"

void company_note(Company *company, int64_t who, int64_t now_us)
{
    int64_t before = atomic_load_explicit(&company->who, memory_order_relaxed);

    if (before == who)
        return;
    company->who = who;
    if (before != COMPANY_NOBODY)
        company->until_us = now_us + LIMIT_COMPANY_US;
}

bool company_is_there(const Company *company, int64_t now_us)
{
    return now_us < company->until_us;
}
