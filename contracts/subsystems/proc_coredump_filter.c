/* Contract: coredump_filter is eight digits, taken in any base, kept over fork and exec, and loses
 * bits that mean nothing. proc_pid_coredump_filter(5). */
#include "contract.h"

static void show(const char *what)
{
    char text[32] = "";
    int fd = open("/proc/self/coredump_filter", O_RDONLY);
    expect(fd >= 0 && read(fd, text, sizeof text) == 9, "read");
    close(fd);
    step(what, "%.8s", text);
}

static long put(const char *text)
{
    int fd = open("/proc/self/coredump_filter", O_WRONLY);
    long done = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return done;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        show("after exec");
        _exit(0);
    }
    show("at first");
    step_result("write 0x11", put("0x11\n"));
    show("then");
    step_result("write 12", put("12"));
    show("then");
    step_result("write 017", put("017"));
    show("then");
    step_result("write ffff in hexadecimal", put("0xffff"));
    show("then");
    step_result("write a word", put("all"));
    step_result("write a negative number", put("-1"));
    step_result("write 5", put("5"));
    pid_t child = fork();
    if (child == 0) {
        show("in a child");
        put("1");
        execl("/proc/self/exe", "again", "x", NULL);
        _exit(1);
    }
    wait_for_success(child);
    show("the parent's own");
    contract_pass();
}
