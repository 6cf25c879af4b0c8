#include "work/rests.h"

#include "base/limits.h"

static void note_short(Rests *rests, int64_t who, int64_t now_us)
{
    ShortWriter *last = &rests->shorts[0];
    ShortWriter *other = &rests->shorts[1];

    if (last->who != who) {
        other->until_us = last->until_us;
        other->who = last->who;
        last->who = who;
    }
    last->until_us = now_us + LIMIT_COMPANY_US;
}

void rests_note(Rests *rests, int64_t who, bool is_long, int64_t from_us, int64_t to_us)
{
    int64_t rest_us = (to_us - from_us) * LIMIT_LONG_WRITER_REST;

    if (who <= 0)
        return;
    if (!is_long) {
        note_short(rests, who, to_us);
        return;
    }
    if (rest_us > LIMIT_LONG_WRITER_REST_US)
        rest_us = LIMIT_LONG_WRITER_REST_US;
    lately_note(&rests->resting, who, to_us + rest_us);
}

int64_t rests_until(const Rests *rests, int64_t who, int64_t now_us)
{
    for (size_t i = 0; i < 2; i++) {
        if (rests->shorts[i].who != who && now_us < rests->shorts[i].until_us)
            return lately_until(&rests->resting, who);
    }
    return 0;
}
