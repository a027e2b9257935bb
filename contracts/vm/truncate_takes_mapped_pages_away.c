/* Contract: shortening a file takes the pages beyond its new end out of every mapping, even
 * private copies; access then is SIGBUS. The tail of the page that stays becomes zero, and
 * when the file grows again the pages come back as zeros.
 * Source: ftruncate(2), mmap(2); mm/truncate.c:truncate_pagecache (private copies too). */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    contract_catch_faults();
    char text[3 * PAGE];
    memset(text, 'f', sizeof text);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(write(fd, text, sizeof text) == sizeof text, "write");
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    expect(shared != MAP_FAILED && private != MAP_FAILED, "mmap");
    step_access("shared, store to page 1", 'w', shared, PAGE);
    step_access("private, store to page 1", 'w', private, PAGE + 1);
    step_access("private, store to page 2", 'w', private, 2 * PAGE + 1);

    step_result("truncate to 10 bytes into page 1", ftruncate(fd, PAGE + 10));
    step_access("shared, byte in the file", 'r', shared, PAGE);
    step_access("shared, byte after the end", 'r', shared, PAGE + 10);
    step_access("private copy of page 1", 'r', private, PAGE + 1);
    step_access("and its tail", 'r', private, PAGE + 10);
    step_access("shared, page 2", 'r', shared, 2 * PAGE);
    step_access("private copy of page 2", 'r', private, 2 * PAGE + 1);

    step_result("grow to three pages", ftruncate(fd, 3 * PAGE));
    step_access("shared, after the old end", 'r', shared, PAGE + 10);
    step_access("shared, page 2", 'r', shared, 2 * PAGE);
    step_access("private, page 2", 'r', private, 2 * PAGE + 1);
    step_access("page 0 all the while", 'r', shared, PAGE - 1);
    contract_pass();
}
