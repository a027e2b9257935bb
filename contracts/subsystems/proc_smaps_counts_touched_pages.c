/* Contract: /proc/self/smaps tells for each VMA its size and what of it is in core, exactly:
 * pages written are private and dirty, after fork shared until one side writes; a page only
 * read is the zero page, which does not count. VmFlags shows rd, wr, mr, mw, me and ac.
 * Source: proc_pid_smaps(5); fs/proc/task_mmu.c:smaps_account. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static char *pages;

static void show(const char *name)
{
    static const char *const fields[] = {"Size:", "Rss:", "Shared_Dirty:", "Private_Dirty:",
                                         "Anonymous:", "Locked:"};
    static char text[262144];
    char wanted[32], flags[128] = "", *line;
    long got, used = 0, values[6] = {0};
    int fd = open("/proc/self/smaps", O_RDONLY);
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
    snprintf(wanted, sizeof wanted, "%08lx-", (unsigned long)pages);
    line = strstr(text, wanted);
    expect(line && (line == text || line[-1] == '\n'), "the VMA in smaps");
    while (strncmp(line, "VmFlags: ", 9)) {
        for (int i = 0; i < 6; i++)
            if (strncmp(line, fields[i], strlen(fields[i])) == 0)
                values[i] = atol(line + strlen(fields[i]));
        line = strchr(line, '\n') + 1;
    }
    snprintf(flags, sizeof flags, "%.18s", line + 9);
    step(name, "Size %ld Rss %ld Shared_Dirty %ld Private_Dirty %ld Anonymous %ld Locked %ld",
         values[0], values[1], values[2], values[3], values[4], values[5]);
    step("  VmFlags", "%s", flags);
}

int main(void)
{
    int kind = MAP_PRIVATE | MAP_ANONYMOUS;
    /* Neighbours of another kind keep the VMA by itself. */
    pages = mmap(NULL, 10 * PAGE, PROT_NONE, kind, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    pages += PAGE;
    expect(mprotect(pages, 8 * PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    show("new");
    for (int i = 0; i < 3; i++)
        pages[i * PAGE] = 'w';
    show("3 pages written");
    (void)((volatile char *)pages)[5 * PAGE];
    show("1 page read");
    int to_child[2], to_parent[2];
    char byte;
    expect(pipe(to_child) == 0 && pipe(to_parent) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        show("child, after fork");
        pages[0] = 'c';
        show("child, 1 page written");
        expect(write(to_parent[1], "x", 1) == 1 && read(to_child[0], &byte, 1) == 1, "pipes");
        _exit(0);
    }
    expect(read(to_parent[0], &byte, 1) == 1, "read");
    show("parent, meanwhile");
    expect(write(to_child[1], "x", 1) == 1, "write");
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    show("parent, child gone");
    expect(madvise(pages, 2 * PAGE, MADV_DONTNEED) == 0, "madvise");
    show("2 pages dropped");
    expect(mlock(pages, 8 * PAGE) == 0, "mlock");
    show("locked");
    contract_pass();
}
