/* Code that is rewritten through another mapping of its page. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void assemble(void *code, uint16_t value)
{
#if defined __x86_64__
    unsigned char text[] = {0xb8, value & 255, value >> 8, 0, 0, 0xc3};
#else
    uint32_t text[] = {0x52800000u | (uint32_t)value << 5, 0xd65f03c0u};
#endif
    memcpy(code, text, sizeof text);
}

int main(void)
{
    int fd = memfd_create("code", 0);

    ftruncate(fd, 4096);
    char *writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    for (int value = 1; value <= 3; value++) {
        assemble(writable, value);
        __builtin___clear_cache(code, code + 4096);
        dprintf(1, "function that returns %d: %d\n", value, ((int (*)(void))code)());
    }
    return 0;
}
