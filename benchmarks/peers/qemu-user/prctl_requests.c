/* Requests of prctl(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static void try(const char *what, int request, unsigned long first, unsigned long second)
{
    int value = prctl(request, first, second, 0, 0);

    dprintf(1, "%s: %s\n", what, value < 0 ? strerrorname_np(errno) : "done");
}

int main(void)
{
    char room[1024];

    try("PR_SET_CHILD_SUBREAPER", PR_SET_CHILD_SUBREAPER, 1, 0);
    try("PR_GET_THP_DISABLE", 42, 0, 0);
    try("PR_GET_MDWE", 66, 0, 0);
    try("PR_GET_AUXV", 0x41555856, (unsigned long)room, sizeof room);
    return 0;
}
