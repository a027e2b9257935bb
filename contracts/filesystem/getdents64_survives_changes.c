/* Contract: reading a directory goes on where it was though entries come and go: what stays is told
 * exactly once; telldir and seekdir return to a place; tmpfs tells the newest first.
 * Requires: tmpfs
 * Source: readdir(3), fs/libfs.c:offset_iterate_dir. */
#include "../contract.h"
#include <dirent.h>
#include <sys/stat.h>

static void touch(const char *path)
{
    expect(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0, path);
}

static const char *next(DIR *directory)
{
    struct dirent *entry = readdir(directory);
    return entry == NULL ? "(end)" : entry->d_name;
}

int main(void)
{
    static char buffer[64];
    expect(mkdir("d", 0755) == 0, "mkdir");
    for (int i = 0; i < 6; i++) {
        char path[8];
        snprintf(path, sizeof path, "d/%d", i);
        touch(path);
    }
    /* One record at a time, and what was told is removed at once. */
    int fd = open("d", O_RDONLY);
    while (syscall(SYS_getdents64, fd, buffer, 24) > 0) {
        step("told", "%s", buffer + 19);
        if (buffer[19] != '.')
            expect(unlinkat(fd, buffer + 19, 0) == 0, "unlink");
    }
    step_result("rmdir when all are gone", rmdir("d"));
    expect(mkdir("d", 0755) == 0, "mkdir");
    touch("d/a");
    touch("d/b");
    touch("d/c");
    DIR *directory = opendir("d");
    expect(directory != NULL, "opendir");
    step("first", "%s", next(directory));
    step("second", "%s", next(directory));
    step("third", "%s", next(directory));
    long place = telldir(directory);
    step("fourth", "%s", next(directory));
    step("fifth", "%s", next(directory));
    step("end", "%s", next(directory));
    seekdir(directory, place);
    step("again from the fourth", "%s", next(directory));
    step("and on", "%s", next(directory));
    rewinddir(directory);
    expect(unlink("d/b") == 0, "unlink");
    touch("d/e");
    expect(rename("d/a", "d/z") == 0, "rename");
    for (const char *name = next(directory); strcmp(name, "(end)") != 0; name = next(directory))
        step("after changes", "%s", name);
    closedir(directory);
    /* A new entry does not come up behind a position that was taken before it was made. */
    fd = open("d", O_RDONLY);
    for (int i = 0; i < 3; i++)
        expect(syscall(SYS_getdents64, fd, buffer, 24) == 24, "getdents64");
    step("third of them", "%s", buffer + 19);
    touch("d/new");
    while (syscall(SYS_getdents64, fd, buffer, 24) > 0)
        step("then", "%s", buffer + 19);
    expect(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    while (syscall(SYS_getdents64, fd, buffer, 24) > 0)
        step("from the start", "%s", buffer + 19);
    contract_pass();
}
