#include "http/bare_reply.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "http/reply.h"

enum { BODY_BYTES = 768, DATE_BYTES = 40, MOST_FIELDS_BYTES = 512 };

/* RFC 9110 15: the phrase is for people, and need not be there. */
static const char *phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } rows[] = {
        { 400, "Bad Request" },         { 408, "Request Timeout" },
        { 413, "Content Too Large" },   { 414, "URI Too Long" },
        { 429, "Too Many Requests" },   { 431, "Request Header Fields Too Large" },
        { 503, "Service Unavailable" }, { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status)
            return rows[i].phrase;
    }
    return "";
}

/* RFC 9110 5.6.7: IMF-fixdate */
static void write_date(char text[DATE_BYTES])
{
    time_t seconds = (time_t)(clock_now_us() / SECOND_US);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(text, DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

static void write_usual_fields(char text[MOST_FIELDS_BYTES])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < reply_usual_header_count; i++)
        used += (size_t)snprintf(text + used, MOST_FIELDS_BYTES - used, "%s: %s\r\n",
                                 reply_usual_headers[i].name, reply_usual_headers[i].value);
}

size_t bare_reply_write(char text[BARE_REPLY_BYTES], ErrorCode code, const char *sentence,
                        const char *id)
{
    int status = error_status(code);
    char usual[MOST_FIELDS_BYTES];
    char date[DATE_BYTES];
    char body[BODY_BYTES];

    write_date(date);
    write_usual_fields(usual);
    int length = snprintf(body, sizeof(body),
                          "{\"type\":\"urn:fasti:problem:%s\",\"title\":\"%s\",\"status\":%d,"
                          "\"detail\":\"%s\",\"instance\":\"%s\"}",
                          error_type(code), error_title(code), status, sentence, id);
    int total = snprintf(text, BARE_REPLY_BYTES,
                         "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\n"
                         "Content-Type: application/problem+json\r\nContent-Length: %d\r\n"
                         "Cache-Control: no-store\r\nX-Request-Id: %s\r\n%s%s\r\n%s",
                         status, phrase(status), date, length, id, usual,
                         status == 429 || status == 503 ? "Retry-After: 1\r\n" : "", body);
    assert(length > 0 && length < BODY_BYTES && total > 0 && total < BARE_REPLY_BYTES);
    return (size_t)total;
}

void bare_reply_send(int socket, ErrorCode code, const char *sentence, const char *id)
{
    char text[BARE_REPLY_BYTES];
    size_t length = bare_reply_write(text, code, sentence, id);

    (void)send(socket, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}
