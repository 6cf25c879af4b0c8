#include "base/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Every test runs in an empty directory with an empty environment. */
typedef struct Sandbox {
    Arena arena;
    Config config;
    Error err;
    char directory[32];
} Sandbox;

static int enter(void **state)
{
    static Sandbox box;

    box = (Sandbox){ .directory = "/tmp/fasti-config-XXXXXX" };
    clearenv();
    assert_non_null(mkdtemp(box.directory));
    assert_int_equal(chdir(box.directory), 0);
    *state = &box;
    return 0;
}

static int leave(void **state)
{
    Sandbox *box = *state;

    unlink(".env");
    unlink("secret");
    unlink("url");
    unlink("fasti.SECRET_KEY");
    unlink("fasti.DATABASE_URL");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(box->directory), 0);
    arena_finish(&box->arena);
    return 0;
}

static void put(const char *path, const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static bool load(Sandbox *box)
{
    char *argv[] = { NULL };
    int argc = 0;

    return config_load(&argc, argv, &box->arena, &box->config, &box->err);
}

static void config_has_defaults_that_need_nothing(void **state)
{
    Sandbox *box = *state;

    assert_true(load(box));
    assert_string_equal(box->config.database_url, "sqlite:///./fasti-data/fasti.db");
    assert_null(box->config.secret_key);
    assert_string_equal(box->config.listen_address, "127.0.0.1");
    assert_int_equal(box->config.listen_port, 8000);
    assert_int_equal(box->config.access_token_expire_minutes, 30);
    assert_int_equal(box->config.bcrypt_cost, 12);
    assert_true(box->config.rate_limit);
    assert_int_equal(box->config.signup, SIGNUP_OPEN);
    assert_int_equal(box->config.log_level, LOG_INFO);
    assert_null(box->config.warnings[0]);
}

static void config_reads_the_env_file_of_the_old_system(void **state)
{
    Sandbox *box = *state;

    put(".env",
        "# the old system's four keys\n"
        "DATABASE_URL=postgresql+psycopg2://ada:pa#ss@db.example:5432/events\n"
        "SECRET_KEY=\"0123456789abcdef0123456789abcdef\"\n"
        "export ALGORITHM='HS256'\n"
        "ACCESS_TOKEN_EXPIRE_MINUTES=45   # minutes\n",
        0600);
    assert_true(load(box));
    assert_string_equal(box->config.database_url, "postgresql://ada:pa#ss@db.example:5432/events");
    assert_string_equal(box->config.secret_key, "0123456789abcdef0123456789abcdef");
    assert_int_equal(box->config.access_token_expire_minutes, 45);
}

static void config_prefers_flag_to_environment_to_file(void **state)
{
    Sandbox *box = *state;
    char *argv[] = { "user", "--threads=3", "--listen", "[::1]:0", "list", "--json", NULL };
    int argc = 6;

    put(".env", "FASTI_THREADS=1\nFASTI_BCRYPT_COST=5\nFASTI_SIGNUP=closed\n", 0600);
    setenv("FASTI_THREADS", "2", 1);
    setenv("FASTI_BCRYPT_COST", "6", 1);
    assert_true(config_load(&argc, argv, &box->arena, &box->config, &box->err));
    assert_int_equal(box->config.threads, 3);
    assert_int_equal(box->config.bcrypt_cost, 6);
    assert_int_equal(box->config.signup, SIGNUP_CLOSED);
    assert_string_equal(box->config.listen_address, "::1");
    assert_int_equal(argc, 3);
    assert_string_equal(argv[1], "list");
    assert_string_equal(argv[2], "--json");
    assert_null(argv[3]);
}

static void config_lets_a_flag_repair_a_bad_file(void **state)
{
    Sandbox *box = *state;
    char *argv[] = { "--threads=3", NULL };
    int argc = 1;

    put(".env", "FASTI_THREADS=many\n", 0600);
    assert_true(config_load(&argc, argv, &box->arena, &box->config, &box->err));
    assert_false(load(box));
    assert_string_equal(box->err.detail, "FASTI_THREADS must be a whole number from 0 to 256.");
}

static void config_reads_a_secret_from_a_private_file(void **state)
{
    Sandbox *box = *state;

    put("secret", "0123456789abcdef0123456789abcdef\n", 0600);
    setenv("SECRET_KEY_FILE", "secret", 1);
    assert_true(load(box));
    assert_string_equal(box->config.secret_key, "0123456789abcdef0123456789abcdef");
}

/* With the modes that systemd 257 leaves them, which grants them by an access list. */
static void config_reads_the_credentials_that_systemd_hands_over(void **state)
{
    Sandbox *box = *state;

    put(".env", "SECRET_KEY=0123456789abcdef0123456789abcdef\n", 0600);
    put("fasti.SECRET_KEY", "fedcba9876543210fedcba9876543210\n", 0440);
    put("fasti.DATABASE_URL", "postgresql://fasti:word@db.example.org/fasti\n", 0440);
    assert_true(load(box));
    assert_string_equal(box->config.secret_key, "0123456789abcdef0123456789abcdef");
    setenv("CREDENTIALS_DIRECTORY", box->directory, 1);
    assert_true(load(box));
    assert_string_equal(box->config.secret_key, "fedcba9876543210fedcba9876543210");
    assert_string_equal(box->config.database_url, "postgresql://fasti:word@db.example.org/fasti");
    assert_string_equal(box->config.origins[0].source, "credential");
    setenv("DATABASE_URL", "sqlite:///here.db", 1);
    assert_true(load(box));
    assert_string_equal(box->config.database_url, "sqlite:///here.db");
}

static void config_refuses_a_credential_that_others_may_write(void **state)
{
    Sandbox *box = *state;

    setenv("CREDENTIALS_DIRECTORY", box->directory, 1);
    put("fasti.SECRET_KEY", "fedcba9876543210fedcba9876543210\n", 0600);
    assert_int_equal(chmod("fasti.SECRET_KEY", 0622), 0);
    assert_false(load(box));
    assert_non_null(strstr(box->err.detail, "others may write it"));
}

static const mode_t loose_modes[] = { 0644, 0640, 0620, 0602, 0604, 0660, 0666 };

/* What is in `path` is refused while others may read or write it. */
static void expect_private(Sandbox *box, const char *path)
{
    for (size_t i = 0; i < sizeof(loose_modes) / sizeof(loose_modes[0]); i++) {
        error_clear(&box->err);
        assert_int_equal(chmod(path, loose_modes[i]), 0);
        if (load(box))
            fail_msg("%s was taken with the mode %o", path, loose_modes[i]);
        assert_int_equal(box->err.code, ERROR_INVALID);
        assert_non_null(strstr(box->err.detail, path));
        assert_non_null(strstr(box->err.detail, "chmod"));
    }
    error_clear(&box->err);
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(load(box));
}

static void config_refuses_a_secret_that_others_may_read_or_write(void **state)
{
    Sandbox *box = *state;

    put("secret", "0123456789abcdef0123456789abcdef\n", 0600);
    setenv("SECRET_KEY_FILE", "secret", 1);
    expect_private(box, "secret");
}

static void config_refuses_a_password_that_others_may_read_or_write(void **state)
{
    Sandbox *box = *state;

    put("url", "postgresql://ada:geheim@db/x\n", 0600);
    setenv("DATABASE_URL_FILE", "url", 1);
    expect_private(box, "url");
    put("url", "postgresql://ada@db/x\n", 0600);
    assert_int_equal(chmod("url", 0644), 0);
    assert_true(load(box));
}

static void config_refuses_an_env_file_with_secrets_that_others_may_read(void **state)
{
    static const char *const secrets[] = {
        "SECRET_KEY=0123456789abcdef0123456789abcdef\n",
        "FASTI_THREADS=2\nDATABASE_URL=postgresql://ada:geheim@db/x\n",
        "FASTI_METRICS_TOKEN=a-token-of-some-length\n",
    };
    Sandbox *box = *state;

    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        put(".env", secrets[i], 0600);
        expect_private(box, ".env");
    }
    put(".env", "FASTI_THREADS=2\nSECRET_KEY=\n", 0600);
    assert_int_equal(chmod(".env", 0644), 0);
    assert_true(load(box));
    assert_int_equal(chmod(".env", 0646), 0); /* others say what this program does */
    assert_false(load(box));
    assert_non_null(strstr(box->err.detail, "chmod go-w"));
}

static void config_reads_networks_origins_and_short_levels(void **state)
{
    Sandbox *box = *state;

    setenv("FASTI_TRUSTED_PROXIES", " 10.0.0.1, 192.168.0.0/16,,2001:db8::/32 ", 1);
    setenv("FASTI_CORS_ORIGINS", "https://App.example.org, http://localhost:5173", 1);
    setenv("FASTI_LOG_LEVEL", "warn", 1);
    setenv("FASTI_DOCS", "off", 1);
    assert_true(load(box));
    assert_int_equal(box->config.trusted_proxies.count, 3);
    assert_int_equal(box->config.trusted_proxies.items[1].bits, 96 + 16);
    assert_string_equal(box->config.cors_origins[0], "https://app.example.org");
    assert_string_equal(box->config.cors_origins[1], "http://localhost:5173");
    assert_null(box->config.cors_origins[2]);
    assert_int_equal(box->config.log_level, LOG_WARNING);
    assert_false(box->config.has_docs);
}

static void config_refuses_a_value_and_its_file_together(void **state)
{
    Sandbox *box = *state;

    setenv("FASTI_DATA_DIR", "here", 1);
    setenv("FASTI_DATA_DIR_FILE", "there", 1);
    assert_false(load(box));
}

static void config_warns_of_an_unknown_key_with_the_nearest(void **state)
{
    Sandbox *box = *state;

    setenv("FASTI_TREADS", "2", 1);
    setenv("FASTI_TEST_POSTGRES", "x", 1);
    assert_true(load(box));
    assert_string_equal(box->config.warnings[0],
                        "FASTI_TREADS (environment) is no setting; do you mean FASTI_THREADS?");
    assert_null(box->config.warnings[1]);
}

static void config_refuses_values_that_mean_nothing(void **state)
{
    static const char *const bad[][2] = {
        { "DATABASE_URL", "mysql://localhost/x" },
        { "DATABASE_URL", "sqlite:///" },
        { "DATABASE_URL", "postgresql://" },
        { "SECRET_KEY", "too short" },
        { "ALGORITHM", "none" },
        { "ACCESS_TOKEN_EXPIRE_MINUTES", "0" },
        { "ACCESS_TOKEN_EXPIRE_MINUTES", "30.0" },
        { "FASTI_LISTEN", "8000" },
        { "FASTI_LISTEN", "127.0.0.1:65536" },
        { "FASTI_LISTEN", "127.0.0.1:-1" },
        { "FASTI_LISTEN", "::1:8000" },
        { "FASTI_LISTEN", "example.org:8000" },
        { "FASTI_BCRYPT_COST", "3" },
        { "FASTI_BCRYPT_COST", "99999999999999999999" },
        { "FASTI_RATE_LIMIT", "maybe" },
        { "FASTI_SIGNUP", "sometimes" },
        { "FASTI_LOG_LEVEL", "loud" },
        { "FASTI_TRUSTED_PROXIES", "localhost" },
        { "FASTI_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.0/33" },
        { "FASTI_TRUSTED_PROXIES", "10.0.0.1:80" },
        { "FASTI_CORS_ORIGINS", "*" },
        { "FASTI_CORS_ORIGINS", "null" },
        { "FASTI_CORS_ORIGINS", "https://*.example.org" },
        { "FASTI_CORS_ORIGINS", "https://example.org/" },
        { "FASTI_CORS_ORIGINS", "example.org" },
        { "FASTI_CORS_ORIGINS", "https://" },
        { "FASTI_METRICS_TOKEN", "short" },
        { "FASTI_DOCS", "perhaps" },
        { "FASTI_BACKUP_EVERY", "daily" },
        { "FASTI_BACKUP_KEEP", "0" },
        { "FASTI_BACKUP_PASSPHRASE", "short" },
        { "FASTI_PUBLIC_URL", "http://a\x01" },
        { "FASTI_TLS_CERT", "only-one-of-two.pem" },
    };
    Sandbox *box = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        clearenv();
        error_clear(&box->err);
        setenv(bad[i][0], bad[i][1], 1);
        if (load(box))
            fail_msg("%s=%s was taken", bad[i][0], bad[i][1]);
        assert_int_equal(box->err.code, ERROR_INVALID);
        assert_non_null(strstr(box->err.detail, bad[i][0]));
    }
}

static void config_refuses_a_line_that_is_no_setting(void **state)
{
    static const char *const bad[] = {
        "ok=1\nno equals sign\n", "A='open\n", "A=\"x\" y\n", "=x\n", "1A=x\n",
    };
    Sandbox *box = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put(".env", bad[i], 0600);
        if (load(box))
            fail_msg("taken: %s", bad[i]);
        assert_non_null(strstr(box->err.detail, "is neither KEY=value nor a comment"));
    }
}

static void config_hides_what_is_secret(void **state)
{
    Sandbox *box = *state;

    setenv("DATABASE_URL", "postgresql://ada:geheim@db/x", 1);
    setenv("SECRET_KEY", "0123456789abcdef0123456789abcdef", 1);
    assert_true(load(box));
    for (size_t i = 0; i < config_setting_count; i++) {
        const char *text = box->config.origins[i].text;
        assert_true(text == NULL || strstr(text, "geheim") == NULL);
        assert_true(text == NULL || strstr(text, "0123456789abcdef") == NULL);
    }
    assert_string_equal(box->config.origins[0].text, "postgresql://ada:…@db/x");
    assert_string_equal(box->config.origins[0].source, "environment");
}

static void config_hides_the_password_of_every_form_of_url(void **state)
{
    static const char *const urls[][2] = {
        { "postgresql://u:geheim@h/db", "postgresql://u:…@h/db" },
        { "postgres://u:geheim@h:5432/db", "postgresql://u:…@h:5432/db" },
        { "postgresql+psycopg2://u:geheim@h/db", NULL },
        { "postgresql://u:ge/geheim@h/db", "postgresql://u:…@h/db" },
        { "postgresql://u:geheim@x@h/db", "postgresql://u:…@h/db" },
        { "postgresql://u:ge?geheim@h/db", "postgresql://…" },
        { "postgresql://u:ge#geheim@h/db", "postgresql://u:…@h/db" },
        { "postgresql://:geheim@h/db", "postgresql://:…@h/db" },
        { "postgresql://u@h/db?password=geheim", "postgresql://u@h/db?…" },
        { "postgresql://h/db?user=u&pass%77ord=geheim", "postgresql://h/db?…" },
        { "postgresql://u@h/db?sslpassword=geheim", "postgresql://u@h/db?…" },
        { "postgresql://h/db?password=geheim@x", "postgresql://…" },
        { "postgresql://u:geheim@h1:5432,h2:5433/db?target_session_attrs=read-write",
          "postgresql://u:…@h1:5432,h2:5433/db?…" },
        { "postgresql://u:geheim", "postgresql://…" },
        { "postgresql://u:geheim/db", "postgresql://…" },
        { "postgresql://h1:5432,h2:5433/db", "postgresql://h1:5432,h2:5433/db" },
        { "postgresql://[::1]:5432/db", "postgresql://[::1]:5432/db" },
        { "postgresql:///db", "postgresql:///db" },
        { "sqlite:///./a?b@c:d.db", "sqlite:///./a?b@c:d.db" },
    };
    Sandbox *box = *state;

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        setenv("DATABASE_URL", urls[i][0], 1);
        assert_true(load(box));
        const char *text = box->config.origins[0].text;
        assert_null(strstr(text, "geheim"));
        if (urls[i][1] != NULL && strncmp(urls[i][0], "postgres:", 9) != 0)
            assert_string_equal(text, urls[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(config_has_defaults_that_need_nothing),
        TEST(config_reads_the_env_file_of_the_old_system),
        TEST(config_prefers_flag_to_environment_to_file),
        TEST(config_lets_a_flag_repair_a_bad_file),
        TEST(config_reads_a_secret_from_a_private_file),
        TEST(config_reads_the_credentials_that_systemd_hands_over),
        TEST(config_refuses_a_credential_that_others_may_write),
        TEST(config_refuses_a_secret_that_others_may_read_or_write),
        TEST(config_refuses_a_password_that_others_may_read_or_write),
        TEST(config_refuses_an_env_file_with_secrets_that_others_may_read),
        TEST(config_reads_networks_origins_and_short_levels),
        TEST(config_refuses_a_value_and_its_file_together),
        TEST(config_warns_of_an_unknown_key_with_the_nearest),
        TEST(config_refuses_values_that_mean_nothing),
        TEST(config_refuses_a_line_that_is_no_setting),
        TEST(config_hides_what_is_secret),
        TEST(config_hides_the_password_of_every_form_of_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
