/* A signal whose frame cannot be written, nor that of the SIGSEGV for it. */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void handler(int number)
{
    dprintf(1, "handler: %d\n", number);
}

int main(void)
{
    stack_t stack = {.ss_size = 65536};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    stack.ss_sp = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    kill(getpid(), SIGUSR1);
    dprintf(1, "afterwards: alive\n");
    return 0;
}
