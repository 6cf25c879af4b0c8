/* Tokens and passwords for tokens.py. A line is a command, so is the answer:
 *
 *   issue <user> <session> <iat> <exp>     the token
 *   verify <now> <token>                   "<user> <session> <iat> <exp>" or "refused"; with and
 *                                          without the cache
 *   hash <cost> <password>                 the hash
 *   match <hash> <password>                "yes" or "no" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/password.h"
#include "auth/token.h"
#include "auth/token_cache.h"

enum { CHEAP = 4 };

static const TokenKey key = { (const unsigned char *)"0123456789abcdef0123456789abcdef", 32 };

static int64_t take_number(char **rest)
{
    return strtoll(strsep(rest, " "), NULL, 10);
}

static void issue(char *rest, Arena *arena)
{
    TokenClaims claims;

    claims.user_id = take_number(&rest);
    claims.session_id = take_number(&rest);
    claims.issued_at_s = take_number(&rest);
    claims.expires_at_s = take_number(&rest);
    puts(token_issue(&key, &claims, arena));
}

static void verify(TokenCache *cache, char *rest, Arena *arena)
{
    int64_t now_s = take_number(&rest);
    TokenClaims claims = { .user_id = 0 };
    TokenClaims cached = { .user_id = 0 };
    bool is_good = token_verify(&key, rest, now_s, arena, &claims);

    if (token_cache_verify(cache, rest, now_s, arena, &cached) != is_good ||
        memcmp(&cached, &claims, sizeof(claims)) != 0)
        puts("the cache says something else");
    else if (is_good)
        printf("%lld %lld %lld %lld\n", (long long)claims.user_id, (long long)claims.session_id,
               (long long)claims.issued_at_s, (long long)claims.expires_at_s);
    else
        puts("refused");
}

static void hash(char *rest)
{
    int cost = (int)take_number(&rest);
    char text[PASSWORD_HASH_BYTES];
    Error err = { 0 };

    puts(password_hash(rest, cost, text, &err) ? text : err.detail);
}

static void match(char *rest)
{
    const char *stored = strsep(&rest, " ");

    puts(password_matches(rest, stored, CHEAP) ? "yes" : "no");
}

int main(void)
{
    static char line[16 * 1024];
    Arena AUTO(arena_finish) lasting = { 0 };
    TokenCache *cache = token_cache_create(&key, &lasting);

    while (fgets(line, sizeof(line), stdin) != NULL) {
        Arena AUTO(arena_finish) arena = { 0 };
        char *rest = line;

        line[strcspn(line, "\n")] = '\0';
        const char *command = strsep(&rest, " ");
        if (rest == NULL)
            return 2;
        if (strcmp(command, "issue") == 0)
            issue(rest, &arena);
        else if (strcmp(command, "verify") == 0)
            verify(cache, rest, &arena);
        else if (strcmp(command, "hash") == 0)
            hash(rest);
        else if (strcmp(command, "match") == 0)
            match(rest);
        else
            return 2;
        fflush(stdout);
    }
    return 0;
}
