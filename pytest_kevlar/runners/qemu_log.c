/* Preloaded into qemu-user: it opens its log beside the descriptors of the guest, which then begin
 * with another number than elsewhere. Here the log is moved out of their way. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Below the usual limit of 1024, above what programs have open. */
#define AWAY 1000

static FILE *move(const char *path, const char *mode, const char *name)
{
    FILE *(*open)(const char *, const char *) = dlsym(RTLD_NEXT, name);
    FILE *file = open(path, mode);
    const char *log = getenv("KEVLAR_QEMU_LOG");
    if (!file || !log || strcmp(path, log))
        return file;
    int away = fcntl(fileno(file), F_DUPFD_CLOEXEC, AWAY);
    FILE *moved = away < 0 ? NULL : fdopen(away, mode);
    if (!moved)
        return file;
    fclose(file);
    return moved;
}

FILE *fopen(const char *path, const char *mode)
{
    return move(path, mode, "fopen");
}

FILE *fopen64(const char *path, const char *mode)
{
    return move(path, mode, "fopen64");
}
