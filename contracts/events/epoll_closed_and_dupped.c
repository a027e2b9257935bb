/* Contract: a registration belongs to the descriptor number and the open file: it lasts while any
 * descriptor of the file is open and can then not be removed by the closed number; one file may
 * be registered under two numbers. epoll(7), questions 2 and 6. */
#include "contract.h"
#include <sys/epoll.h>

static int epoll;

static void wait_all(const char *what)
{
    struct epoll_event events[8];
    char text[64] = "";
    int count = epoll_wait(epoll, events, 8, 0);
    for (int i = 0; i < count; i++)
        sprintf(text + strlen(text), " %u/%x", (unsigned)events[i].data.u64, events[i].events);
    step(what, "%d:%s", count, text);
}

static int control(int operation, int fd, unsigned number)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};
    return epoll_ctl(epoll, operation, fd, &event);
}

int main(void)
{
    int ends[2];
    epoll = epoll_create1(EPOLL_CLOEXEC);
    expect(pipe(ends) == 0 && write(ends[1], "x", 1) == 1, "pipe");
    int copy = dup(ends[0]);
    expect(control(EPOLL_CTL_ADD, ends[0], 1) == 0, "ADD");
    expect_errno(control(EPOLL_CTL_ADD, ends[0], 2), EEXIST, "again");
    step_result("the other number", control(EPOLL_CTL_ADD, copy, 2));
    wait_all("both");
    close(ends[0]);
    wait_all("one number is closed");
    expect_errno(control(EPOLL_CTL_DEL, ends[0], 0), EBADF, "DEL of the closed one");
    int other[2];
    expect(pipe(other) == 0, "pipe");
    step("the number is used again", "%d", other[0] == ends[0]);
    expect_errno(control(EPOLL_CTL_DEL, other[0], 0), ENOENT, "DEL of another file");
    step_result("ADD of another file under the number", control(EPOLL_CTL_ADD, other[0], 3));
    expect(write(other[1], "y", 1) == 1, "write");
    wait_all("three registrations");
    expect(control(EPOLL_CTL_DEL, copy, 0) == 0, "DEL");
    wait_all("the copy is out");
    close(copy);
    wait_all("the file is gone");
    pid_t child = fork();
    if (child == 0) {
        control(EPOLL_CTL_MOD, other[0], 4);
        wait_all("the child sees the same set");
        close(other[0]);
        wait_all("closing in the child changes nothing");
        _exit(0);
    }
    wait_for_success(child);
    wait_all("the child's MOD");
    close(other[0]);
    wait_all("closed here too");
    contract_pass();
}
