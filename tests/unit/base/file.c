#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *path;
    unsigned mode;
    FileCheck check;
    const char *words; /* of the refusal; NULL: it is taken */
} rows[] = {
    { "key", 0600, FILE_SECRET, NULL },
    { "key", 0400, FILE_SECRET, NULL },
    { "key", 0440, FILE_SECRET, "chmod 600 it, or mount it into /run/secrets" },
    { "key", 0604, FILE_SECRET, "chmod 600 it, or mount it into /run/secrets" },
    { "key", 0622, FILE_SECRET, "chmod 600 it." },
    { "/run/secrets/key", 0444, FILE_SECRET, NULL },
    { "/run/secrets/app/key", 0440, FILE_SECRET, NULL },
    { "/run/secrets/key", 0464, FILE_SECRET, "chmod 600 it." },
    { "/run/secrets/key", 0446, FILE_SECRET, "chmod 600 it." },
    { "/run/secrets", 0444, FILE_SECRET, "/run/secrets" },
    { "/run/secrets-of-mine/key", 0444, FILE_SECRET, "chmod 600 it" },
    { "/run/secrets/../key", 0444, FILE_SECRET, "chmod 600 it" },
    { "/home/run/secrets/key", 0444, FILE_SECRET, "chmod 600 it" },
    { "run/secrets/key", 0444, FILE_SECRET, "chmod 600 it" },
    { ".env", 0644, FILE_OURS, NULL },
    { ".env", 0664, FILE_OURS, "chmod go-w it" },
    { "/run/secrets/settings", 0646, FILE_OURS, "chmod go-w it" },
    { "cert.pem", 0666, FILE_ANY, NULL },
};

static void a_secret_is_kept_from_others_but_where_a_container_has_it_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        Error err = { 0 };
        bool is_trusted =
            file_is_trusted(rows[i].path, 0100000 | rows[i].mode, rows[i].check, &err);
        if (is_trusted != (rows[i].words == NULL))
            fail_msg("%s of mode %o: %s", rows[i].path, rows[i].mode, err.detail);
        if (!is_trusted && strstr(err.detail, rows[i].words) == NULL)
            fail_msg("%s of mode %o says \"%s\"", rows[i].path, rows[i].mode, err.detail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_kept_from_others_but_where_a_container_has_it_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
