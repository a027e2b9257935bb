/* Contract: renameat2(2) with RENAME_NOREPLACE never replaces, RENAME_EXCHANGE swaps two names of
 * any kinds, RENAME_WHITEOUT leaves a character device 0/0 behind; other flags are EINVAL.
 * Requires: root, tmpfs
 * Source: renameat2(2), fs/namei.c:do_renameat2, mm/shmem.c:shmem_rename2. */
#include "../contract.h"
#include <sys/stat.h>

#define NOREPLACE 1
#define EXCHANGE 2
#define WHITEOUT 4

static void show(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        step(path, "%s", errno_name(errno));
    else
        step(path, "%o, %lu links, %ld bytes, device %lu", (unsigned)status.st_mode,
             (unsigned long)status.st_nlink, S_ISREG(status.st_mode) ? (long)status.st_size : 0L,
             (unsigned long)status.st_rdev);
}

static void try(const char *from, const char *to, unsigned flags)
{
    char what[64];
    snprintf(what, sizeof what, "%s -> %s, flags %u", from, to, flags);
    step_result(what, syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

int main(void)
{
    umask(022);
    expect(write(open("a", O_CREAT | O_WRONLY, 0644), "abc", 3) == 3, "a");
    expect(write(open("b", O_CREAT | O_WRONLY, 0600), "x", 1) == 1, "b");
    expect(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && mkdir("f", 0700) == 0, "mkdir");
    try("a", "b", NOREPLACE);
    try("a", "a", NOREPLACE);
    try("a", "d", NOREPLACE);
    try("a", "d/.", NOREPLACE);
    try("a", "c", NOREPLACE);
    show("c");
    try("c", "b", EXCHANGE);
    show("b");
    show("c");
    try("b", "d", EXCHANGE);
    show("b");
    show("d");
    show("b/e");
    try("b", "b/e", EXCHANGE);
    try("b/e", "b", EXCHANGE);
    try("b", "missing", EXCHANGE);
    try("missing", "b", EXCHANGE);
    try("b/e", "d", EXCHANGE);
    show("b");
    show("b/e");
    show("d");
    try("d", "b/e/", EXCHANGE);
    try("d/", "f/", EXCHANGE);
    show("d");
    show("f");
    try("c", "b/e", NOREPLACE | EXCHANGE);
    try("c", "b/e", WHITEOUT | EXCHANGE);
    try("c", "b/e", 8);
    try("c", "b/e", 1u << 31);
    try("c", "g", WHITEOUT);
    show("c");
    show("g");
    try("g", "b/e", WHITEOUT);
    show("g");
    show("b/e");
    try("d", "h", WHITEOUT | NOREPLACE);
    show("d");
    show("h");
    try("c", "h", EXCHANGE);
    show("h");
    step_result("unlink of a whiteout", unlink("h"));
    contract_pass();
}
