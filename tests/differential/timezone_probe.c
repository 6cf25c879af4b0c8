/* Answers timezone.py: for each line "<zone> <seconds>" of standard input, taken as a moment and
 * as a local time, the zone's offset then and the moment, in seconds: "<offset> <moment>". */
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "time/timezone.h"

int main(void)
{
    char line[256];
    char name[LIMIT_ZONE_NAME + 1];
    int64_t seconds;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "%64s %" SCNd64, name, &seconds) != 2)
            return 2;
        const Timezone *zone = timezone_find(name);
        if (zone == NULL) {
            puts("unknown");
            continue;
        }
        printf("%" PRId32 " %" PRId64 "\n", timezone_offset_s(zone, seconds * SECOND_US),
               timezone_to_instant(zone, seconds * SECOND_US) / SECOND_US);
    }
    return 0;
}
