/* Contract: reading a directory goes on where it was though entries come and go: what stays is told
 * exactly once, in whatever order; telldir and seekdir return to a place.
 * Requires: tmpfs
 * Source: readdir(3), fs/libfs.c:offset_iterate_dir. */
#include "../contract.h"
#include <dirent.h>
#include <sys/stat.h>

static void touch(const char *path)
{
    expect(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0, path);
}

static int times['z' + 1];

/* Take down a name of one letter; the directory itself and the one above are not looked at. */
static void note(const char *name)
{
    if (name[0] != '.')
        times[(unsigned char)name[0]]++;
}

/* Print what was taken down, in the order of the alphabet, with how often if it was not once. */
static void step_noted(const char *what)
{
    char text[256] = "";
    for (int letter = 0; letter <= 'z'; letter++) {
        if (times[letter] == 1)
            sprintf(text + strlen(text), " %c", letter);
        else if (times[letter])
            sprintf(text + strlen(text), " %c %d times", letter, times[letter]);
        times[letter] = 0;
    }
    step(what, "%s", *text ? text + 1 : "nothing");
}

static const char *next(DIR *directory)
{
    struct dirent *entry = readdir(directory);
    return entry == NULL ? "(end)" : entry->d_name;
}

int main(void)
{
    static char buffer[64];
    char names[5][8];
    expect(mkdir("d", 0755) == 0, "mkdir");
    for (int i = 0; i < 6; i++) {
        char path[8];
        snprintf(path, sizeof path, "d/%d", i);
        touch(path);
    }
    /* One record at a time, and what was told is removed at once. */
    int fd = open("d", O_RDONLY), records = 0;
    for (; syscall(SYS_getdents64, fd, buffer, 24) > 0; records++) {
        note(buffer + 19);
        if (buffer[19] != '.')
            expect(unlinkat(fd, buffer + 19, 0) == 0, "unlink");
    }
    step("records", "%d", records);
    step_noted("told");
    step_result("rmdir when all are gone", rmdir("d"));
    expect(mkdir("d", 0755) == 0, "mkdir");
    touch("d/a");
    touch("d/b");
    touch("d/c");
    DIR *directory = opendir("d");
    expect(directory != NULL, "opendir");
    long place = 0;
    for (int i = 0; i < 5; i++) {
        snprintf(names[i], sizeof names[i], "%s", next(directory));
        note(names[i]);
        if (i == 2)
            place = telldir(directory);
    }
    step_noted("five entries");
    step("end", "%s", next(directory));
    seekdir(directory, place);
    step("again from the fourth", "%d", strcmp(next(directory), names[3]) == 0);
    step("and on", "%d", strcmp(next(directory), names[4]) == 0);
    rewinddir(directory);
    expect(unlink("d/b") == 0, "unlink");
    touch("d/e");
    expect(rename("d/a", "d/z") == 0, "rename");
    for (const char *name = next(directory); strcmp(name, "(end)") != 0; name = next(directory))
        note(name);
    step_noted("after changes");
    closedir(directory);
    /* What stays is told once, whether or not a new one comes up behind the position. */
    fd = open("d", O_RDONLY);
    for (int i = 0; i < 3; i++) {
        expect(syscall(SYS_getdents64, fd, buffer, 24) == 24, "getdents64");
        note(buffer + 19);
    }
    touch("d/n");
    while (syscall(SYS_getdents64, fd, buffer, 24) > 0)
        note(buffer + 19);
    times['n'] = 0;
    step_noted("those that stay");
    expect(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    while (syscall(SYS_getdents64, fd, buffer, 24) > 0)
        note(buffer + 19);
    step_noted("from the start");
    contract_pass();
}
