/* sigaltstack(2) with SS_AUTODISARM. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static char memory[65536];

int main(void)
{
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory, .ss_flags = (int)(1U << 31)};
    int value = sigaltstack(&stack, NULL);

    dprintf(1, "SS_AUTODISARM: %s\n", value ? strerrorname_np(errno) : "0");
    return 0;
}
