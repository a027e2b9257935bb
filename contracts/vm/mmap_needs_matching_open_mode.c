/* Contract: a mapping may do to a file only what its descriptor may: every file mapping needs
 * a readable one, a shared writable mapping a read-write one; mprotect cannot go round that.
 * O_APPEND does not hinder, O_PATH is no descriptor at all. Otherwise EACCES.
 * Source: mmap(2), mprotect(2); mm/mmap.c:do_mmap. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static void try(const char *name, int fd, int protection, int kind)
{
    void *page = mmap(NULL, PAGE, protection, kind, fd, 0);
    if (page == MAP_FAILED)
        step(name, "%s", errno_name(errno));
    else
        step(name, "mapped, munmap %d", munmap(page, PAGE));
}

int main(void)
{
    int creator = open("file", O_RDWR | O_CREAT, 0600);
    expect(creator >= 0 && ftruncate(creator, PAGE) == 0, "file");
    const struct { const char *name; int flags; } modes[] = {
        {"O_RDONLY", O_RDONLY}, {"O_WRONLY", O_WRONLY}, {"O_RDWR", O_RDWR},
        {"O_RDWR|O_APPEND", O_RDWR | O_APPEND}, {"O_PATH", O_PATH},
    };
    for (int i = 0; i < 5; i++) {
        int fd = open("file", modes[i].flags);
        expect(fd >= 0, "open");
        step("open", "%s", modes[i].name);
        try("  shared, read", fd, PROT_READ, MAP_SHARED);
        try("  shared, write", fd, PROT_WRITE, MAP_SHARED);
        try("  shared, read and write", fd, PROT_READ | PROT_WRITE, MAP_SHARED);
        try("  shared, none", fd, PROT_NONE, MAP_SHARED);
        try("  private, read", fd, PROT_READ, MAP_PRIVATE);
        try("  private, read and write", fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        close(fd);
    }
    int readonly = open("file", O_RDONLY);
    void *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, readonly, 0);
    void *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, readonly, 0);
    expect(shared != MAP_FAILED && private != MAP_FAILED, "mmap");
    step_result("shared to PROT_NONE", mprotect(shared, PAGE, PROT_NONE));
    step_result("and back", mprotect(shared, PAGE, PROT_READ));
    expect_errno(mprotect(shared, PAGE, PROT_READ | PROT_WRITE), EACCES, "shared to writable");
    step_result("private to writable", mprotect(private, PAGE, PROT_READ | PROT_WRITE));
    contract_pass();
}
