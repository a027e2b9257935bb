/* Contract: a mapping holds its file: it stays whole after close, after unlink and after
 * the name is given to another file, and /proc/self/maps then calls it deleted.
 * Source: mmap(2), unlink(2), proc_pid_maps(5). */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

/* Print what stands after the last slash in the maps line of `address`. */
static void name_in_maps(const char *name, void *address)
{
    char line[8192], *slash;
    unsigned long from, to, wanted = (unsigned long)address;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from <= wanted && wanted < to) {
            line[strcspn(line, "\n")] = 0;
            slash = strrchr(line, '/');
            step(name, "%s", slash ? slash + 1 : "no name");
        }
    fclose(maps);
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(write(fd, "old contents", 13) == 13, "write");
    char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(map != MAP_FAILED, "mmap");
    step_result("close", close(fd));
    step("after close", "%s", map);
    name_in_maps("maps", map);
    step_result("rename", rename("file", "renamed"));
    name_in_maps("maps after rename", map);
    step_result("unlink", unlink("renamed"));
    step("after unlink", "%s", map);
    name_in_maps("maps after unlink", map);
    fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
    expect(write(fd, "new", 4) == 4, "write");
    strcpy(map, "stored");
    char text[8] = "";
    step_result("the new file", pread(fd, text, 8, 0));
    step("its text", "%s", text);
    step("the mapping", "%s", map);
    step_result("munmap", munmap(map, PAGE));
    contract_pass();
}
