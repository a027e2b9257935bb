/* /proc/self/stat. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    char line[1024];
    int fields = 2;
    unsigned long user = 0, system = 0;

    prctl(PR_SET_NAME, "renamed");
    for (clock_t start = clock(); clock() - start < 300000;)
        ;
    FILE *stat = fopen("/proc/self/stat", "r");
    fgets(line, sizeof line, stat);
    char *rest = strrchr(line, ')') + 2;
    dprintf(1, "name: %.*s\n", (int)(rest - 1 - strchr(line, '(')), strchr(line, '('));
    sscanf(rest, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    dprintf(1, "CPU time: %s\n", user + system >= 25 ? "counted" : "none");
    for (char *word = strtok(rest, " \n"); word != NULL; word = strtok(NULL, " \n"))
        fields++;
    dprintf(1, "fields: %d\n", fields);
    return 0;
}
