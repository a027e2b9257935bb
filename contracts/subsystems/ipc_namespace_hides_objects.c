/* Contract: after unshare(CLONE_NEWIPC), clone with it, or setns, keys and ids of System V objects
 * and names of message queues are those of another namespace, empty at first; a segment that is
 * attached stays so. Semaphore adjustments are undone on the way out.
 * Requires: CAP_SYS_ADMIN
 * Source: ipc_namespaces(7), unshare(2); kernel/nsproxy.c, ipc/namespace.c. */
#include "../contract.h"
#include <mqueue.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY 0x4b45564c

static char link_text[2][64];
static int outer_shm, outer_sem;

static void read_link(int which)
{
    long got = readlink("/proc/self/ns/ipc", link_text[which], sizeof link_text[0] - 1);
    link_text[which][got > 0 ? got : 0] = 0;
}

static long count_lines(const char *path)
{
    long lines = 0;
    int byte;
    FILE *file = fopen(path, "r");
    expect(file != NULL, path);
    while ((byte = getc(file)) != EOF)
        lines += byte == '\n';
    fclose(file);
    return lines - 1;
}

static void count(const char *where)
{
    step(where, "%ld segments, %ld sets, %ld queues", count_lines("/proc/sysvipc/shm"),
         count_lines("/proc/sysvipc/sem"), count_lines("/proc/sysvipc/msg"));
}

static void *enter(void *unused)
{
    (void)unused;
    int outside = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
    char *memory = shmat(outer_shm, NULL, 0);
    expect(outside >= 0 && memory != (void *)-1, "what is taken along");
    struct sembuf raise = {.sem_num = 0, .sem_op = 3, .sem_flg = SEM_UNDO};
    expect(semop(outer_sem, &raise, 1) == 0, "semop");
    step("value outside, before", "%d", semctl(outer_sem, 0, GETVAL));
    step_result("unshare", unshare(CLONE_NEWIPC));
    read_link(1);
    step("namespace", "%s", strcmp(link_text[0], link_text[1]) ? "another" : "the same");
    count("inside");
    expect_errno(shmget(KEY, 0, 0), ENOENT, "segment by key");
    expect_errno(semget(KEY, 0, 0), ENOENT, "set by key");
    expect_errno(msgget(KEY, 0), ENOENT, "queue by key");
    expect_errno(semctl(outer_sem, 0, GETVAL), EINVAL, "set by id");
    step("attached memory", "%s", memory);
    memcpy(memory, "inside", 7);
    step("id of the first inside", "%d", shmget(KEY, 8192, IPC_CREAT | IPC_EXCL | 0600));
    step("id of the first set", "%d", semget(KEY, 2, IPC_CREAT | IPC_EXCL | 0600));
    step("id of the first queue", "%d", msgget(KEY, IPC_CREAT | IPC_EXCL | 0600));
    mqd_t queue = mq_open("/kevlar-inside", O_CREAT | O_EXCL | O_RDWR, 0600, NULL);
    expect(queue != (mqd_t)-1, "mq_open");
    count("inside");
    pid_t child = fork();
    if (child == 0) {
        count("child");
        step_result("child enters the first", setns(outside, CLONE_NEWIPC));
        count("child outside");
        step("value outside", "%d", semctl(outer_sem, 0, GETVAL));
        expect_errno(mq_open("/kevlar-inside", O_RDWR), ENOENT, "queue by name");
        expect_errno(setns(outside, CLONE_NEWUTS), EINVAL, "as another kind");
        _exit(0);
    }
    wait_for_success(child);
    step_result("back", setns(outside, 0));
    read_link(1);
    step("namespace", "%s", strcmp(link_text[0], link_text[1]) ? "another" : "the first");
    count("outside again");
    return memory;
}

int main(void)
{
    expect(unshare(CLONE_NEWIPC) == 0, "a namespace to begin with");
    read_link(0);
    outer_shm = shmget(KEY, 4096, IPC_CREAT | 0600);
    outer_sem = semget(KEY, 1, IPC_CREAT | 0600);
    expect(outer_shm >= 0 && outer_sem >= 0 && msgget(KEY, IPC_CREAT | 0600) >= 0, "objects");
    char *memory = shmat(outer_shm, NULL, 0);
    strcpy(memory, "outside");
    count("outside");
    pid_t child = fork();
    if (child == 0) {
        enter(NULL);
        _exit(0);
    }
    wait_for_success(child);
    step("what the child wrote", "%s", memory);
    count("outside after it all");
    child = (pid_t)syscall(SYS_clone, CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        count("cloned");
        _exit(0);
    }
    wait_for_success(child);
    child = fork();
    if (child == 0) {
        expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
        expect_errno(unshare(CLONE_NEWIPC), EPERM, "unprivileged unshare");
        expect_errno(syscall(SYS_clone, CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0), EPERM,
                     "unprivileged clone");
        int own = open("/proc/self/ns/ipc", O_RDONLY);
        expect_errno(setns(own, 0), EPERM, "unprivileged setns");
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
