/* Contract: the first number of /proc/self/statm is the number of pages mapped, to the page:
 * mmap, brk, mprotect, mremap and munmap move it by exactly what they map. The sixth counts
 * those that are private and writable. VmSize in status is the same number in kB.
 * Source: proc_pid_statm(5); mm/vma.c:vm_stat_account. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static long base_size, base_data;

static void now(const char *name)
{
    char text[256];
    int fd = open("/proc/self/statm", O_RDONLY);
    long got = read(fd, text, sizeof text - 1), size, data;
    close(fd);
    expect(got > 0, "read");
    text[got] = 0;
    expect(sscanf(text, "%ld %*d %*d %*d %*d %ld", &size, &data) == 2, "statm");
    if (base_size == 0) {
        base_size = size;
        base_data = data;
    }
    step(name, "size %+ld, data %+ld", size - base_size, data - base_data);
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    step("first", "a line, so that the buffer of stdout exists");
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    now("before");
    char *pages = mmap(NULL, 10 * PAGE, both, anonymous, -1, 0);
    now("10 pages mapped");
    memset(pages, 'a', 10 * PAGE);
    now("touched");
    mprotect(pages, 4 * PAGE, PROT_NONE);
    now("4 of them PROT_NONE");
    mprotect(pages, 2 * PAGE, both);
    now("2 of these back");
    munmap(pages + 5 * PAGE, PAGE + 1);
    now("2 unmapped");
    munmap(pages, 10 * PAGE);
    now("all unmapped");
    pages = mmap(NULL, 3 * PAGE, PROT_READ, anonymous, -1, 0);
    now("3 read-only");
    char *shared = mmap(NULL, 5 * PAGE, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    now("5 shared");
    mmap(pages, PAGE, both, anonymous | MAP_FIXED, -1, 0);
    now("1 replaced by a writable one");
    mmap(NULL, 7 * PAGE, both, MAP_PRIVATE, fd, 0);
    now("7 of a file, private");
    mremap(shared, 5 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    now("shared grown by 3");
    syscall(SYS_brk, (syscall(SYS_brk, 0) + PAGE - 1) / PAGE * PAGE + 6 * PAGE);
    now("heap grown by 6");

    char text[8192], *line;
    fd = open("/proc/self/status", O_RDONLY);
    long got = read(fd, text, sizeof text - 1), kilobytes = 0;
    text[got] = 0;
    line = strstr(text, "VmSize:");
    expect(line && sscanf(line, "VmSize: %ld kB", &kilobytes) == 1, "VmSize");
    fd = open("/proc/self/statm", O_RDONLY);
    got = read(fd, text, sizeof text - 1);
    text[got] = 0;
    step("VmSize is size * 4 kB", "%s", atol(text) * 4 == kilobytes ? "yes" : "no");
    contract_pass();
}
