#include "work/rests.h"

#include "base/limits.h"

void rests_note(Rests *rests, int64_t who, bool is_long, int64_t from_us, int64_t to_us)
{
    int64_t rest_us = (to_us - from_us) * LIMIT_LONG_WRITER_REST;

    if (who == 0)
        return;
    if (!is_long) {
        rests->short_until_us = to_us + LIMIT_COMPANY_US;
        return;
    }
    if (rest_us > LIMIT_LONG_WRITER_REST_US)
        rest_us = LIMIT_LONG_WRITER_REST_US;
    lately_note(&rests->resting, who, to_us + rest_us);
}

int64_t rests_until(const Rests *rests, int64_t who, int64_t now_us)
{
    return now_us < rests->short_until_us ? lately_until(&rests->resting, who) : 0;
}
