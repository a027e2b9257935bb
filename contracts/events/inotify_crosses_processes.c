/* Contract: an instance is shared over fork, sees what other processes do, exec included, and its
 * watches go when the last descriptor is closed. inotify(7); fs/exec.c:do_open_execat(). */
#include "inotify.h"

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return 0;
    char buffer[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open("program", O_WRONLY | O_CREAT, 0755);
    long got;
    while ((got = read(from, buffer, sizeof buffer)) > 0)
        expect(write(to, buffer, got) == got, "copy");
    close(to);
    int fd = inotify_here();
    watch(fd, "program", IN_ALL_EVENTS);
    pid_t child = fork();
    if (child == 0) {
        execl("program", "program", "again", NULL);
        _exit(1);
    }
    wait_for_success(child);
    step_events("exec of a program", fd);
    child = fork();
    if (child == 0) {
        chmod("program", 0700);
        step_events("the child reads", fd);
        watch(fd, ".", IN_CREATE);
        close(fd);
        _exit(0);
    }
    wait_for_success(child);
    step_events("the parent", fd);
    put_file("new", "");
    step_events("the child's watch", fd);
    contract_pass();
}
