/* Contract: in /proc/stat processes grows with each fork and ctxt with each switch; a cpu line has
 * ten columns whose sum grows with time. proc_stat(5). */
#include "contract.h"

static long value(const char *name, int column)
{
    char line[65536];
    long found = -1;
    FILE *file = fopen("/proc/stat", "r");
    expect(file != NULL, "fopen");
    while (found < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ' ') {
            char *rest = line + strlen(name);
            for (int i = 0; i <= column; i++)
                found = strtol(rest, &rest, 10);
        }
    fclose(file);
    return found;
}

int main(void)
{
    int ends[2][2];
    char byte = 0;
    long forks = value("processes", 0), switches = value("ctxt", 0);
    expect(pipe(ends[0]) == 0 && pipe(ends[1]) == 0, "pipe");
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        wait_for_success(child);
    }
    step("three forks", "%d", value("processes", 0) - forks >= 3);
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
    step("twenty rounds between two", "%d", value("ctxt", 0) - switches >= 20);
    step("somebody runs", "%d", value("procs_running", 0) >= 1);
    char line[4096];
    int columns = 0;
    FILE *file = fopen("/proc/stat", "r");
    expect(file && fgets(line, sizeof line, file), "first line");
    for (char *word = strtok(line + 4, " \n"); word; word = strtok(NULL, " \n"))
        columns++;
    step("columns of the cpu line", "%d", columns);
    step("spaces after cpu", "%zu", strspn(line + 3, " "));
    contract_pass();
}
