/* mount knows no propagation and few options of tmpfs, and umount2 no expiry. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void told(const char *what, long got)
{
    printf("%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "done");
}

int main(void)
{
    told("unshare(CLONE_NEWNS)", unshare(CLONE_NEWNS));
    told("MS_REC|MS_PRIVATE on /", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    mkdir("m", 0755);
    told("tmpfs", mount("none", "m", "tmpfs", 0, NULL));
    told("MS_PRIVATE", mount(NULL, "m", NULL, MS_PRIVATE, NULL));
    told("MS_SHARED", mount(NULL, "m", NULL, MS_SHARED, NULL));
    told("MS_SLAVE", mount(NULL, "m", NULL, MS_SLAVE, NULL));
    told("MNT_EXPIRE, first", umount2("m", MNT_EXPIRE));
    told("MS_REMOUNT", mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    told("umount2", umount2("m", MNT_DETACH));
    told("nr_inodes=4", mount("none", "m", "tmpfs", 0, "nr_inodes=4"));
    told("size=64k", mount("none", "m", "tmpfs", 0, "size=64k"));
    told("uid=5,gid=6,mode=750", mount("none", "m", "tmpfs", 0, "uid=5,gid=6,mode=750"));
}
