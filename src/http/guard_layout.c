#include "http/guard_layout.h"

#include <microhttpd.h>
#include <string.h>

#include "base/text.h"

/* How it works: libmicrohttpd 0.9.75 parses the head where it received it, and puts NUL bytes over
 * what ends a part: one over each space of the request line and each colon, two over a CR LF, one
 * over a bare LF. `method` points at the first byte, and the library tells how long the head is. So
 * from part to part every byte can be accounted for: a field begins exactly two bytes after the
 * last value ended, and the head ends two bytes after the last field. A bare LF is one byte short,
 * a NUL in a value is one byte long, and a folded field lies somewhere else. */

static const bool is_known = MHD_VERSION < 0x01000000;

bool layout_fits_library(Error *err)
{
    const char *version = MHD_get_version();

    if (is_known == text_starts_with(version, "0."))
        return true;
    return error_set(err, ERROR_UNAVAILABLE,
                     "This program was built for another libmicrohttpd than %s: build it again.",
                     version);
}

bool layout_has_request_line(Layout *self, const char *method, const char *uri, size_t uri_length,
                             const char *version)
{
    size_t version_length = strlen(version);

    self->start = method;
    self->at = version + version_length + 2;
    return !is_known || (uri == method + strlen(method) + 1 && version == uri + uri_length + 1 &&
                         version[version_length + 1] == '\0');
}

bool layout_has_name(Layout *self, const char *name, size_t name_length, const char *value)
{
    if (!is_known)
        return true;
    if (name != self->at || value == NULL || value <= name)
        return false;
    for (const char *at = name + name_length + 1; at < value; at++) {
        if (*at != ' ' && *at != '\t')
            return false;
    }
    return true;
}

bool layout_has_value(Layout *self, const char *value, size_t value_length)
{
    self->at = value + value_length + 2;
    return !is_known || (value[value_length] == '\0' && value[value_length + 1] == '\0');
}

bool layout_has_end(const Layout *self, size_t head_size)
{
    return !is_known || self->at + 2 == self->start + head_size;
}
