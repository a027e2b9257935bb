/* Messages, semaphores and segments of System V. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static void nothing(int number)
{
    (void)number;
}

int main(void)
{
    struct { long type; char text[8192]; } message = {1, "text"};
    int set = semget(IPC_PRIVATE, 1, 0600), queue = msgget(IPC_PRIVATE, 0600);
    int key = 0x4b000000 + getpid(), memory = shmget(key, 16384, IPC_CREAT | 0600);
    struct msqid_ds about;
    struct shmid_ds segment;
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, NULL);
    msgsnd(queue, &message, 5, 0);
    told("MSG_COPY to less than there is", msgrcv(queue, &message, 2, 0, MSG_COPY | IPC_NOWAIT));
    msgrcv(queue, &message, 100, 0, 0);
    told("SETVAL of a semaphore that is not there", semctl(set, 3, SETVAL, 0));
    told("SHM_STAT by slot", shmctl(memory & 0x7fff, SHM_STAT, &segment) == memory ? 0 : -1);
    char *room = mmap(NULL, 16384, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    told("shmat where something is", shmat(memory, room, 0) == (void *)-1 ? -1 : 0);
    char line[512], *at = shmat(memory, NULL, 0);
    mprotect(at + 4096, 4096, PROT_READ);
    mprotect(at + 4096, 4096, PROT_READ | PROT_WRITE);
    int lines = 0;
    unsigned long from, to;
    FILE *file = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && to > (unsigned long)at &&
            from < (unsigned long)at + 16384 && ++lines == 1)
            dprintf(1, "a segment in maps is called /SYSV: %d\n", strstr(line, "/SYSV") != NULL);
    fclose(file);
    dprintf(1, "lines of maps after another protection and back: %d\n", lines);
    pid_t child = fork();
    if (child == 0) {
        struct sembuf up = {0, 1, SEM_UNDO};
        semop(set, &up, 1);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    told("value after the end of who raised it with SEM_UNDO", semctl(set, 0, GETVAL));
    semctl(set, 0, SETVAL, 0);
    child = fork();
    if (child == 0) {
        struct sembuf down = {0, -1, 0};
        semop(set, &down, 1);
        _exit(0);
    }
    usleep(200000);
    semctl(set, 0, SETVAL, 1);
    waitpid(child, NULL, 0);
    dprintf(1, "GETPID is the sleeper's: %d\n", semctl(set, 0, GETPID) == child);
    msgctl(queue, IPC_STAT, &about);
    about.msg_qbytes = 3;
    msgctl(queue, IPC_SET, &about);
    for (int i = 0; i < 3; i++)
        msgsnd(queue, &message, 0, IPC_NOWAIT);
    child = fork();
    if (child == 0)
        _exit(msgsnd(queue, &message, 3, 0) ? errno : 0);
    usleep(200000);
    about.msg_qbytes = 100;
    msgctl(queue, IPC_SET, &about);
    usleep(200000);
    dprintf(1, "a sender that waits goes on when the queue grows: %d\n",
            waitpid(child, NULL, WNOHANG) == child);
    kill(child, SIGKILL);
    msgctl(queue, IPC_RMID, NULL);
    semctl(set, 0, IPC_RMID);
    child = fork();
    if (child == 0) {
        if (setresuid(1000, 1000, 1000) == 0)
            told("shmget 0600 of another user's", shmget(key, 0, 0600) < 0 ? -1 : 0);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    shmctl(memory, IPC_RMID, NULL);
}
