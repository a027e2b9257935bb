/* Contract: /proc/self/fd has one link for each open descriptor, in order of number, that
 * says what is open: the path, "(deleted)" after unlink, pipe:[n], socket:[n], anon_inode:[x].
 * Opening such a link opens the file anew, with an offset of its own, even when deleted.
 * Source: proc_pid_fd(5); fs/proc/fd.c. */
#include "../contract.h"
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Print a link; the working directory as '.', a number in brackets as 'n'. */
static void show(const char *name, int fd)
{
    char path[64], target[4096], here[2048];
    struct stat link;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    long length = readlink(path, target, sizeof target - 1);
    expect(length > 0 && getcwd(here, sizeof here) && lstat(path, &link) == 0, "readlink");
    target[length] = 0;
    char *rest = target, *bracket = strstr(target, ":[");
    if (strncmp(target, here, strlen(here)) == 0) {
        rest += strlen(here) - 1;
        *rest = '.';
    }
    if (bracket && bracket[2] >= '0' && bracket[2] <= '9')
        strcpy(bracket, bracket[2 + strspn(bracket + 2, "0123456789")] == ']' ? ":[n]" : "?");
    step(name, "%s, mode %o", rest, link.st_mode);
}

int main(void)
{
    int ends[2], pair[2];
    for (int other = 3; other < 64; other++)
        close(other);
    int file = open("file", O_RDWR | O_CREAT, 0600);
    expect(write(file, "contents", 8) == 8, "write");
    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
    expect(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pairs");
    int directory = open(".", O_RDONLY | O_DIRECTORY), path = open("file", O_PATH);
    show("read-write", file);
    show("read-only", reader);
    show("write-only", writer);
    show("pipe, read end", ends[0]);
    show("pipe, write end", ends[1]);
    show("socket", pair[0]);
    show("directory", directory);
    show("O_PATH", path);
    show("eventfd", eventfd(0, 0));
    show("epoll", epoll_create1(0));
    show("memfd", memfd_create("name", 0));
    show("/dev/null", open("/dev/null", O_RDWR));
    expect(rename("file", "other") == 0, "rename");
    show("renamed", file);
    expect(unlink("other") == 0, "unlink");
    show("deleted", file);

    char text[16] = "", again[64];
    snprintf(again, sizeof again, "/proc/self/fd/%d", file);
    int reopened = open(again, O_RDONLY);
    step_result("reopened: read from the start", read(reopened, text, sizeof text));
    step("text", "%s", text);
    step_result("offset of the first", lseek(file, 0, SEEK_CUR));
    expect_errno(open("/proc/self/fd/999", O_RDONLY), ENOENT, "descriptor not open");
    expect_errno(unlink(again), EPERM, "unlink of a link");

    close(reader);
    DIR *list = opendir("/proc/self/fd");
    struct dirent *entry;
    while ((entry = readdir(list)))
        step("entry", "%s, type %d%s", entry->d_name, entry->d_type,
             atoi(entry->d_name) == dirfd(list) ? ", the list itself" : "");
    contract_pass();
}
