/* Moved - what is in a database where a new zone file has moved an event by an hour: its second
 * version and the entry. For the SQL of either kind. */
#pragma once

#define MOVED(event)                                                                               \
    "INSERT INTO event_versions (event_id, version_number, data, timestamp, change_type,"          \
    " changed_fields) SELECT id, 2, '{\"timezone\":\"Europe/Zurich\","                             \
    "\"start_time\":\"2027-08-02T08:00:00Z\",\"end_time\":\"2027-08-02T09:00:00Z\"}',"             \
    " created_at, 'zone_update', '[\"start_time\"]' FROM events WHERE id = " event ";"             \
    "INSERT INTO changelog (event_id, version_number, timestamp, changes, change_type)"            \
    " SELECT id, 2, created_at, '{\"start_time\":{\"old\":\"2027-08-02T07:00:00Z\","               \
    "\"new\":\"2027-08-02T08:00:00Z\"},\"zone_release\":{\"old\":\"2025b\",\"new\":\"2026f\"}}',"  \
    " 'zone_update' FROM events WHERE id = " event ";"
