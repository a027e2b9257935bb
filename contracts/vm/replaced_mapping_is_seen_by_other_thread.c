/* Contract: what one thread maps, unmaps, drops or moves, all threads see with their next
 * access: a page replaced with MAP_FIXED, dropped with MADV_DONTNEED, unmapped, or moved
 * away with mremap, although each thread had just used the old page.
 * Source: mmap(2), munmap(2), madvise(2), mremap(2); all flush the TLBs before they return. */
#include "../contract.h"
#include <pthread.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *page;
static int orders[2], answers[2];

static void *obey(void *unused)
{
    char order;
    while (read(orders[0], &order, 1) == 1 && order != 'q') {
        step_access("  thread reads", 'r', page, 0);
        expect(write(answers[1], &order, 1) == 1, "write");
    }
    return unused;
}

static void look(const char *name)
{
    char byte = 'r';
    step("after", "%s", name);
    expect(write(orders[1], &byte, 1) == 1 && read(answers[0], &byte, 1) == 1, "handshake");
    step_access("  main reads", 'r', page, 0);
}

int main(void)
{
    pthread_t thread;
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(write(fd, "file", 4) == 4, "write");
    page = mmap(NULL, PAGE, both, kind, -1, 0);
    char *place = mmap(NULL, PAGE, both, kind, -1, 0);
    expect(page != MAP_FAILED && place != MAP_FAILED, "mmap");
    expect(pipe(orders) == 0 && pipe(answers) == 0, "pipe");
    expect(pthread_create(&thread, NULL, obey, NULL) == 0, "pthread_create");
    page[0] = 'a';
    look("a store");
    expect(mmap(page, PAGE, both, kind | MAP_FIXED, -1, 0) == page, "mmap");
    look("MAP_FIXED, anonymous");
    expect(mmap(page, PAGE, both, MAP_PRIVATE | MAP_FIXED, fd, 0) == page, "mmap");
    look("MAP_FIXED, file");
    page[0] = 'p';
    look("a store to the private page");
    expect(madvise(page, PAGE, MADV_DONTNEED) == 0, "madvise");
    look("MADV_DONTNEED");
    expect(munmap(page, PAGE) == 0, "munmap");
    look("munmap");
    place[0] = 'm';
    expect(mremap(place, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page, "mremap");
    look("mremap to here");
    expect(mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place, "mremap");
    look("mremap away");
    expect(write(orders[1], "q", 1) == 1, "write");
    expect(pthread_join(thread, NULL) == 0, "pthread_join");
    contract_pass();
}
