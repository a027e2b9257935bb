/* Contract: process_vm_readv and process_vm_writev copy between two processes as far as both
 * sides go, obey the protection of the pages, and take no flags.
 * Source: process_vm_readv(2), mm/process_vm_access.c. */
#include "tracing.h"
#include <sys/mman.h>

static char text[32] = "in the child";

int main(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 'p', 4096);
    expect(munmap(pages + 4096, 4096) == 0, "munmap");
    int told[2], go[2];
    char byte;
    expect(pipe(told) == 0 && pipe(go) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        strcpy(text, "of the child");
        mprotect(pages, 4096, PROT_READ);
        expect(write(told[1], "x", 1) == 1, "write");
        expect(read(go[0], &byte, 1) == 1, "read");
        step("the child has", "%s", text);
        _exit(0);
    }
    expect(read(told[0], &byte, 1) == 1, "read");
    char buffer[64] = "";
    struct iovec local[2] = {{buffer, 3}, {buffer + 3, 20}}, remote[2] = {{text, 7}, {text + 7, 6}};
    step_result("read", process_vm_readv(child, local, 2, remote, 2, 0));
    step("text", "%s", buffer);
    step_result("no local", process_vm_readv(child, local, 0, remote, 2, 0));
    step_result("no remote", process_vm_readv(child, local, 2, remote, 0, 0));
    expect_errno(process_vm_readv(child, local, 2, remote, 2, 1), EINVAL, "flags");
    expect_errno(process_vm_readv(child, local, 1025, remote, 2, 0), EINVAL, "too many");
    expect_errno(process_vm_readv(-1, local, 2, remote, 2, 0), ESRCH, "nobody");
    struct iovec bad = {pages + 4096, 10}, half = {pages + 4090, 20}, room = {buffer, 20};
    expect_errno(process_vm_readv(child, &room, 1, &bad, 1, 0), EFAULT, "unmapped");
    step_result("half of it unmapped", process_vm_readv(child, &room, 1, &half, 1, 0));
    expect_errno(process_vm_readv(child, (void *)8, 1, remote, 1, 0), EFAULT, "iovec nowhere");
    struct iovec nowhere = {(void *)8, 20}, source = {buffer, 4}, page = {pages, 4};
    expect_errno(process_vm_readv(child, &nowhere, 1, remote, 1, 0), EFAULT, "to nowhere");
    expect_errno(process_vm_writev(child, &source, 1, &page, 1, 0), EFAULT, "to a read-only page");
    strcpy(buffer, "changed");
    struct iovec target = {text, 8};
    source.iov_len = 8;
    step_result("write", process_vm_writev(child, &source, 1, &target, 1, 0));
    expect(write(go[1], "x", 1) == 1, "write");
    wait_and_show("end", child);
    expect_errno(process_vm_readv(child, local, 2, remote, 2, 0), ESRCH, "gone");
    contract_pass();
}
