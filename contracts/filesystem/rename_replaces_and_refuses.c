/* Contract: rename(2) replaces what has the new name if the kinds match, does nothing for two names
 * of one file, and refuses loops, full directories, dots and slashes behind files.
 * Source: rename(2), fs/namei.c:do_renameat2, vfs_rename. */
#include "../contract.h"
#include <sys/stat.h>

static void make(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    expect(fd >= 0 && write(fd, text, strlen(text)) == (long)strlen(text) && close(fd) == 0, path);
}

static void show(const char *path)
{
    char text[32] = "";
    struct stat status;
    if (lstat(path, &status) != 0) {
        step(path, "%s", errno_name(errno));
        return;
    }
    int fd = open(path, O_RDONLY);
    if (S_ISREG(status.st_mode))
        expect(read(fd, text, sizeof text - 1) >= 0, "read");
    close(fd);
    step(path, "%o %lu %s", (unsigned)status.st_mode, (unsigned long)status.st_nlink, text);
}

static void try(const char *from, const char *to)
{
    char what[64];
    snprintf(what, sizeof what, "%.20s -> %.20s", from, to);
    step_result(what, rename(from, to));
}

int main(void)
{
    umask(022);
    make("a", "first");
    make("b", "second");
    expect(mkdir("one", 0755) == 0 && mkdir("two", 0755) == 0 && mkdir("one/sub", 0755) == 0, "mkdir");
    expect(link("a", "again") == 0 && symlink("b", "link") == 0, "link");
    try("a", "a");
    try("a", "again");
    show("a");
    show("again");
    try("a", "one/moved");
    show("a");
    show("one/moved");
    try("b", "one/moved");
    show("one/moved");
    show("again");
    try("again", "one");
    try("one", "again");
    try("two", "one");
    try("one", "two");
    show("two");
    show("one");
    try("two", "two/sub/deeper");
    try("two/sub", "two");
    try("two", "two");
    try("two/.", "x");
    try("two/..", "x");
    try(".", "x");
    try("again", "two/.");
    try("again", "..");
    try("", "x");
    try("again", "");
    try("missing", "x");
    try("missing/x", "y");
    try("again/x", "y");
    try("again", "again/x");
    try("again/", "x");
    try("again", "x/");
    try("two/", "three/");
    show("three");
    try("three", "again/");
    try("link", "link2");
    expect(lstat("link2", &(struct stat){0}) == 0, "the link itself moved");
    try("link2", "again");
    show("again");
    expect(symlink("three", "to-dir") == 0, "symlink");
    try("to-dir/", "four");
    try("to-dir", "three/sub");
    try("to-dir", "four");
    try("three/sub", "four");
    try("four", "three/sub");
    contract_pass();
}
