/* Migration 4: takes back what the first one invented. Events of the old system were said, in the
 * version in which they were taken over, to be split off the event 0. */

#include "store/migrations/migration.h"

static const MigrationStep steps[] = {
    { .sqlite = "UPDATE event_versions SET data = json_set(data, '$.series_of', json('null'))"
                " WHERE origin = 'fasti' AND data -> '$.series_of' = '0';",
      .postgres = "SET LOCAL enable_seqscan = on;\n" /* all rows: the one case for it */
                  "UPDATE event_versions SET data = jsonb_set(data, '{series_of}', 'null')\n"
                  "    WHERE origin = 'fasti' AND data -> 'series_of' = '0';\n" },
};

const Migration migration_4 = MIGRATION(steps);
