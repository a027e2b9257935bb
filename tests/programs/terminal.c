/* Runs a command on a pseudo-terminal and talks to it: `terminal ROWSxCOLUMNS COMMAND…`.
 *
 * Standard input is the dialogue, a line each: `< text` waits until the command has written
 * that text after what was waited for before, `> text` types it; both with C's escapes. `-` waits
 * until the command has written nothing for a moment, where it sets the terminal before it reads.
 * Prints all that it wrote, control characters made visible, and its exit status. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 5, MOMENT_MS = 100 };

static char output[1 << 16];
static size_t length, seen;
static pid_t child;

/* The dialogue goes on for ever: end the command and show what there is. */
static void end(int number)
{
    (void)number;
    kill(child, SIGKILL);
}

static void die(const char *what)
{
    perror(what);
    exit(125);
}

/* One more piece of output; 0 at its end. */
static int listen_to(int terminal)
{
    ssize_t got = read(terminal, output + length, sizeof output - 1 - length);
    if (got > 0)
        length += (size_t)got;
    return got > 0;
}

static size_t unescape(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        switch (*++from) {
        case 'e': *to++ = 27; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 'x': {
            char digits[3] = {from[1], from[2], 0};
            *to++ = (char)strtol(digits, NULL, 16);
            from += 2;
            break;
        }
        default: *to++ = *from; break;
        }
    }
    *to = 0;
    return (size_t)(to - text);
}

static void wait_for(int terminal, const char *text, size_t size)
{
    char *found;
    while (!(found = memmem(output + seen, length - seen, text, size)))
        if (!listen_to(terminal)) {
            fprintf(stderr, "terminal: the command ended before it wrote: %s\n", text);
            return;
        }
    seen = (size_t)(found - output) + size;
}

/* Let the command come to where it reads. */
static void let_settle(int terminal)
{
    struct pollfd end = {.fd = terminal, .events = POLLIN};
    while (poll(&end, 1, MOMENT_MS) > 0)
        if (!listen_to(terminal))
            return;
}

static void show(void)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)output[i];
        if (byte == '\n' || (byte >= ' ' && byte != 127))
            putchar(byte);
        else
            printf("^%c", byte ^ 64);
    }
}

static void run(int slave, char **command)
{
    setsid();
    if (ioctl(slave, TIOCSCTTY, 0))
        die("TIOCSCTTY");
    for (int fd = 0; fd < 3; fd++)
        dup2(slave, fd);
    execvp(command[0], command);
    die(command[0]);
}

int main(int argc, char **argv)
{
    struct winsize size = {0};
    char line[4096];
    int status, terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (argc < 3 || sscanf(argv[1], "%hux%hu", &size.ws_row, &size.ws_col) != 2)
        return 125;
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
        die("/dev/ptmx");
    int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size))
        die("slave");
    child = fork();
    if (child == 0)
        run(slave, argv + 2);
    close(slave);
    signal(SIGALRM, end);
    alarm(SECONDS);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '-')
            let_settle(terminal);
        if (line[0] == '\0' || line[1] != ' ')
            continue;
        size_t bytes = unescape(line + 2);
        if (line[0] == '<')
            wait_for(terminal, line + 2, bytes);
        else if (line[0] == '>' && write(terminal, line + 2, bytes) != (ssize_t)bytes)
            die("write");
    }
    while (listen_to(terminal))
        ;
    waitpid(child, &status, 0);
    show();
    if (WIFSIGNALED(status))
        printf("\n[signal %d]\n", WTERMSIG(status));
    else
        printf("\n[exit %d]\n", WEXITSTATUS(status));
    return 0;
}
