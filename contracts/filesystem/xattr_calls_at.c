/* Contract: setxattrat(2), getxattrat(2), listxattrat(2) and removexattrat(2) take a directory, a
 * name that may be empty, and the value in a structure whose size tells its version.
 * Requires: root, tmpfs, Linux 6.13
 * Source: fs/xattr.c:path_setxattrat, do_setxattr_args, path_getxattrat, path_listxattrat. */
#include "../contract.h"
#include <stdint.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { SET = 463, GET = 464, LIST = 465, REMOVE = 466, NO_FOLLOW = 0x100, EMPTY = 0x1000 };

struct value {
    uint64_t value;
    uint32_t size, flags;
    uint64_t later;
};

static char *volatile nowhere = (char *)8;

static long set(int directory, const char *path, unsigned at, const char *name, const char *value,
                unsigned flags)
{
    struct value all = {(uintptr_t)value, strlen(value), flags, 0};
    return syscall(SET, directory, path, at, name, &all, 16L);
}

/* What getxattrat gives, and the text that it wrote. */
static void get(const char *what, int directory, const char *path, unsigned at, const char *name)
{
    char text[16] = "";
    struct value all = {(uintptr_t)text, sizeof text, 0, 0};
    step_result(what, syscall(GET, directory, path, at, name, &all, 16L));
    step("value", "%s", text);
}

/* Print how many names this contract made. */
static void list(const char *what, int directory, const char *path, unsigned at)
{
    char names[4096];
    long size = syscall(LIST, directory, path, at, names, sizeof names), count = 0;
    expect(size >= 0, "listxattrat");
    for (char *name = names; name < names + size; name += strlen(name) + 1)
        count += strncmp(name, "user.", 5) == 0 || strcmp(name, "trusted.l") == 0;
    step(what, "%ld", count);
}

int main(void)
{
    umask(0);
    expect(mkdir("d", 0755) == 0 && close(open("d/file", O_CREAT | O_RDWR, 0666)) == 0, "make");
    expect(symlink("file", "d/link") == 0, "symlink");
    int directory = open("d", O_RDONLY | O_DIRECTORY), file = open("d/file", O_RDWR);
    int place = open("d/file", O_PATH);

    step_result("set", set(directory, "file", 0, "user.a", "one", 0));
    step_result("set through a link", set(directory, "link", 0, "user.b", "two", 0));
    step_result("set of a link", set(directory, "link", NO_FOLLOW, "trusted.l", "link", 0));
    step_result("set of an open file", set(file, "", EMPTY, "user.c", "three", 0));
    step_result("set of an open file, no name", set(file, NULL, EMPTY, "user.d", "four", 0));
    step_result("set from the directory itself", set(directory, "", EMPTY, "user.e", "dir", 0));
    get("get", directory, "file", 0, "user.a");
    get("get through a link", directory, "link", 0, "user.b");
    get("get of a link", directory, "link", NO_FOLLOW, "trusted.l");
    get("get of an open file", file, "", EMPTY, "user.d");
    get("get of a place", place, "", EMPTY, "user.c");
    get("get of a place, no name", place, NULL, EMPTY, "user.c");
    get("get from the working directory", AT_FDCWD, "d", 0, "user.e");
    list("list", directory, "file", 0);
    list("list of a link", directory, "link", NO_FOLLOW);
    list("list of an open file", file, "", EMPTY);

    expect_errno(set(directory, "file", 0, "user.a", "x", XATTR_CREATE), EEXIST, "create again");
    expect_errno(set(directory, "file", 0, "user.z", "x", XATTR_REPLACE), ENODATA, "replace none");
    expect_errno(set(directory, "file", 0, "user.z", "x", 4), EINVAL, "an unknown flag");
    expect_errno(set(directory, "file", 0x400, "user.z", "x", 0), EINVAL, "an unknown at flag");
    expect_errno(set(directory, "", 0, "user.z", "x", 0), ENOENT, "an empty name");
    expect_errno(set(directory, NULL, 0, "user.z", "x", 0), EFAULT, "no name");
    expect_errno(set(-1, "", EMPTY, "user.z", "x", 0), EBADF, "a bad descriptor");
    expect_errno(set(-1, "file", 0, "user.z", "x", 0), EBADF, "a bad directory");
    expect_errno(set(file, "file", 0, "user.z", "x", 0), ENOTDIR, "not a directory");
    expect_errno(set(directory, "file", 0, "", "x", 0), ERANGE, "an attribute without a name");

    struct value all = {(uintptr_t) "x", 1, 0, 0}, read = {0, 0, 1, 0};
    expect_errno(syscall(SET, directory, "file", 0, "user.z", &all, 15L), EINVAL, "too small");
    step_result("larger, with nothing", syscall(SET, directory, "file", 0, "user.z", &all, 24L));
    all.later = 1;
    expect_errno(syscall(SET, directory, "file", 0, "user.z", &all, 24L), E2BIG, "with something");
    expect_errno(syscall(SET, directory, "file", 0, "user.z", &all, 4097L), E2BIG, "a page and one");
    expect_errno(syscall(SET, directory, "file", 0, "user.z", nowhere, 16L), EFAULT, "nowhere");
    expect_errno(syscall(SET, directory, "file", 0x400, "user.z", nowhere, 15L), EINVAL, "all wrong");
    all.size = 65537;
    expect_errno(syscall(SET, directory, "file", 0, "user.z", &all, 16L), E2BIG, "a long value");
    expect_errno(syscall(GET, directory, "file", 0, "user.a", &read, 16L), EINVAL, "get with a flag");
    read.flags = 0;
    step_result("how much", syscall(GET, directory, "file", 0, "user.a", &read, 16L));
    expect_errno(syscall(GET, directory, "file", 0, "user.a", &read, 12L), EINVAL, "get, too small");
    expect_errno(syscall(GET, directory, "file", 2, "user.a", &read, 16L), EINVAL, "get at");
    expect_errno(syscall(LIST, directory, "file", 2, NULL, 0L), EINVAL, "list at");
    expect_errno(syscall(REMOVE, directory, "file", 2, "user.a"), EINVAL, "remove at");

    step_result("remove", syscall(REMOVE, directory, "file", 0, "user.a"));
    expect_errno(syscall(REMOVE, directory, "file", 0, "user.a"), ENODATA, "remove again");
    step_result("remove of a link", syscall(REMOVE, directory, "link", NO_FOLLOW, "trusted.l"));
    step_result("remove of an open file", syscall(REMOVE, file, NULL, EMPTY, "user.b"));
    step_result("remove of a place", syscall(REMOVE, place, "", EMPTY, "user.c"));
    list("list what is left", directory, "file", 0);
    contract_pass();
}
