/* inotify: flags that are not looked at, events that are missing or late. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int fd;

static void told(const char *what, long got)
{
    dprintf(1, "%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

static void events(const char *what)
{
    char buffer[4096], text[512] = "";
    long got = read(fd, buffer, sizeof buffer);
    for (long at = 0; at < got;) {
        struct inotify_event *one = (struct inotify_event *)(buffer + at);
        sprintf(text + strlen(text), " %d:%x", one->wd, one->mask);
        at += sizeof *one + one->len;
    }
    dprintf(1, "%s:%s\n", what, text);
}

static void make(const char *path)
{
    close(open(path, O_CREAT | O_RDWR, 0600));
}

int main(void)
{
    char link[64] = "", path[64];
    fd = inotify_init1(IN_NONBLOCK);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (readlink(path, link, sizeof link - 1) < 0)
        return 1;
    dprintf(1, "its link in /proc is: %s\n", link);
    make("file");
    make("gone");
    make("moved");
    make("target");
    mkdir("d", 0755);
    if (symlink("d", "link"))
        return 1;
    told("read of no bytes", read(fd, link, 0));
    inotify_add_watch(fd, "file", IN_OPEN);
    told("IN_MASK_CREATE again", inotify_add_watch(fd, "file", IN_MODIFY | IN_MASK_CREATE));
    told("IN_ONLYDIR|IN_DONT_FOLLOW of a link",
         inotify_add_watch(fd, "link", IN_OPEN | IN_ONLYDIR | IN_DONT_FOLLOW));
    close(fd);
    fd = inotify_init1(IN_NONBLOCK);
    inotify_add_watch(fd, ".", IN_DELETE);
    inotify_add_watch(fd, "gone", IN_DELETE_SELF);
    unlink("gone");
    events("removing a watched file of a watched directory");
    inotify_add_watch(fd, ".", IN_MOVE);
    inotify_add_watch(fd, "target", IN_DELETE_SELF | IN_ATTRIB);
    rename("moved", "target");
    events("renaming onto a watched file");
    mkdir("m", 0755);
    if (unshare(CLONE_NEWNS))
        return 1;
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (mount("none", "m", "tmpfs", 0, NULL) == 0) {
        close(fd);
        fd = inotify_init1(IN_NONBLOCK);
        inotify_add_watch(fd, "m", IN_ALL_EVENTS);
        umount2("m", 0);
        events("umount of a watched root");
    }
    chmod(".", 0777);
    make("secret");
    if (setresuid(1000, 1000, 1000))
        return 1;
    told("watching what may not be read", inotify_add_watch(fd, "secret", IN_OPEN));
}
