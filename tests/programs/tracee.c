/* What the tests let strace and gdb look at: a call of its own function, output, a child. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noipa)) int twice(int value)
{
    return 2 * value;
}

int main(void)
{
    printf("hello %d\n", twice(21));
    fflush(stdout);
    if (fork() == 0)
        _exit(3);
    int status = 0;
    wait(&status);
    return WEXITSTATUS(status);
}
