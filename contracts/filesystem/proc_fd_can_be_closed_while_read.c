/* Contract: who reads /proc/self/fd a few entries at a time and closes what it finds misses
 * none: the position in the directory goes by the number of the descriptor, not by its place.
 * Source: proc_pid_fd(5), fs/proc/fd.c:proc_readfd_common. */
#include "../contract.h"

struct entry {
    unsigned long ino;
    long offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

int main(void)
{
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 9; i++)
        expect(dup2(0, 20 + 3 * i) == 20 + 3 * i, "dup2");
    char buffer[64];
    long got;
    while ((got = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < got; at += ((struct entry *)(buffer + at))->length) {
            struct entry *entry = (struct entry *)(buffer + at);
            int fd = atoi(entry->name);
            if (fd >= 20 && fd <= 44) {
                step("closed", "%d", fd);
                expect(close(fd) == 0, "close");
            }
        }
    expect(got == 0, "getdents64");
    step("left", "%s", fcntl(20, F_GETFD) == -1 && fcntl(44, F_GETFD) == -1 ? "none" : "some");
    expect(lseek(directory, 2 + 20, SEEK_SET) == 22 && dup2(0, 21) == 21, "go back");
    got = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    step("from 20 on", "%s", got > 0 ? ((struct entry *)buffer)->name : "nothing");
    contract_pass();
}
