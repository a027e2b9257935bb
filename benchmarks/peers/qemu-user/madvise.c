/* madvise(2): advice that is not known, and advice that binds. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, int value)
{
    dprintf(1, "%s: %s\n", what, value ? strerrorname_np(errno) : "0");
}

int main(void)
{
    char *pages = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status;

    memset(pages, 'a', 16384);
    say("unknown advice", madvise(pages, 4096, 12345));
    say("MADV_DONTFORK", madvise(pages, 4096, MADV_DONTFORK));
    say("MADV_WIPEONFORK", madvise(pages + 4096, 4096, MADV_WIPEONFORK));
    if (fork() == 0)
        _exit(((volatile char *)pages)[4096]);
    wait(&status);
    dprintf(1, "byte in the child after MADV_WIPEONFORK: %d\n", WEXITSTATUS(status));
    if (fork() == 0)
        _exit(((volatile char *)pages)[0]);
    wait(&status);
    dprintf(1, "MADV_DONTFORK in the child: %s\n", WIFSIGNALED(status) ? "not there" : "there");
    return 0;
}
