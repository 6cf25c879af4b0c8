#include "work/company.h"

#include "base/limits.h"

void company_note(Company *company, int64_t who, int64_t now_us)
{
    if (atomic_load_explicit(&company->who, memory_order_relaxed) == who)
        return;
    company->who = who;
    company->until_us = now_us + LIMIT_COMPANY_US;
}

bool company_is_there(const Company *company, int64_t now_us)
{
    return now_us < company->until_us;
}
