/* Contract: instructions run as they were last written, however the bytes got there: by a
 * store, by read(2) into the page, through another mapping of the same memory, or by a new
 * mapping at the same address. (On arm64 the program cleans the caches, as it must.)
 * Source: mprotect(2), mmap(2), memfd_create(2). */
#include "../contract.h"
#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

/* Put at `code` a function that returns `value`; return its length. */
static size_t assemble(unsigned char *code, uint16_t value)
{
#if defined __x86_64__
    unsigned char text[] = {0xb8, value & 255, value >> 8, 0, 0, 0xc3, 0x90, 0x90};
#elif defined __aarch64__
    uint32_t text[] = {0x52800000u | (uint32_t)value << 5, 0xd65f03c0u};
#else
#error "no instructions for this architecture"
#endif
    memcpy(code, text, sizeof text);
    return sizeof text;
}

static void run(const char *name, unsigned char *code)
{
    __builtin___clear_cache((char *)code, (char *)code + PAGE);
    step(name, "%d", ((int (*)(void))code)());
}

int main(void)
{
    unsigned char *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(code != MAP_FAILED, "mmap");
    for (int value = 1; value <= 3; value++) {
        expect(mprotect(code, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
        assemble(code, value);
        expect(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0, "mprotect");
        run("stored, then executable", code);
    }
    expect(mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0, "mprotect");
    for (int value = 11; value <= 13; value++) {
        assemble(code, value);
        run("stored while executable", code);
    }
    int ends[2];
    unsigned char text[64];
    expect(pipe(ends) == 0, "pipe");
    for (int value = 21; value <= 23; value++) {
        long length = assemble(text, value);
        expect(write(ends[1], text, length) == length, "write");
        expect(read(ends[0], code, length) == length, "read");
        run("read from a pipe", code);
    }
    int fd = memfd_create("code", 0);
    expect(ftruncate(fd, PAGE) == 0, "ftruncate");
    unsigned char *writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned char *executable = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    expect(writable != MAP_FAILED && executable != MAP_FAILED, "two mappings");
    for (int value = 31; value <= 33; value++) {
        assemble(writable, value);
        run("stored through the other mapping", executable);
    }
    long length = assemble(text, 34);
    expect(pwrite(fd, text, length, 0) == length, "pwrite");
    run("written to the file", executable);
    expect(mmap(code, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) == code,
           "mmap over the old page");
    run("mapped over the old page", code);
    contract_pass();
}
