/* A fault whose handler stores 16 bytes at once in its frame. */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef long pair __attribute__((vector_size(16)));

static void plain(int number)
{
    _exit(number);
}

static void storing(int number)
{
    volatile pair both = {number, number};

    _exit((int)both[0]);
}

static void try(const char *what, void (*handler)(int))
{
    volatile char *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status;

    if (fork() == 0) {
        signal(SIGSEGV, handler);
        *bad = 1;
    }
    wait(&status);
    dprintf(1, "%s: %s\n", what, WIFSIGNALED(status) ? "killed" : "it runs");
}

int main(void)
{
    try("a plain handler", plain);
    try("a handler with a store of 16 bytes", storing);
    return 0;
}
