/* Code that stores into its own page, and code that changes its very next instruction. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef int (*function)(void);

int main(void)
{
    const int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    uint8_t *page = mmap(NULL, 4096, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef __x86_64__
    static const uint8_t counts[] = {
        0xb9, 0xe8, 0x03, 0, 0,          /* mov $1000, %ecx */
        0x31, 0xc0,                      /* xor %eax, %eax */
        0xff, 0x05, 0xf3, 0, 0, 0,       /* again: incl 0xf3(%rip) */
        0xff, 0xc0,                      /* inc %eax */
        0xff, 0xc9,                      /* dec %ecx */
        0x75, 0xf4,                      /* jnz again */
        0xc3,                            /* ret */
    };
    static const uint8_t patches[] = {
        0xb9, 0x0a, 0, 0, 0,             /* mov $10, %ecx */
        0x31, 0xd2,                      /* xor %edx, %edx */
        0x88, 0x0d, 0x01, 0, 0, 0,       /* again: mov %cl, 1(%rip) */
        0xb8, 0xff, 0, 0, 0,             /* mov $255, %eax: 255 becomes what %cl is */
        0x01, 0xc2,                      /* add %eax, %edx */
        0xff, 0xc9,                      /* dec %ecx */
        0x75, 0xef,                      /* jnz again */
        0x89, 0xd0,                      /* mov %edx, %eax */
        0xc3,                            /* ret */
    };
#else
    static const uint32_t counts[] = {
        0x52807d01, /* mov w1, #1000 */
        0x52800000, /* mov w0, #0 */
        0x10000802, /* again: adr x2, . + 0x100 */
        0xb9400043, /* ldr w3, [x2] */
        0x11000463, /* add w3, w3, #1 */
        0xb9000043, /* str w3, [x2] */
        0x11000400, /* add w0, w0, #1 */
        0x71000421, /* subs w1, w1, #1 */
        0x54ffff41, /* b.ne again */
        0xd65f03c0, /* ret */
    };
#endif
    memcpy(page, counts, sizeof counts);
    __builtin___clear_cache((char *)page, (char *)page + 4096);
    printf("%d\n", ((function)(uintptr_t)page)());
#ifdef __x86_64__ /* arm64 wants the caches told in between */
    memcpy(page, patches, sizeof patches);
    printf("%d\n", ((function)(uintptr_t)page)());
#endif
    return 0;
}
