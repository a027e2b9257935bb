/* What every contract shares: steps that are printed, a verdict, and errno by name.
 *
 * A contract prints one line a step (`step: value`), then CONTRACT_PASS and exits 0;
 * or it prints `CONTRACT_FAIL what: why` and exits 1. All of it is compared. */
#ifndef KEVLAR_CONTRACT_H
#define KEVLAR_CONTRACT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Name of an errno value, the same text under every C library. */
static inline const char *errno_name(int value)
{
    switch (value) {
    case 0: return "0";
#define ERRNO_NAME(name) case name: return #name
    ERRNO_NAME(EPERM); ERRNO_NAME(ENOENT); ERRNO_NAME(ESRCH); ERRNO_NAME(EINTR);
    ERRNO_NAME(EIO); ERRNO_NAME(ENXIO); ERRNO_NAME(E2BIG); ERRNO_NAME(ENOEXEC);
    ERRNO_NAME(EBADF); ERRNO_NAME(ECHILD); ERRNO_NAME(EAGAIN); ERRNO_NAME(ENOMEM);
    ERRNO_NAME(EACCES); ERRNO_NAME(EFAULT); ERRNO_NAME(EBUSY); ERRNO_NAME(EEXIST);
    ERRNO_NAME(EXDEV); ERRNO_NAME(ENODEV); ERRNO_NAME(ENOTDIR); ERRNO_NAME(EISDIR);
    ERRNO_NAME(EINVAL); ERRNO_NAME(ENFILE); ERRNO_NAME(EMFILE); ERRNO_NAME(ENOTTY);
    ERRNO_NAME(ETXTBSY); ERRNO_NAME(EFBIG); ERRNO_NAME(ENOSPC); ERRNO_NAME(ESPIPE);
    ERRNO_NAME(EROFS); ERRNO_NAME(EMLINK); ERRNO_NAME(EPIPE); ERRNO_NAME(EDOM);
    ERRNO_NAME(ERANGE); ERRNO_NAME(EDEADLK); ERRNO_NAME(ENAMETOOLONG); ERRNO_NAME(ENOLCK);
    ERRNO_NAME(ENOSYS); ERRNO_NAME(ENOTEMPTY); ERRNO_NAME(ELOOP); ERRNO_NAME(ENODATA);
    ERRNO_NAME(ETIME); ERRNO_NAME(EOVERFLOW); ERRNO_NAME(EILSEQ); ERRNO_NAME(ENOTSOCK);
    ERRNO_NAME(EDESTADDRREQ); ERRNO_NAME(EMSGSIZE); ERRNO_NAME(EPROTOTYPE);
    ERRNO_NAME(ENOPROTOOPT); ERRNO_NAME(EPROTONOSUPPORT); ERRNO_NAME(ESOCKTNOSUPPORT);
    ERRNO_NAME(EOPNOTSUPP); ERRNO_NAME(EAFNOSUPPORT); ERRNO_NAME(EADDRINUSE);
    ERRNO_NAME(EADDRNOTAVAIL); ERRNO_NAME(ENETUNREACH); ERRNO_NAME(ECONNABORTED);
    ERRNO_NAME(ECONNRESET); ERRNO_NAME(ENOBUFS); ERRNO_NAME(EISCONN); ERRNO_NAME(ENOTCONN);
    ERRNO_NAME(ETIMEDOUT); ERRNO_NAME(ECONNREFUSED); ERRNO_NAME(EALREADY);
    ERRNO_NAME(EINPROGRESS); ERRNO_NAME(ECANCELED); ERRNO_NAME(EOWNERDEAD);
    ERRNO_NAME(ESTALE); ERRNO_NAME(ENOTBLK);
    ERRNO_NAME(ENOTRECOVERABLE); ERRNO_NAME(EIDRM); ERRNO_NAME(ENOMSG);
#undef ERRNO_NAME
    }
    return "an errno without a name here";
}

/* Print `name: value`, one line, and flush: a later crash must not lose it. */
__attribute__((format(printf, 2, 3)))
static inline void step(const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s: ", name);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    va_end(arguments);
}

/* Print `name: result` for a call that returned `result`, with errno by name if it failed. */
static inline void step_result(const char *name, long result)
{
    if (result == -1)
        step(name, "-1 %s", errno_name(errno));
    else
        step(name, "%ld", result);
}

/* End the contract: it does not hold. */
__attribute__((format(printf, 2, 3), noreturn))
static inline void contract_fail(const char *what, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("CONTRACT_FAIL %s: ", what);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    va_end(arguments);
    _exit(1);
}

/* End the contract: it holds. */
__attribute__((noreturn))
static inline void contract_pass(void)
{
    puts("CONTRACT_PASS");
    fflush(stdout);
    _exit(0);
}

/* Require `condition`; say what was expected, and errno, if it does not hold. */
#define expect(condition, what)                                                      \
    do {                                                                             \
        errno = 0;                                                                   \
        if (!(condition))                                                            \
            contract_fail(what, "%s is false (errno %s, line %d)", #condition,       \
                          errno_name(errno), __LINE__);                              \
    } while (0)

/* Require that `call` returns -1 with `error`, and print that it did. */
#define expect_errno(call, error, what)                                              \
    do {                                                                             \
        errno = 0;                                                                   \
        long expect_result = (long)(call);                                           \
        if (expect_result != -1 || errno != (error))                                 \
            contract_fail(what, "%s returned %ld, errno %s; expected -1, " #error,   \
                          #call, expect_result, errno_name(errno));                  \
        step(what, "-1 %s", #error);                                                 \
    } while (0)

/* Print the VMAs that /proc/self/maps shows between `start` and `start + length`, as
 * ranges of pages counted from `start`: `[0,2) rw-p [3,4) r--p`. Allocates nothing. */
static inline void step_vmas(const char *name, const void *start, unsigned long length)
{
    static char text[65536], shown[1024];
    unsigned long first = (unsigned long)start, last = first + length, used = 0, out = 0;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    long got;
    while (used < sizeof text - 1 && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = shown[0] = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        char *rest;
        unsigned long from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);
        if (to <= first || from >= last || out >= sizeof shown - 64)
            continue;
        from = from < first ? first : from;
        to = to > last ? last : to;
        out += snprintf(shown + out, sizeof shown - out, "%s[%lu,%lu) %.4s", out ? " " : "",
                        (from - first) / 4096, (to - first) / 4096, rest + 1);
    }
    step(name, "%s", out ? shown : "nothing");
}

/* Take a mount namespace of one's own, from which nothing gets back to the host's. */
static inline void private_mounts(void)
{
    expect(syscall(SYS_unshare, 0x20000) == 0, "unshare(CLONE_NEWNS)");
    expect(syscall(SYS_mount, NULL, "/", NULL, 0x44000UL, NULL) == 0, "MS_REC|MS_PRIVATE");
}

/* Print the mounts below the working directory as /proc/self/mountinfo tells them, one a line:
 * root, mount point, options, propagation, type, source, and options of the file system but
 * sizes. Peer groups are letters in the order of their appearance here. */
static inline void step_mounts(const char *name)
{
    unsigned long groups[26], count = 0;
    static char here[4096], line[8192];
    FILE *file = fopen("/proc/self/mountinfo", "r");
    expect(file != NULL && getcwd(here, sizeof here) != NULL, "mountinfo");
    unsigned long length = strlen(here);
    step(name, "mounts");
    while (fgets(line, sizeof line, file) != NULL) {
        char root[4096], point[4096], options[256], type[64], source[256], super[1024];
        char *field = strtok(line, " "), tags[256] = "";
        for (int i = 0; i < 3; i++)
            field = strtok(NULL, " ");
        strcpy(root, field);
        strcpy(point, strtok(NULL, " "));
        strcpy(options, strtok(NULL, " "));
        while (strcmp(field = strtok(NULL, " "), "-") != 0) {
            char *colon = strchr(field, ':');
            unsigned long group = colon == NULL ? 0 : strtoul(colon + 1, NULL, 10), letter = 0;
            if (strncmp(point, here, length) != 0)
                continue;
            while (colon != NULL && letter < count && groups[letter] != group)
                letter++;
            if (colon != NULL && letter == count)
                groups[count++] = group;
            sprintf(tags + strlen(tags), " %.*s", colon ? (int)(colon - field + 1) : 60, field);
            if (colon != NULL)
                sprintf(tags + strlen(tags), "%c", (char)('A' + letter));
        }
        strcpy(type, strtok(NULL, " "));
        strcpy(source, strtok(NULL, " "));
        strcpy(super, strtok(NULL, "\n"));
        if (strncmp(point, here, length) != 0 || (length > 1 && point[length] != '/'))
            continue;
        printf("  %s on %s (%s)%s %s %s", root, point + (length > 1) * length, options, tags, type,
               source);
        for (char *word = strtok(super, ","); word != NULL; word = strtok(NULL, ","))
            if (strncmp(word, "size=", 5) != 0 && strncmp(word, "nr_inodes=", 10) != 0 &&
                strcmp(word, "inode64") != 0) /* shown where the kernel may be told so */
                printf(" %s", word);
        putchar('\n');
    }
    fclose(file);
    fflush(stdout);
}

/* Where step_access() goes on after a fault, and what the last fault said of itself. */
static struct {
    sigjmp_buf back;
    volatile sig_atomic_t number, code;
    void *volatile address;
} contract_fault __attribute__((unused));

static inline void contract_on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    contract_fault.number = number;
    contract_fault.code = info->si_code;
    contract_fault.address = info->si_addr;
    siglongjmp(contract_fault.back, 1);
}

/* From here on, SIGSEGV and SIGBUS jump to `contract_fault.back`. */
static inline void contract_catch_faults(void)
{
    struct sigaction action = {.sa_sigaction = contract_on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

/* Print the fault that was caught: signal, code, and address counted from `base`. */
static inline void step_fault(const char *name, volatile void *base)
{
    int bus = contract_fault.number == SIGBUS, code = contract_fault.code;
    step(name, "%s %s at +%ld", bus ? "SIGBUS" : "SIGSEGV",
         bus ? (code == BUS_ADRERR ? "BUS_ADRERR" : "another code")
             : code == SEGV_MAPERR ? "SEGV_MAPERR"
             : code == SEGV_ACCERR ? "SEGV_ACCERR" : "another code",
         (long)((char *)contract_fault.address - (char *)base));
}

/* Read ('r') or write ('w') the byte at `base + offset`; print the byte, or the fault. */
static inline void step_access(const char *name, int how, volatile void *base, long offset)
{
    volatile unsigned char *byte = (volatile unsigned char *)base + offset;
    if (sigsetjmp(contract_fault.back, 1))
        step_fault(name, base);
    else if (how == 'r')
        step(name, "read %d", *byte);
    else {
        *byte = 'w';
        step(name, "written");
    }
}

/* Wait until /proc shows process `pid` in `state`: 'S' asleep in a call, 'T' stopped, 'Z'
 * dead but not waited for. For the waits that no pipe can announce, and no others. */
static inline void wait_for_state(pid_t pid, char state)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    for (;;) {
        FILE *file = fopen(path, "r");
        if (file == NULL || fgets(line, sizeof line, file) == NULL)
            contract_fail("wait_for_state", "no state: %s", errno_name(errno));
        fclose(file);
        const char *name_end = strrchr(line, ')');
        if (name_end != NULL && name_end[1] == ' ' && name_end[2] == state)
            return;
        if (name_end != NULL && name_end[1] == ' ' && strchr("ZX", name_end[2]) != NULL)
            contract_fail("wait_for_state", "it has ended and never was %c", state);
        usleep(1000);
    }
}

/* Wait for child `pid`, which must exit with 0: what it found wrong counts. */
static inline void wait_for_success(pid_t pid)
{
    int status = -1;
    pid_t waited = waitpid(pid, &status, 0);
    if (waited != pid || status != 0)
        contract_fail("child", "waitpid %s, status 0x%x",
                      waited == pid ? "found it" : errno_name(errno), (unsigned)status);
}

#endif
