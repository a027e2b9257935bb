/* Contract: when a thread ends, the words of its robust list that it owns get FUTEX_OWNER_DIED and
 * a shared waiter of each is woken; what it was about to take is looked at, too. Locks with
 * priority inheritance go to their first waiter. exec and a kill do the same.
 * Source: get_robust_list(2); kernel/futex/core.c:exit_robust_list(). */
#include "threads.h"
#include <stddef.h>
#include <sys/mman.h>

struct entry { struct entry *next; unsigned int word; };
struct head { struct entry *next; long offset; struct entry *pending; };

static struct head *head;
static struct entry *entries;
static int scene;

static void step_word(const char *name, unsigned int word)
{
    step(name, "%s%s%s", word & FUTEX_TID_MASK ? "owner" : "nobody",
         word & FUTEX_WAITERS ? " waiters" : "", word & FUTEX_OWNER_DIED ? " died" : "");
}

static void link_entries(int count, int last_to_nowhere)
{
    head->next = count ? &entries[0] : (struct entry *)head;
    head->offset = offsetof(struct entry, word);
    head->pending = NULL;
    for (int at = 0; at < count; at++)
        entries[at].next = at + 1 < count ? &entries[at + 1] : (struct entry *)head;
    if (last_to_nowhere)
        entries[count - 1].next = (struct entry *)8;
}

static void arrange(void)
{
    unsigned int tid = own_tid();
    for (int at = 0; at < 4; at++)
        entries[at].word = tid;
    link_entries(3, scene == 4);
    switch (scene) {
    case 0: entries[1].word = tid | FUTEX_WAITERS; break;
    case 1: entries[1].word = 1; break;
    case 2: head->pending = &entries[3]; break;
    case 3: head->pending = &entries[3]; entries[3].word = 0; break;
    case 5: entries[0].next = (struct entry *)((char *)&entries[1] + 2); break;
    case 6: entries[2].word = tid | FUTEX_OWNER_DIED; break;
    }
    if (syscall(SYS_set_robust_list, head, sizeof *head) != 0)
        contract_fail("set_robust_list", "%s", errno_name(errno));
}

static void *thread(void *unused)
{
    (void)unused;
    arrange();
    syscall(SYS_exit, 0);
    return NULL;
}

static void play(const char *name)
{
    step("scene", "%s", name);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (scene == 7)
            scene = 0, arrange(), execl("/proc/self/exe", "again", "quit", NULL);
        if (scene == 8) {
            scene = 0, arrange();
            kill(getpid(), SIGKILL);
        }
        thread(NULL);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    for (int at = 0; at < 4; at++)
        step_word("word", entries[at].word);
    scene++;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        _exit(0);
    char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    head = (struct head *)memory;
    entries = (struct entry *)(memory + 64);
    expect_errno(syscall(SYS_set_robust_list, head, sizeof *head - 1), EINVAL, "another size");
    struct head *found;
    size_t size = 0;
    expect(syscall(SYS_set_robust_list, head, sizeof *head) == 0, "set_robust_list");
    step_result("get_robust_list", syscall(SYS_get_robust_list, 0, &found, &size));
    step("head and size", "%d %zu", found == head, size);
    expect_errno(syscall(SYS_get_robust_list, 0x3ffffff0, &found, &size), ESRCH, "of nobody");
    link_entries(0, 0);
    play("three, one with waiters");
    play("one is another's");
    play("a pending one");
    play("a pending one that is free");
    play("a broken list");
    play("an entry that is not aligned");
    play("died before");
    play("exec");
    play("killed");

    pid_t sleeper = fork();
    unsigned int expected = 77;
    entries[1].word = expected;
    if (sleeper == 0)
        _exit(futex(&entries[1].word, FUTEX_WAIT, expected, NULL, NULL, 0) == 0 ? 0 : errno);
    wait_for_state(sleeper, 'S');
    scene = 0;
    pid_t child = fork();
    if (child == 0)
        thread(NULL);
    wait_for_success(child);
    wait_for_success(sleeper);
    step_word("its waiter was woken", entries[1].word);
    contract_pass();
}
