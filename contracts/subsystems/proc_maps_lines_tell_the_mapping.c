/* Contract: a line of /proc/self/maps gives range, permissions with p or s, offset, device,
 * inode and path; anonymous memory has offset, device and inode 0 and no path, shared
 * anonymous memory is /dev/zero (deleted), and a name is padded to column 73. Lines ascend.
 * Source: proc_pid_maps(5); fs/proc/task_mmu.c:show_map_vma. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096 };

static void show(const char *name, void *address)
{
    char line[8192], permissions[8];
    unsigned long from, to, offset, inode;
    unsigned major, minor;
    int end;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) {
        expect(sscanf(line, "%lx-%lx %7s %lx %x:%x %lu%n", &from, &to, permissions, &offset,
                      &major, &minor, &inode, &end) == 7, "format");
        if (from > (unsigned long)address || to <= (unsigned long)address)
            continue;
        line[strcspn(line, "\n")] = 0;
        char *path = strpbrk(line + end, "/[");
        step(name, "%s offset %lx, inode %s, name %s at column %ld", permissions, offset,
             inode ? "n" : "0", !path ? "none" : strrchr(path, '/') ? strrchr(path, '/') : path,
             path ? (long)(path - line) : 0);
        if (!path)
            step("  rest of the line", "'%s', device %x:%x", line + end, major, minor);
    }
    fclose(maps);
}

int main(void)
{
    static int data = 1;
    int both = PROT_READ | PROT_WRITE, local, fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(fd >= 0 && ftruncate(fd, 4 * PAGE) == 0, "file");
    struct stat file;
    expect(fstat(fd, &file) == 0, "fstat");
    show("private file", mmap(NULL, PAGE, both, MAP_PRIVATE, fd, 2 * PAGE));
    show("shared file", mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 3 * PAGE));
    show("private anonymous", mmap(NULL, PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    show("shared anonymous", mmap(NULL, PAGE, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    int memory = memfd_create("memory", 0);
    expect(ftruncate(memory, PAGE) == 0, "ftruncate");
    show("memfd", mmap(NULL, PAGE, both, MAP_SHARED, memory, 0));
    show("stack", &local);
    int first = 1, ascending = 1;
    unsigned long from, to, last = 0;
    char line[8192], name[64] = "";
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps) && sscanf(line, "%lx-%lx", &from, &to) == 2) {
        ascending &= first || from >= last;
        first = 0;
        last = to;
        if (strstr(line, "[vdso]"))
            snprintf(name, sizeof name, "%.4s", strchr(line, ' ') + 1);
        expect(from < to && from % PAGE == 0 && to % PAGE == 0, "a range of pages");
    }
    step("ascending", "%s", ascending ? "yes" : "no");
    step("[vdso]", "%s", name);
    step("data", "%d", data);
    contract_pass();
}
