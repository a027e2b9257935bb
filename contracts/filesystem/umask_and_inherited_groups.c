/* Contract: umask(2) clears permission bits of what is made, not of symbolic links; a set-group-ID
 * directory hands on its group, and the bit itself to directories; mkdir takes the sticky bit.
 * Requires: root, tmpfs
 * Source: umask(2), inode(7), fs/inode.c:inode_init_owner, mode_strip_sgid. */
#include "../contract.h"
#include <grp.h>
#include <sys/stat.h>

static void show(const char *path)
{
    struct stat status;
    expect(lstat(path, &status) == 0, path);
    step(path, "%06o %d:%d", (unsigned)status.st_mode, (int)status.st_uid, (int)status.st_gid);
}

static void fill(const char *where)
{
    expect(chdir(where) == 0, "chdir");
    step("in", "%s", where);
    expect(close(open("file", O_CREAT | O_WRONLY, 0666)) == 0, "file");
    expect(close(open("setgid", O_CREAT | O_WRONLY, 07777)) == 0, "setgid");
    expect(close(open("setgid-no-exec", O_CREAT | O_WRONLY, 06666)) == 0, "setgid-no-exec");
    expect(mkdir("directory", 07777) == 0 && symlink("x", "link") == 0, "directory");
    expect(mkfifo("fifo", 06777) == 0 && mknod("regular", 07777, 0) == 0, "fifo");
    show("file");
    show("setgid");
    show("setgid-no-exec");
    show("directory");
    show("link");
    show("fifo");
    show("regular");
    int fd = open(".", O_TMPFILE | O_RDWR, 06777);
    struct stat status;
    expect(fstat(fd, &status) == 0, "fstat");
    step("O_TMPFILE", "%06o %d:%d", (unsigned)status.st_mode, (int)status.st_uid, (int)status.st_gid);
    close(fd);
    expect(chdir("..") == 0, "chdir");
}

int main(void)
{
    expect(chmod(".", 0777) == 0, "chmod");
    umask(0);
    for (int i = 0; i < 5; i++) {
        char name[2] = {'a' + i, 0};
        expect(mkdir(name, 0777) == 0 && chown(name, 7, 7) == 0, "mkdir");
        expect(chmod(name, i % 2 ? 02777 : 0777) == 0, "chmod");
    }
    step("umask gives the old one", "%o", (unsigned)umask(027));
    step("and keeps nine bits", "%o", (unsigned)umask(077777));
    step("so it was", "%o", (unsigned)umask(027));
    fill("a");
    fill("b");
    umask(0);
    expect(setgroups(0, NULL) == 0 && setegid(1000) == 0 && seteuid(1000) == 0, "become 1000");
    fill("c");
    fill("d");
    expect(seteuid(0) == 0 && setgroups(1, (gid_t[]){7}) == 0 && seteuid(1000) == 0, "group 7");
    expect(mkdir("b2", 0777) == 0, "mkdir");
    expect(seteuid(0) == 0 && chown("b2", 7, 7) == 0 && chmod("b2", 02777) == 0 && seteuid(1000) == 0, "b2");
    fill("b2");
    contract_pass();
}
