/* What pkey_alloc says to rights, one after the other. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    static const long rights[] = {0, 1, 3, 4, 15, 16};
    for (int i = 0; i < 6; i++) {
        long key = syscall(SYS_pkey_alloc, 0L, rights[i]);
        printf("%ld: %ld %d\n", rights[i], key, errno);
    }
    return 0;
}
