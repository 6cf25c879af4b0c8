#include "store/audit.h"

SQL(insert_audit, "INSERT INTO audit (timestamp, user_id, user_name, action, subject, detail)"
                  " VALUES ($1, $2, $3, $4, $5, $6)");

bool audit_record(Db *db, const Identity *by, Instant at, const char *action, const char *subject,
                  const char *detail, Error *err)
{
    return db_execute_later(db, &insert_audit,
                            PARAMS(TIME(at), INT(by != NULL ? by->user_id : INTEGER_NULL),
                                   TXT(by != NULL ? by->username : NULL), TXT(action), TXT(subject),
                                   JSONB(detail)),
                            err);
}
