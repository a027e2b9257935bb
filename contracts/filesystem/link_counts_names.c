/* Contract: st_nlink counts the names of a file and the subdirectories of a directory; a file lives
 * until its last name and its last descriptor are gone.
 * Requires: tmpfs
 * Source: link(2), unlink(2), inode(7). */
#include "../contract.h"
#include <sys/stat.h>

static void count(const char *what, const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        step(what, "%s", errno_name(errno));
    else
        step(what, "%lu links, %ld bytes", (unsigned long)status.st_nlink, (long)status.st_size);
}

int main(void)
{
    struct stat status, other;
    char text[8] = "", where[64];
    expect(mkdir("d", 0755) == 0, "mkdir");
    count("a new directory", "d");
    expect(mkdir("d/one", 0755) == 0 && mkdir("d/two", 0755) == 0, "mkdir");
    int fd = open("d/file", O_CREAT | O_RDWR, 0644);
    expect(fd >= 0 && symlink("file", "d/link") == 0, "make");
    count("two directories, a file and a link in it", "d");
    expect(rename("d/two", "moved") == 0, "rename");
    count("one moved away", "d");
    expect(rmdir("d/one") == 0, "rmdir");
    count("one removed", "d");
    count("the file", "d/file");
    expect(link("d/file", "second") == 0 && link("second", "third") == 0, "link");
    count("three names", "third");
    expect(stat("d/file", &status) == 0 && stat("third", &other) == 0, "stat");
    step("one inode", "%d", status.st_ino == other.st_ino && status.st_dev == other.st_dev);
    expect(link("d/link", "link2") == 0, "link");
    count("link(2) takes the symbolic link itself", "link2");
    expect(unlink("d/file") == 0 && unlink("second") == 0, "unlink");
    count("one name left", "third");
    expect(write(fd, "alive", 5) == 5 && unlink("third") == 0, "unlink");
    expect(fstat(fd, &status) == 0, "fstat");
    step("no name left", "%lu links, %ld bytes", (unsigned long)status.st_nlink, (long)status.st_size);
    step_result("read it", pread(fd, text, 7, 0));
    step("text", "%s", text);
    snprintf(where, sizeof where, "/proc/self/fd/%d", fd);
    char target[256] = "";
    expect(readlink(where, target, sizeof target - 1) > 0, "readlink");
    step("its link", "%s", strrchr(target, '/'));
    int again = open(where, O_RDWR);
    step("opened again through /proc", "%d", again >= 0);
    step_result("write through it", pwrite(again, "ALIVE", 5, 0));
    expect(pread(fd, text, 5, 0) == 5, "pread");
    step("text", "%s", text);
    expect_errno(linkat(AT_FDCWD, where, AT_FDCWD, "back", AT_SYMLINK_FOLLOW), ENOENT,
                 "linking what has no name left");
    int directory = open("moved", O_RDONLY);
    expect(mkdir("moved/x", 0755) == 0 && rmdir("moved/x") == 0 && rmdir("moved") == 0, "rmdir");
    expect(fstat(directory, &status) == 0, "fstat");
    step("a removed directory", "%lu links", (unsigned long)status.st_nlink);
    expect_errno(openat(directory, "x", O_CREAT | O_WRONLY, 0644), ENOENT, "creating in it");
    expect_errno(mkdirat(directory, "x", 0755), ENOENT, "mkdir in it");
    expect_errno(openat(directory, "x", O_RDONLY), ENOENT, "opening in it");
    step_result("its `..` is still there", fstatat(directory, "..", &status, 0));
    contract_pass();
}
