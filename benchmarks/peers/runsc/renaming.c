/* renameat2, and rename where both names are of one file or a sticky directory forbids it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

int main(void)
{
    close(open("a", O_CREAT, 0644));
    close(open("b", O_CREAT, 0644));
    link("a", "again");
    told("rename onto another name of the file", rename("a", "again"));
    told("the old name afterwards", access("a", F_OK));
    told("RENAME_EXCHANGE", renameat2(AT_FDCWD, "b", AT_FDCWD, "again", RENAME_EXCHANGE));
    mkdir("sticky", 0777);
    chmod("sticky", 01777);
    close(open("sticky/roots", O_CREAT, 0644));
    chmod(".", 0777);
    if (setegid(1000) || seteuid(1000))
        return 1;
    close(open("sticky/mine", O_CREAT, 0644));
    told("rename onto root's file in a sticky directory", rename("sticky/mine", "sticky/roots"));
}
