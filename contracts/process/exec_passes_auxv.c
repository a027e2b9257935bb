/* Contract: the auxiliary vector tells page size, clock ticks, ids, the path as it was given to
 * execve, where the program's headers and entry are, and sixteen random bytes.
 * Source: getauxval(3), fs/binfmt_elf.c:create_elf_tables. */
#include "../contract.h"
#include <elf.h>
#include <sys/auxv.h>

int main(int argc, char **argv)
{
    if (argc == 1) {
        char *arguments[] = {argv[0], "again", NULL};
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    step("AT_PAGESZ", "%lu", getauxval(AT_PAGESZ));
    step("AT_CLKTCK", "%lu", getauxval(AT_CLKTCK));
    step("AT_SECURE", "%lu", getauxval(AT_SECURE));
    step("AT_FLAGS", "%lu", getauxval(AT_FLAGS));
    step("AT_BASE", "%lu", getauxval(AT_BASE));
    step("AT_PHENT", "%lu", getauxval(AT_PHENT));
    step("AT_EXECFN", "%s", (char *)getauxval(AT_EXECFN));
    step("AT_UID", "%s", getauxval(AT_UID) == getuid() ? "real user" : "?");
    step("AT_EUID", "%s", getauxval(AT_EUID) == geteuid() ? "effective user" : "?");
    step("AT_GID", "%s", getauxval(AT_GID) == getgid() ? "real group" : "?");
    step("AT_EGID", "%s", getauxval(AT_EGID) == getegid() ? "effective group" : "?");
    step("AT_ENTRY", "%s", getauxval(AT_ENTRY) ? "set" : "missing");
    step("AT_PLATFORM", "%s", getauxval(AT_PLATFORM) ? "set" : "missing");

    const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
    int loads = 0;
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        loads += headers[i].p_type == PT_LOAD;
    step("AT_PHDR shows segments to load", "%s", loads > 0 ? "yes" : "no");
    const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
    int sum = 0;
    for (int i = 0; random != NULL && i < 16; i++)
        sum |= random[i];
    step("AT_RANDOM", "%s", sum ? "not zero" : "zero");
    contract_pass();
}
