/* What PostgreSQL's binary formats are made of. */
#pragma once

/* pg_type.dat of PostgreSQL; these numbers never change. */
enum {
    OID_BOOL = 16,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_VOID = 2278,
    OID_JSONB = 3802,
    OID_XID8 = 5069,
};

/* 2000-01-01T00:00:00Z, where PostgreSQL counts from, in microseconds since 1970. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)
#define JSONB_VERSION     '\x01' /* the byte before the text: jsonb_recv */
