/* Resource limits of memory are set, read back, and bind. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

static void try(const char *what, int kind, rlim_t bound)
{
    struct rlimit limit = {bound, RLIM_INFINITY}, now;
    int value = setrlimit(kind, &limit);

    getrlimit(kind, &now);
    void *area = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    dprintf(1, "setrlimit of %s: %d\n", what, value);
    dprintf(1, "%s reads back: %s\n", what, now.rlim_cur == bound ? "as set" : "as before");
    dprintf(1, "64 MiB beyond %s: %s\n", what, area == MAP_FAILED ? "refused" : "mapped");
}

int main(void)
{
    try("RLIMIT_DATA", RLIMIT_DATA, 32 << 20);
    try("RLIMIT_AS", RLIMIT_AS, 32 << 20);
    return 0;
}
