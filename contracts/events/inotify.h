/* What the contracts on inotify(7) share: an instance, and its events in words. */
#ifndef KEVLAR_INOTIFY_H
#define KEVLAR_INOTIFY_H

#include "contract.h"
#include <sys/inotify.h>
#include <sys/stat.h>

/* A descriptor whose reads do not wait. */
static inline int inotify_here(void)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    expect(fd >= 0, "inotify_init1");
    return fd;
}

/* Watch `path`, which must work, and say which watch it is. */
static inline int watch(int fd, const char *path, unsigned mask)
{
    int wd = inotify_add_watch(fd, path, mask);
    if (wd < 0)
        contract_fail("inotify_add_watch", "%s: %s", path, errno_name(errno));
    return wd;
}

/* The bits of an event's mask. */
static inline const char *mask_text(unsigned mask)
{
    static const struct { unsigned bit; const char *name; } names[] = {
        {IN_ACCESS, "ACCESS"}, {IN_MODIFY, "MODIFY"}, {IN_ATTRIB, "ATTRIB"},
        {IN_CLOSE_WRITE, "CLOSE_WRITE"}, {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
        {IN_OPEN, "OPEN"}, {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"},
        {IN_CREATE, "CREATE"}, {IN_DELETE, "DELETE"}, {IN_DELETE_SELF, "DELETE_SELF"},
        {IN_MOVE_SELF, "MOVE_SELF"}, {IN_UNMOUNT, "UNMOUNT"},
        {IN_Q_OVERFLOW, "Q_OVERFLOW"}, {IN_IGNORED, "IGNORED"}, {IN_ISDIR, "ISDIR"},
    };
    static char text[256];
    text[0] = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (mask & names[i].bit) {
            if (text[0])
                strcat(text, "|");
            strcat(text, names[i].name);
            mask &= ~names[i].bit;
        }
    if (mask)
        contract_fail("mask", "bit 0x%x means nothing", mask);
    return text;
}

/* Read and print all events that are there, a line each; cookies as the pairs they make. */
static inline void step_events(const char *what, int fd)
{
    static char buffer[65536] __attribute__((aligned(8)));
    static unsigned cookies[64], known;
    long got = read(fd, buffer, sizeof buffer);
    if (got < 0)
        step(what, "%s", errno == EAGAIN ? "nothing" : errno_name(errno));
    for (long at = 0; at < got;) {
        struct inotify_event *event = (void *)(buffer + at);
        char pair[16] = "";
        if (event->cookie) {
            unsigned which = 0;
            while (which < known && cookies[which] != event->cookie)
                which++;
            if (which == known)
                cookies[known++] = event->cookie;
            snprintf(pair, sizeof pair, " pair %u", which + 1);
        }
        step(what, "wd %d %s%s%s%s", event->wd, mask_text(event->mask),
             event->len ? " " : "", event->len ? event->name : "", pair);
        at += sizeof *event + event->len;
    }
}

/* Make (or empty) a file with `text` in it. */
static inline void put_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    expect(fd >= 0, "open");
    expect(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write");
    close(fd);
}

#endif
