/* Contract: what a process without audit session, name-space mapping or personality shows of them,
 * to the byte: some lines end in a newline and some do not. fs/proc/base.c. */
#include "contract.h"

static void show(const char *name)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/%s", name);
    int fd = open(path, O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    expect(fd >= 0 && got > 0, name);
    close(fd);
    int newline = text[got - 1] == '\n';
    step(name, "%ld '%.*s'%s", got, (int)got - newline, text, newline ? " and a newline" : "");
}

int main(void)
{
    show("uid_map");
    show("gid_map");
    show("projid_map");
    show("setgroups");
    show("personality");
    show("loginuid");
    show("sessionid");
    show("wchan");
    show("timerslack_ns");
    contract_pass();
}
