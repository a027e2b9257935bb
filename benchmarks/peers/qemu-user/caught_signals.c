/* Signals that /proc says are caught, in a program that catches SIGHUP only. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void handler(int number)
{
    (void)number;
}

int main(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];

    signal(SIGHUP, handler);
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "SigCgt:", 7) == 0)
            dprintf(1, "SigCgt, below 32: %#llx\n", strtoull(line + 7, NULL, 16) & 0x7fffffff);
    return 0;
}
