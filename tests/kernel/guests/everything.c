/* Has something of everything open, mapped, armed, queued or waited for, and then makes the call
 * after which a test breaks the kernel's state: getcpu. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int word;
static int lock;
static pthread_t threads[3];

static void *wait_on_word(void *nothing)
{
    syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    return nothing;
}

static void *wait_for_lock(void *nothing)
{
    syscall(SYS_futex, &lock, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    syscall(SYS_futex, &lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    return nothing;
}

static void *read_pipe(void *end)
{
    char byte;
    read((int)(intptr_t)end, &byte, 1);
    return NULL;
}

static void send_descriptor(int to, int fd)
{
    char byte = 'x', space[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space,
                             .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    sendmsg(to, &message, 0);
}

int main(void)
{
    int full[2], empty[2], sockets[2], go[2];
    pipe(full);
    pipe(empty);
    pipe(go);
    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets);
    mkdir("/tmp/directory", 0700);
    int file = open("/tmp/directory/file", O_RDWR | O_CREAT, 0600);
    ftruncate(file, 3 * 4096);
    link("/tmp/directory/file", "/tmp/second");
    char *shared = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *private = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared[4096] = private[0] = 1;
    struct iovec page = {shared, 100};
    write(full[1], "some bytes", 10);
    vmsplice(full[1], &page, 1, 0);
    send_descriptor(sockets[0], file);
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, empty[0], &event);
    shmat(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), NULL, 0);
    struct itimerspec later = {.it_value = {1000, 0}};
    timerfd_settime(timerfd_create(CLOCK_REALTIME, 0), TFD_TIMER_ABSTIME,
                    &(struct itimerspec){.it_value = {4000000000, 0}}, NULL);
    timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &later, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    pthread_kill(pthread_self(), SIGRTMIN);
    pthread_kill(pthread_self(), SIGRTMIN);
    syscall(SYS_futex, &lock, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    pid_t child = fork();
    if (!child) {
        char byte;
        read(go[0], &byte, 1);
        _exit(0);
    }
    pthread_create(&threads[0], NULL, wait_on_word, NULL);
    pthread_create(&threads[1], NULL, wait_for_lock, NULL);
    pthread_create(&threads[2], NULL, read_pipe, (void *)(intptr_t)empty[0]);
    usleep(1000);
    syscall(SYS_getcpu, NULL, NULL, NULL);
    syscall(SYS_futex, &lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0);
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    write(empty[1], "x", 1);
    write(go[1], "x", 1);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    waitpid(child, NULL, 0);
    puts("done");
    return 0;
}
