/* Contract: a shell can be written with fork, exec, pipe, dup2 and wait: pipelines of any
 * length, redirection in, out and appending, exit statuses, && and ||, and a command that
 * dies when nobody reads. The commands are this program itself, by /proc/self/exe.
 * Source: fork(2), execve(2), pipe(2), dup2(2), waitpid(2). */
#include "../contract.h"
#include <sys/wait.h>

/* The commands, told apart by argv[0]: they read 0 and write 1 as any filter does. */
static int gen(int argc, char **argv)
{
    long last = argc > 1 ? atol(argv[1]) : 0;
    for (long i = 1; last == 0 || i <= last; i++)
        if (printf("%ld\n", i) < 0)
            return 1;
    return 0;
}

static int upper(void)
{
    for (int c; (c = getchar()) != EOF;)
        putchar(c >= 'a' && c <= 'z' ? c - 32 : c);
    return 0;
}

static int square_or_sum(int sum)
{
    long number, total = 0;
    while (scanf("%ld", &number) == 1) {
        total += number;
        if (!sum)
            printf("%ld\n", number * number);
    }
    if (sum)
        printf("%ld\n", total);
    return 0;
}

static int count(void)
{
    int lines = 0, bytes = 0;
    for (int c; (c = getchar()) != EOF; bytes++)
        lines += c == '\n';
    printf("%d lines %d bytes\n", lines, bytes);
    return 0;
}

static int head(char **argv)
{
    for (int left = atoi(argv[1]), c; left > 0 && (c = getchar()) != EOF; left -= c == '\n')
        putchar(c);
    return 0;
}

static int command(int argc, char **argv)
{
    int result = 127;
    if (!strcmp(argv[0], "gen")) result = gen(argc, argv);
    else if (!strcmp(argv[0], "upper")) result = upper();
    else if (!strcmp(argv[0], "square")) result = square_or_sum(0);
    else if (!strcmp(argv[0], "sum")) result = square_or_sum(1);
    else if (!strcmp(argv[0], "count")) result = count();
    else if (!strcmp(argv[0], "head")) result = head(argv);
    else if (!strcmp(argv[0], "true")) result = 0;
    else if (!strcmp(argv[0], "exit")) result = atoi(argv[1]);
    else if (!strcmp(argv[0], "echo"))
        for (result = 0; *++argv;)
            printf("%s%c", *argv, argv[1] ? ' ' : '\n');
    fflush(stdout);
    return result;
}

static void redirect(const char *path, int flags, int fd)
{
    int file = open(path, flags, 0600);
    if (file < 0)
        _exit(126);
    dup2(file, fd);
    close(file);
}

/* Become the command in `words`, which ends with NULL, with its redirections. */
static void become(char **words)
{
    char *arguments[16];
    int argc = 0;
    for (; *words; words++) {
        if (!strcmp(*words, "<"))
            redirect(*++words, O_RDONLY, 0);
        else if (!strcmp(*words, ">"))
            redirect(*++words, O_WRONLY | O_CREAT | O_TRUNC, 1);
        else if (!strcmp(*words, ">>"))
            redirect(*++words, O_WRONLY | O_CREAT | O_APPEND, 1);
        else
            arguments[argc++] = *words;
    }
    arguments[argc] = NULL;
    char *environment[] = {"CONTRACT_COMMAND=1", NULL};
    execve("/proc/self/exe", arguments, environment);
    _exit(125);
}

/* Run `words` up to NULL as a pipeline; print what each part came to; the last one's status. */
static int pipeline(char **words)
{
    pid_t children[16];
    int input = -1, parts = 0, last = 0;
    while (*words) {
        int ends[2] = {-1, -1};
        char **next = words;
        while (*next && strcmp(*next, "|"))
            next++;
        int more = *next != NULL;
        *next = NULL;
        expect(!more || pipe2(ends, O_CLOEXEC) == 0, "pipe2");
        if ((children[parts++] = fork()) == 0) {
            if (input >= 0)
                dup2(input, 0);
            if (more)
                dup2(ends[1], 1);
            become(words);
        }
        close(input);
        close(ends[1]);
        input = ends[0];
        words = next + more;
    }
    for (int i = 0; i < parts; i++) {
        int status;
        expect(waitpid(children[i], &status, 0) == children[i], "waitpid");
        last = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        printf("%s%d", i ? " | " : "status ", last);
    }
    puts("");
    fflush(stdout);
    return last;
}

static void shell(const char *line)
{
    char copy[256], *words[64];
    int count = 0, from = 0, status = 0, run = 1;
    snprintf(copy, sizeof copy, "%s", line);
    step("$", "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    for (int i = 0; i <= count; i++) {
        int and = i < count && !strcmp(words[i], "&&"), or = i < count && !strcmp(words[i], "||");
        if (i < count && !and && !or)
            continue;
        words[i] = NULL;
        if (run)
            status = pipeline(words + from);
        run = and ? status == 0 : status != 0;
        from = i + 1;
    }
}

int main(int argc, char **argv)
{
    if (getenv("CONTRACT_COMMAND"))
        return command(argc, argv);
    signal(SIGPIPE, SIG_DFL);
    shell("echo hello world");
    shell("echo hello world | upper");
    shell("gen 10 | square | sum");
    shell("gen 1000 | square | square | sum > total");
    shell("upper < total");
    shell("gen 20000 > numbers && count < numbers");
    shell("sum < numbers | upper | upper | upper | upper | upper");
    shell("gen 3 > log && gen 2 >> log && echo end >> log && upper < log");
    shell("gen 0 | head 3");
    shell("exit 7 || echo after || echo never");
    shell("true && exit 3 && echo never");
    shell("exit 4 | exit 5 | exit 6");
    shell("upper < missing || nonsense || echo last");
    contract_pass();
}
