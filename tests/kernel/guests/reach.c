/* Tries to reach what is on the host: files, processes, environment, clock, sockets. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int reach(const char *family, const char *address)
{
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_port = htons(atoi(address))};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    strncpy(local.sun_path, address, sizeof local.sun_path - 1);
    if (strcmp(family, "inet") == 0)
        return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&inet, sizeof inet);
    return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&local, sizeof local);
}

int main(int argc, char **argv)
{
    int variables = 0;
    if (strcmp(argv[1], "open") == 0) {
        for (int i = 2; i < argc; i++) {
            int fd = open(argv[i], O_RDONLY);
            printf("%s: %s\n", argv[i], fd < 0 ? strerror(errno) : "opened");
        }
    } else if (strcmp(argv[1], "kill") == 0) {
        int error = kill(atoi(argv[2]), SIGKILL);
        printf("%s\n", error ? strerror(errno) : "killed");
    } else if (strcmp(argv[1], "environment") == 0) {
        while (environ[variables])
            variables++;
        printf("%d variables\n", variables);
    } else if (strcmp(argv[1], "clock") == 0) {
        printf("%ld\n", (long)time(NULL));
    } else if (strcmp(argv[1], "connect") == 0) {
        return reach(argv[2], argv[3]) == 0 ? 0 : 1;
    }
    return 0;
}
