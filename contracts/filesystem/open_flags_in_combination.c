/* Contract: what open(2) does with each combination of O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY,
 * O_NOFOLLOW, O_PATH and O_TMPFILE on files, directories, links and nothing; what F_GETFL shows.
 * Requires: tmpfs
 * Source: open(2), fs/open.c:build_open_flags, fs/namei.c:do_open. */
#include "../contract.h"
#include <sys/stat.h>

static const struct {
    const char *name;
    int flags;
} combinations[] = {
    {"read", O_RDONLY}, {"write", O_WRONLY}, {"both", O_RDWR}, {"3", 3},
    {"creat", O_CREAT | O_WRONLY}, {"creat excl", O_CREAT | O_EXCL | O_RDWR},
    {"excl", O_EXCL | O_RDONLY}, {"trunc", O_TRUNC | O_WRONLY}, {"read trunc", O_TRUNC | O_RDONLY},
    {"directory", O_DIRECTORY}, {"directory write", O_DIRECTORY | O_WRONLY},
    {"directory creat", O_DIRECTORY | O_CREAT}, {"nofollow", O_NOFOLLOW},
    {"nofollow creat", O_NOFOLLOW | O_CREAT | O_WRONLY}, {"path", O_PATH},
    {"path nofollow", O_PATH | O_NOFOLLOW}, {"path directory", O_PATH | O_DIRECTORY},
    {"path creat write", O_PATH | O_CREAT | O_WRONLY | O_APPEND},
    {"tmpfile", O_TMPFILE | O_RDWR}, {"tmpfile read", O_TMPFILE | O_RDONLY},
    {"tmpfile creat", O_TMPFILE | O_CREAT | O_RDWR}, {"append", O_APPEND | O_RDWR},
    {"nonblock sync", O_NONBLOCK | O_SYNC | O_RDONLY}, {"dsync", O_DSYNC | O_WRONLY},
    {"noctty cloexec", O_NOCTTY | O_CLOEXEC}, {"async", O_ASYNC}, {"unknown bit", 0x80000000 | O_RDONLY},
};

/* Flags that differ from architecture to architecture, by name. */
static const char *shown(int flags)
{
    static char text[128];
    static const struct { const char *name; int bit; } names[] = {
        {"APPEND", O_APPEND}, {"NONBLOCK", O_NONBLOCK}, {"DIRECTORY", O_DIRECTORY},
        {"NOFOLLOW", O_NOFOLLOW}, {"PATH", O_PATH}, {"DSYNC", O_DSYNC}, {"CREAT", O_CREAT},
        {"EXCL", O_EXCL}, {"TRUNC", O_TRUNC}, {"NOCTTY", O_NOCTTY}, {"ASYNC", O_ASYNC},
        {"CLOEXEC", O_CLOEXEC}};
    sprintf(text, "%d", flags & 3);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if ((flags & names[i].bit) == names[i].bit)
            strcat(strcat(text, " "), names[i].name);
    if ((flags & O_SYNC) == O_SYNC)
        strcat(text, " SYNC");
    if ((flags & O_TMPFILE) == O_TMPFILE)
        strcat(text, " TMPFILE");
    return text;
}

static void reset(void)
{
    unlink("nothing");
    unlink("target");
    expect(write(open("file", O_CREAT | O_TRUNC | O_WRONLY, 0644), "12345", 5) == 5, "file");
    for (int fd = 3; fd < 10; fd++)
        close(fd);
}

static void all(const char *path)
{
    struct stat status;
    step("path", "%s", path);
    for (unsigned i = 0; i < sizeof combinations / sizeof *combinations; i++) {
        reset();
        int fd = openat(AT_FDCWD, path, combinations[i].flags, 0640);
        if (fd < 0) {
            step(combinations[i].name, "%s", errno_name(errno));
            continue;
        }
        expect(fstat(fd, &status) == 0, "fstat");
        step(combinations[i].name, "%o, %ld bytes, %s", (unsigned)status.st_mode,
             S_ISDIR(status.st_mode) ? 0L : (long)status.st_size, shown(fcntl(fd, F_GETFL)));
    }
    reset();
}

int main(void)
{
    umask(0);
    expect(mkdir("directory", 0755) == 0 && symlink("file", "link") == 0, "make");
    expect(symlink("directory", "to-directory") == 0 && symlink("target", "dangling") == 0, "make");
    all("file");
    all("directory");
    all("link");
    all("to-directory");
    all("dangling");
    all("nothing");
    all("file/");
    all("nothing/");
    all("directory/.");
    contract_pass();
}
