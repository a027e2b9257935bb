/* mq_timedreceive(2) that fails leaves the priority alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    struct mq_attr sizes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[64], text[8];
    unsigned priority = 7;

    snprintf(name, sizeof name, "/witness-%d", (int)getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &sizes);
    mq_unlink(name);
    syscall(SYS_mq_timedreceive, queue, text, sizeof text, &priority, NULL);
    dprintf(1, "priority: %s\n", priority == 7 ? "as before" : "overwritten");
    return 0;
}
