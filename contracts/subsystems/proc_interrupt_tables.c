/* Contract: /proc/interrupts and /proc/softirqs have a column for each processor; softirqs has ten
 * rows in a fixed order. proc_interrupts(5), kernel/softirq.c. */
#include "contract.h"

int main(void)
{
    char line[4096], name[32];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    FILE *soft = fopen("/proc/softirqs", "r"), *hard = fopen("/proc/interrupts", "r");
    expect(soft && hard, "fopen");
    expect(fgets(line, sizeof line, soft), "heading");
    int columns = 0;
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
        columns += !strncmp(word, "CPU", 3);
    step("softirqs", "a column for each processor %d", columns == cpus);
    while (fgets(line, sizeof line, soft)) {
        columns = 0;
        sscanf(line, " %31[A-Z_]:", name);
        for (char *word = strtok(strchr(line, ':') + 1, " \n"); word; word = strtok(NULL, " \n"))
            columns++;
        step(name, "%d", columns == cpus);
    }
    expect(fgets(line, sizeof line, hard), "heading");
    step("indented by", "%zu", strspn(line, " "));
    columns = 0;
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n"))
        columns += !strncmp(word, "CPU", 3);
    step("interrupts", "a column for each processor %d", columns == cpus);
    int shaped = 1;
    while (fgets(line, sizeof line, hard))
        shaped &= strchr(line, ':') != NULL;
    step("every row has a name", "%d", shaped);
    contract_pass();
}
