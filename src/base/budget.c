#include "base/budget.h"

#include "base/limits.h"
#include "base/memory.h"

static bool is_over(const Arena *arena)
{
    return arena->budget != 0 && arena->total > arena->budget;
}

/* When there is no more for all, whoever takes much ends first; who needs little is served out of
 * the reserve, and so goes on. */
static bool are_all_over(const Arena *arena)
{
    size_t all = memory_counted();

    return arena->budget != 0 && all > LIMIT_REQUESTS_MEMORY &&
           (arena->total > LIMIT_SMALL_REQUEST_MEMORY ||
            all > LIMIT_REQUESTS_MEMORY + LIMIT_MEMORY_RESERVE);
}

bool budget_is_spent(const Arena *arena)
{
    return is_over(arena) || are_all_over(arena);
}

bool budget_allows(Arena *arena, Error *err)
{
    return budget_allows_other(arena, arena, err);
}

bool budget_allows_other(const Arena *filled, Arena *arena, Error *err)
{
    static const Location request = { .name = "request" };
    static const char advice[] = "This is more than one request may take: ask for less at a time, "
                                 "with a smaller `limit`, a shorter time, or fewer things.";

    if (is_over(filled)) {
        error_set(err, ERROR_INVALID, "%s", advice);
        return error_fault(err, arena, &request, "request_too_large", "%s", advice);
    }
    if (!are_all_over(filled))
        return true;
    error_set(err, ERROR_UNAVAILABLE,
              "The server has more to do than its memory allows: try again in a moment.");
    err->retry_after_s = 1;
    return false;
}
