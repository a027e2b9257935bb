/* Contract: in /proc/stat processes grows with each fork and ctxt with each switch; a cpu line has
 * ten columns. proc_stat(5). */
#include "contract.h"

static char text[65536];

static void load(void)
{
    long used = 0, got;
    int fd = open("/proc/stat", O_RDONLY);
    expect(fd >= 0, "open");
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
}

static long value(const char *name)
{
    load();
    for (char *line = text; *line; line = strchr(line, '\n') + 1)
        if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ' ')
            return atol(line + strlen(name));
    return -1;
}

int main(void)
{
    int ends[2][2];
    char byte = 0;
    long forks = value("processes"), switches = value("ctxt");
    expect(pipe(ends[0]) == 0 && pipe(ends[1]) == 0, "pipe");
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        wait_for_success(child);
    }
    step("three forks", "%d", value("processes") - forks >= 3);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0][1]);
        while (read(ends[0][0], &byte, 1) == 1)
            expect(write(ends[1][1], &byte, 1) == 1, "write");
        _exit(0);
    }
    for (int i = 0; i < 20; i++)
        expect(write(ends[0][1], &byte, 1) == 1 && read(ends[1][0], &byte, 1) == 1, "round");
    close(ends[0][1]);
    wait_for_success(child);
    step("twenty rounds between two", "%d", value("ctxt") - switches >= 20);
    step("somebody runs", "%d", value("procs_running") >= 1);
    load();
    text[strcspn(text, "\n")] = 0;
    step("spaces after cpu", "%zu", strspn(text + 3, " "));
    int columns = 0;
    for (char *word = strtok(text + 4, " "); word; word = strtok(NULL, " "))
        columns++;
    step("columns of the cpu line", "%d", columns);
    contract_pass();
}
