/* Error - what went wrong, in a form that every layer can pass up.
 *
 * What can fail returns bool and takes `Error *err` last:
 *
 *   if (!events_find(db, id, &event, err))
 *       return false;
 *   …
 *   return error_set(err, ERROR_CONFLICT, "That username or e-mail address is already taken.");
 *
 * The detail is always one plain sentence for the person who made the request; nothing about
 * paths, SQL or memory. For invalid input the faults of single members are gathered with
 * error_fault, every fault at once, and the caller goes on looking. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* name, HTTP status, problem type (RFC 9457 "type", the last part of the URI), title */
#define ERROR_CODES(X)                                                                             \
    X(MALFORMED, 400, "malformed", "The request cannot be read")                                   \
    X(UNAUTHENTICATED, 401, "unauthenticated", "Sign in first")                                    \
    X(WRONG_PASSWORD, 401, "wrong-password", "Wrong user name or password")                        \
    X(FORBIDDEN, 403, "forbidden", "Not allowed")                                                  \
    X(NOT_FOUND, 404, "not-found", "Not found")                                                    \
    X(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "Method not allowed")                         \
    X(REQUEST_TIMEOUT, 408, "request-timeout", "The request took too long")                        \
    X(CONFLICT, 409, "conflict", "Conflict")                                                       \
    X(QUOTA, 409, "quota", "Quota reached")                                                        \
    X(KEY_IN_USE, 409, "key-in-use", "The same request is still running")                          \
    X(NOT_KNOWN, 409, "not_known", "Not known to this person")                                     \
    X(PRECONDITION_FAILED, 412, "precondition-failed", "Precondition failed")                      \
    X(CONTENT_TOO_LARGE, 413, "content-too-large", "Content too large")                            \
    X(URI_TOO_LONG, 414, "uri-too-long", "Address too long")                                       \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "unsupported-media-type", "Unsupported media type")             \
    X(EXPECTATION_FAILED, 417, "expectation-failed", "Expectation failed")                         \
    X(MISDIRECTED_REQUEST, 421, "misdirected-request", "Misdirected request")                      \
    X(INVALID, 422, "invalid", "Invalid input")                                                    \
    X(PRECONDITION_REQUIRED, 428, "precondition-required", "Precondition required")                \
    X(TOO_MANY_REQUESTS, 429, "too-many-requests", "Too many requests")                            \
    X(HEADERS_TOO_LARGE, 431, "headers-too-large", "Header fields too large")                      \
    X(INTERNAL, 500, "internal", "Internal error")                                                 \
    X(NOT_IMPLEMENTED, 501, "not-implemented", "Not implemented")                                  \
    X(UNAVAILABLE, 503, "unavailable", "Service unavailable")                                      \
    X(VERSION_NOT_SUPPORTED, 505, "version-not-supported", "HTTP version not supported")           \
    X(STORAGE_FULL, 507, "storage-full", "Storage full")                                           \
    /* For the lanes and the stores only; a client sees the status when retries did not help. */   \
    X(RETRY, 503, "unavailable", "Service unavailable")                                            \
    X(DUPLICATE, 409, "conflict", "Conflict")                                                      \
    X(REFERENCED, 409, "conflict", "Conflict")

typedef enum ErrorCode {
    ERROR_NONE,
#define X(name, status, type, title) ERROR_##name,
    ERROR_CODES(X)
#undef X
} ErrorCode;

/* All of them and ERROR_NONE; no member of ErrorCode, so that no switch has to name it. */
#define X(...) +1
enum { ERROR_COUNT = 1 ERROR_CODES(X) };
#undef X

/* Where in the request a member stands: a chain of names and indexes, made on the stack while
 * decoding. */
typedef struct Location {
    const struct Location *parent;
    const char *name; /* NULL: `index` counts */
    size_t index;
} Location;

/* One fault of one member, as the reply shows it. */
typedef struct Fault {
    struct Fault *next;
    const char *location; /* JSON array text: ["body","items",3,"start_time"] */
    const char *type;     /* "missing", "unknown_field", "read_only", "string_too_long", … */
    const char *message;
} Fault;

typedef struct Error {
    ErrorCode code;
    char detail[320];
    Fault *faults; /* in the order they were found */
    size_t fault_count;
    unsigned retry_after_s; /* with 429 and 503; 0: none known */
} Error;

/* Sets code and sentence, keeps the faults. Returns false, so that a function can end with it. */
bool error_set(Error *err, ErrorCode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a fault and makes the code ERROR_INVALID. `type` must be a literal. At most
 * LIMIT_FAULTS are kept; the rest only count. Returns false. */
bool error_fault(Error *err, Arena *arena, const Location *location, const char *type,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Empties it, for a second try. */
void error_clear(Error *err);

int error_status(ErrorCode code);
const char *error_type(ErrorCode code);
const char *error_title(ErrorCode code);
