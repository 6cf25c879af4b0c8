#include "store/audit.h"

#include <string.h>

#include "store/erasures.h"
#include "store/rows.h"

static const Field audit_fields[] = {
    INTEGER(AuditEntry, id, .flags = READ_ONLY, .doc = "In the order in which it was written.",
            .example = "1042"),
    INSTANT(AuditEntry, timestamp, .flags = READ_ONLY, .doc = "When it was done.",
            .example = "\"2026-03-01T08:00:00Z\""),
    INTEGER(AuditEntry, user_id, .flags = READ_ONLY | NULLABLE,
            .doc = "Who did it; null for the command line, and where nobody knows.",
            .example = "7"),
    TEXT(AuditEntry, user_name, .flags = READ_ONLY | NULLABLE,
         .doc = "The name that person had then; \"" ERASED_NAME "\" after `fasti erase`.",
         .example = "\"amira\""),
    TEXT(AuditEntry, action, .flags = READ_ONLY, .doc = "What was done.",
         .example = "\"user.sign_in\""),
    TEXT(AuditEntry, subject, .flags = READ_ONLY, .doc = "What it was done to.",
         .example = "\"user 7\""),
    TEXT(AuditEntry, address, .flags = READ_ONLY | NULLABLE,
         .doc = "From which network address; null for the command line.",
         .example = "\"192.0.2.7\""),
    JSON(AuditEntry, detail, .flags = READ_ONLY | NULLABLE,
         .doc = "More about it, of a form that depends on the action.",
         .example = "{\"all\":true}"),
};

const Schema audit_schema = SCHEMA(AuditEntry, audit_fields, .doc = "A line of the audit trail.");

SQL(insert_audit, "INSERT INTO audit (timestamp, user_id, user_name, address, action, subject,"
                  " detail, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

#define FOUND                                                                                      \
    " ($1 IS NULL OR user_id = $1) AND ($2 IS NULL OR action = $2)"                                \
    " AND ($3 IS NULL OR subject = $3) AND ($4 IS NULL OR timestamp >= $4)"                        \
    " AND ($5 IS NULL OR timestamp < $5)"

SQL(select_audit,
    "SELECT {columns} FROM audit WHERE id < $6 AND" FOUND " ORDER BY id DESC LIMIT $7 OFFSET $8",
    .table = &audit_schema);

SQL(count_audit, "SELECT count(*) AS n FROM audit WHERE" FOUND);

#define FILTER_VALUES(filter)                                                                      \
    INT((filter)->user_id), TXT((filter)->action), TXT((filter)->subject), TIME((filter)->from),   \
        TIME((filter)->to)

static bool insert(Db *db, const Author *author, const char *action, const char *subject,
                   const char *detail, int64_t bytes, Error *err)
{
    const Identity *by = author->by;

    return db_execute_later(db, &insert_audit,
                            PARAMS(TIME(author->at), INT(by != NULL ? by->user_id : INTEGER_NULL),
                                   TXT(by != NULL ? by->username : NULL), TXT(author->address),
                                   TXT(action), TXT(subject), JSONB(detail), INT(bytes)),
                            err);
}

bool audit_record(Db *db, const Author *author, const char *action, const char *subject,
                  const char *detail, Error *err)
{
    return insert(db, author, action, subject, detail, 0, err);
}

bool audit_record_charged(Db *db, const Author *author, const char *action, const char *subject,
                          const char *detail, int64_t *ret_bytes, Error *err)
{
    enum { REST_BYTES = 256 }; /* the rest of the row, and its place in the index */
    const Identity *by = author->by;

    *ret_bytes = 0;
    if (by != NULL && by->allowance != NULL)
        *ret_bytes = (int64_t)(REST_BYTES + strlen(by->username) + strlen(detail));
    return insert(db, author, action, subject, detail, *ret_bytes, err);
}

bool audit_list(Db *db, Arena *arena, const AuditFilter *filter, List *ret_entries, Error *err)
{
    static const RowReader reader = { .schema = &audit_schema };

    return rows_all(db_ask(db, arena, &select_audit,
                           PARAMS(FILTER_VALUES(filter), INT(filter->before_id), INT(filter->limit),
                                  INT(filter->skip))),
                    arena, &reader, ret_entries, err);
}

bool audit_count(Db *db, const AuditFilter *filter, int64_t *ret_count, Error *err)
{
    return rows_number(db, &count_audit, PARAMS(FILTER_VALUES(filter)), ret_count, err);
}
