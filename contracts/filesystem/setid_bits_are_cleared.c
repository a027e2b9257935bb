/* Contract: writing, truncating and chown clear set-user-ID and, where the group may execute,
 * set-group-ID; with CAP_FSETID writing does not; chmod drops set-group-ID for strangers.
 * Requires: root, tmpfs
 * Source: chown(2), chmod(2), inode(7), fs/inode.c:file_remove_privs, fs/attr.c:setattr_prepare. */
#include "../contract.h"
#include <grp.h>
#include <sys/stat.h>

static void reset(mode_t mode)
{
    unlink("file");
    expect(close(open("file", O_CREAT | O_RDWR, 0600)) == 0, "open");
    expect(chown("file", 1000, 1000) == 0 && chmod("file", mode) == 0, "chmod");
}

static void show(const char *what, long result)
{
    struct stat status;
    if (result < 0) {
        step(what, "%s", errno_name(errno));
        return;
    }
    expect(stat("file", &status) == 0, "stat");
    step(what, "%05o", (unsigned)status.st_mode & 07777);
}

static void as(uid_t uid, gid_t gid)
{
    expect(seteuid(0) == 0 && setegid(gid) == 0 && setgroups(0, NULL) == 0 && seteuid(uid) == 0, "as");
}

static void writing(uid_t uid, gid_t gid, mode_t mode)
{
    int fd;
    step("as", "%d:%d, mode %05o", (int)uid, (int)gid, (unsigned)mode);
    for (int what = 0; what < 7; what++) {
        as(0, 0);
        reset(mode);
        as(uid, gid);
        fd = open("file", O_RDWR);
        expect(fd >= 0, "open");
        switch (what) {
        case 0: show("write", write(fd, "x", 1)); break;
        case 1: show("write of nothing", write(fd, "", 0)); break;
        case 2: show("ftruncate", ftruncate(fd, 10)); break;
        case 3: show("ftruncate to the same size", ftruncate(fd, 0)); break;
        case 4: show("truncate", truncate("file", 5)); break;
        case 5: show("O_TRUNC", close(open("file", O_WRONLY | O_TRUNC))); break;
        case 6: show("fallocate", fallocate(fd, 0, 0, 10)); break;
        }
        close(fd);
    }
    as(0, 0);
}

static void changing(uid_t uid, gid_t gid, mode_t mode)
{
    step("changing as", "%d:%d, mode %05o", (int)uid, (int)gid, (unsigned)mode);
    as(0, 0), reset(mode), as(uid, gid);
    show("chown to nobody", chown("file", -1, -1));
    as(0, 0), reset(mode), as(uid, gid);
    show("chown of the group", chown("file", -1, gid));
    as(0, 0), reset(mode), as(uid, gid);
    show("chown to the same", chown("file", 1000, 1000));
    as(0, 0), reset(mode), as(uid, gid);
    show("chmod", chmod("file", 06755));
    as(0, 0);
}

int main(void)
{
    expect(chmod(".", 0777) == 0, "chmod");
    writing(0, 0, 06777);
    writing(1000, 1000, 06777);
    writing(1000, 1000, 06767);
    writing(2000, 1000, 06767);
    writing(2000, 2000, 06767);
    writing(2000, 2000, 02777);
    changing(0, 0, 06777);
    changing(0, 5, 06767);
    changing(1000, 1000, 06777);
    changing(1000, 1000, 06767);
    changing(1000, 2000, 06777);
    expect(mkdir("d", 0755) == 0 && chmod("d", 06755) == 0 && chown("d", 5, 5) == 0, "mkdir");
    struct stat status;
    expect(stat("d", &status) == 0, "stat");
    step("chown of a directory keeps them", "%o", (unsigned)status.st_mode);
    contract_pass();
}
