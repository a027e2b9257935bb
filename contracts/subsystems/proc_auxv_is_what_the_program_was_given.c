/* Contract: /proc/self/auxv is the auxiliary vector: pairs of words that end with AT_NULL, of
 * which getauxval tells the same. It holds the page size, clock tick, ids, program headers,
 * entry, 16 random bytes that differ from exec to exec, and the name that was executed.
 * Source: getauxval(3), proc_pid_auxv(5); fs/binfmt_elf.c:create_elf_tables. */
#include "../contract.h"
#include <sys/auxv.h>
#include <sys/wait.h>

static void tell(const char *name, unsigned long value, unsigned long wanted)
{
    step(name, "%s", value == wanted ? "as expected" : "something else");
}

int main(int argc, char **argv)
{
    unsigned long vector[128];
    if (argc == 3) { /* the second life: send the random bytes home */
        const void *random = (const void *)getauxval(AT_RANDOM);
        _exit(write(atoi(argv[2]), random, 16) != 16);
    }
    int fd = open("/proc/self/auxv", O_RDONLY);
    long got = read(fd, vector, sizeof vector), pairs = got / 16;
    expect(fd >= 0 && got > 0, "auxv");
    step("whole pairs", "%s", got % 16 ? "no" : "yes");
    step("last pair", "%lu %lu", vector[2 * pairs - 2], vector[2 * pairs - 1]);
    /* Not all: glibc answers for some, such as AT_HWCAP, from its own tables. */
    static const unsigned long kinds[] = {AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE,
                                          AT_FLAGS, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID,
                                          AT_CLKTCK, AT_RANDOM, AT_SECURE, AT_EXECFN, AT_NULL};
    for (unsigned kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        int found = 0, same = 0;
        for (int i = 0; i < pairs; i++)
            if (vector[2 * i] == kinds[kind]) {
                found++;
                same += getauxval(kinds[kind]) == vector[2 * i + 1];
            }
        step("kind", "%lu, %d found, %d as getauxval says", kinds[kind], found, same);
    }
    step("AT_PAGESZ", "%lu", getauxval(AT_PAGESZ));
    step("AT_CLKTCK", "%lu", getauxval(AT_CLKTCK));
    step("AT_PHENT", "%lu", getauxval(AT_PHENT));
    step("AT_SECURE", "%lu", getauxval(AT_SECURE));
    step("AT_FLAGS", "%lu", getauxval(AT_FLAGS));
    tell("AT_UID", getauxval(AT_UID), getuid());
    tell("AT_EUID", getauxval(AT_EUID), geteuid());
    tell("AT_GID", getauxval(AT_GID), getgid());
    tell("AT_EGID", getauxval(AT_EGID), getegid());
    const unsigned char *header = (const unsigned char *)(getauxval(AT_PHDR) & -4096UL);
    tell("AT_PHDR lies in the ELF header's page", memcmp(header, "\177ELF", 4), 0);
    tell("AT_PHNUM", getauxval(AT_PHNUM), header[56]);
    unsigned long entry;
    memcpy(&entry, header + 24, sizeof entry);
    tell("AT_ENTRY", getauxval(AT_ENTRY) % 4096, entry % 4096);
    step("AT_PLATFORM", "%s", getauxval(AT_PLATFORM) ? "there" : "missing");

    unsigned char random[2][16];
    for (int i = 0; i < 2; i++) {
        int ends[2];
        expect(pipe(ends) == 0, "pipe");
        pid_t child = fork();
        if (child == 0) {
            char number[16];
            snprintf(number, sizeof number, "%d", ends[1]);
            execl("/proc/self/exe", argv[0], "random", number, NULL);
            _exit(9);
        }
        close(ends[1]);
        expect(read(ends[0], random[i], 16) == 16, "read");
        expect(waitpid(child, NULL, 0) == child, "waitpid");
    }
    step("AT_RANDOM", "%s", memcmp(random[0], random[1], 16) ? "differs" : "is the same");
    contract_pass();
}
