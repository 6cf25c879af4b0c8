#include "base/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "heap.h"

static void take_memory(void)
{
    memory_give_back(memory_take(100));
}

static void take_a_chunk(void)
{
    Arena arena = { 0 };

    arena_alloc(&arena, 100);
    arena_finish(&arena);
}

/* What a process says that does this while the heap gives nothing, and how it ends. */
static int end_of(void (*does)(void), char said[64])
{
    static const struct rlimit no_core = { 0 };
    int log = memfd_create("said", 0);
    int result = 0;
    pid_t child = fork();

    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(log, STDERR_FILENO);
        heap_expect(1);
        does();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    ssize_t length = pread(log, said, 63, 0);
    said[length > 0 ? length : 0] = '\0';
    close(log);
    return result;
}

static void where_there_is_none_the_process_says_so_and_ends(void **state)
{
    static void (*const takers[])(void) = { take_memory, take_a_chunk };

    (void)state;
    for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
        char said[64];
        int result = end_of(takers[i], said);
        assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGABRT);
        assert_string_equal(said, "fasti: out of memory\n");
    }
}

static void what_was_taken_can_be_written_and_given_back(void **state)
{
    char *memory = memory_take(1000);

    (void)state;
    memset(memory, 0xff, 1000);
    memory_give_back(memory);
    memory_give_back(NULL);
}

/* Of as many pieces as a large reply has. */
static long page_faults_of_a_reply(void)
{
    enum { PIECES = 40, PIECE_BYTES = 32 * 1024 };
    char *pieces[PIECES];
    struct rusage before;
    struct rusage after;

    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = memory_take(PIECE_BYTES);
        memset(pieces[i], 1, PIECE_BYTES);
    }
    for (int i = PIECES - 1; i >= 0; i--)
        memory_give_back(pieces[i]);
    getrusage(RUSAGE_SELF, &after);
    return after.ru_minflt - before.ru_minflt;
}

static void the_next_large_reply_finds_the_pages_of_the_last_one(void **state)
{
    (void)state;
    assert_true(page_faults_of_a_reply() > 100);
    assert_true(page_faults_of_a_reply() > 100); /* by itself, glibc has given them back */
    memory_keep_some();
    (void)page_faults_of_a_reply();
    assert_true(page_faults_of_a_reply() < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_there_is_none_the_process_says_so_and_ends),
        cmocka_unit_test(what_was_taken_can_be_written_and_given_back),
        cmocka_unit_test(the_next_large_reply_finds_the_pages_of_the_last_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
