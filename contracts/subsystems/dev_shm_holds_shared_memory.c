/* Contract: shm_open makes a file in /dev/shm, a tmpfs, empty at first, with the mode asked
 * for and close-on-exec; whoever maps it shares it; it lives on after unlink while mapped.
 * Source: shm_open(3), shm_overview(7). */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

int main(void)
{
    char name[64], path[128];
    struct stat file;
    struct statfs system;
    umask(022);
    snprintf(name, sizeof name, "/kevlar-contract-%d", getpid());
    snprintf(path, sizeof path, "/dev/shm%s", name);
    shm_unlink(name);
    expect_errno(shm_open(name, O_RDWR, 0600), ENOENT, "not there yet");
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0666);
    expect(fd >= 0 && fstat(fd, &file) == 0 && fstatfs(fd, &system) == 0, "shm_open");
    step("new", "mode %o, size %ld, links %d", file.st_mode, (long)file.st_size,
         (int)file.st_nlink);
    step("file system", "%#lx", (unsigned long)system.f_type);
    step("FD_CLOEXEC", "%d", fcntl(fd, F_GETFD));
    expect_errno(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "again, exclusive");
    step_result("access in /dev/shm", access(path, F_OK));
    expect(ftruncate(fd, 10000) == 0, "ftruncate");
    char *map = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(map != MAP_FAILED, "mmap");
    pid_t child = fork();
    if (child == 0) {
        int other = shm_open(name, O_RDWR, 0);
        char *mine = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
        strcpy(mine + 9000, "child");
        _exit(mine == MAP_FAILED);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("child stored", "%s", map + 9000);
    step_result("shm_unlink", shm_unlink(name));
    expect_errno(shm_unlink(name), ENOENT, "shm_unlink again");
    expect_errno(access(path, F_OK), ENOENT, "access");
    char text[8] = "";
    step_result("pread of the unlinked", pread(fd, text, 6, 9000));
    step("text", "%s", text);
    expect(fstat(fd, &file) == 0, "fstat");
    step("links", "%d", (int)file.st_nlink);
    contract_pass();
}
