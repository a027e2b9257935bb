/* Contract: a context is a ring of events mapped into memory, which counts against fs.aio-max-nr; its
 * address is its name, wherever it is moved to, and neither fork nor exec passes it on.
 * io_setup(2), io_destroy(2); fs/aio.c:ioctx_alloc(), aio_setup_ring(). */
#include "aio.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

struct ring {
    unsigned id, nr, head, tail, magic, compat, incompat, length;
    struct io_event events[];
};

static long setting(const char *name)
{
    char path[64];
    long value = -1;
    snprintf(path, sizeof path, "/proc/sys/fs/%s", name);
    FILE *file = fopen(path, "r");
    expect(file != NULL && fscanf(file, "%ld", &value) == 1, path);
    fclose(file);
    return value;
}

/* fs.aio-nr is everybody's, but nobody else here asks for as many. */
enum { MANY = 20000 };

static void wait_until_few(const char *name)
{
    while (setting("aio-nr") >= MANY)
        usleep(1000);
    step(name, "few");
}

static void step_mapping(const char *name, aio_context_t context)
{
    char line[512];
    FILE *file = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long start, end;
        char modes[8], path[256] = "";
        sscanf(line, "%lx-%lx %7s %*s %*s %*s %255[^\n]", &start, &end, modes, path);
        if (start == context)
            step(name, "%lu pages, %s %s", (end - start) / 4096, modes, path);
    }
    fclose(file);
}

static void setting_up(void)
{
    aio_context_t context = 0, set = 1;
    step_result("no events", io_setup(0, &context));
    step_result("a context that is set", io_setup(1, &set));
    step_result("nowhere", io_setup(1, NULL));
    step_result("more than there may be", io_setup(setting("aio-max-nr") + 1, &context));
    step_result("many more", io_setup(0x10000000 / 32 + 1, &context));
    step_result("not a context", io_destroy(0));
    step_result("nor this", io_destroy((unsigned long)&context));
    void *fixed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    step_result("a place that cannot be written", io_setup(MANY, fixed));
    wait_until_few("requests");
    step_result("a large one", io_setup(MANY, &context));
    step("requests", "%s", setting("aio-nr") >= MANY ? "many" : "few");
    step("room", "%d", ((struct ring *)context)->nr > MANY);
    step_result("io_destroy", io_destroy(context));
    wait_until_few("requests");
}

static void ring_in_memory(void)
{
    aio_context_t context = 0;
    struct io_event event;
    struct iocb one = request(IOCB_CMD_FSYNC, open("file", O_RDWR | O_CREAT, 0600), NULL, 0, 0);
    step_result("io_setup", io_setup(200, &context));
    struct ring *ring = (struct ring *)context;
    step_mapping("mapped", context);
    step("ring", "magic %#x, compatible %u, incompatible %u, header %u", ring->magic, ring->compat,
         ring->incompat, ring->length);
    step("room", "%u", ring->nr);
    step("head and tail", "%u %u", ring->head, ring->tail);
    one.aio_data = 42;
    step_submit("submit", context, &one);
    step_submit("submit", context, &one);
    while (*(volatile unsigned *)&ring->tail < 2)
        usleep(1000);
    step("head and tail", "%u %u", ring->head, ring->tail);
    step("the first", "%ld, its own %d", (long)ring->events[0].data,
         ring->events[0].obj == (unsigned long)&one);
    ring->head = 1;
    step_result("the program took one by itself", io_getevents(context, 0, 1, &event, NULL));
    step("head and tail", "%u %u", ring->head, ring->tail);
    step_result("nothing is left", io_getevents(context, 0, 1, &event, NULL));
    step_result("smaller", mremap(ring, 8192, 4096, 0) == ring ? 0 : -1);
    step_result("larger", mremap(ring, 4096, 16384, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0);
    char *place = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *moved = mremap(ring, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    step("moved", "%d", moved == place);
    step_result("the old name", io_getevents(context, 0, 1, &event, NULL));
    context = (unsigned long)moved;
    step_result("the new name", io_getevents(context, 0, 1, &event, NULL));
    munmap(moved, 4096);
    step_result("without its ring", io_getevents(context, 0, 1, &event, NULL));
    step_result("it cannot be destroyed", io_destroy(context));
}

static void destroying(void)
{
    aio_context_t context = 0;
    int counter = eventfd(0, 0), told = eventfd(0, EFD_NONBLOCK);
    eventfd_t value = 0;
    struct iocb one = request(IOCB_CMD_POLL, counter, (void *)POLLIN, 0, 0);
    struct io_event event;
    one.aio_flags = IOCB_FLAG_RESFD;
    one.aio_resfd = told;
    expect(io_setup(64, &context) == 0, "io_setup");
    step_submit("a request that waits", context, &one);
    pid_t child = fork();
    if (child == 0) {
        step("a child sees the ring", "%#x", ((struct ring *)context)->magic);
        step_result("but not the context", io_getevents(context, 0, 1, &event, NULL));
        _exit(0);
    }
    wait_for_success(child);
    step_result("io_destroy", io_destroy(context));
    step_result("the request is cancelled", eventfd_read(told, &value));
    step_vmas("the ring is gone", (void *)context, 4096);
    step_result("twice", io_destroy(context));
}

static void filling(void)
{
    aio_context_t context = 0;
    struct iocb *list[2000], one = request(IOCB_CMD_POLL, eventfd(0, 0), (void *)POLLIN, 0, 0);
    struct io_event event[64];
    long done = 0, got;
    for (int i = 0; i < 2000; i++)
        list[i] = &one;
    expect(io_setup(64, &context) == 0, "io_setup");
    while ((got = io_submit(context, 2000, list)) > 0)
        done += got;
    step_result("until it is full", got);
    step("at least what was asked for", "%d", done >= 64);
    eventfd_write(one.aio_fildes, 1);
    step_result("events that nobody took count", io_submit(context, 1, list));
    got = 0;
    for (long part; (part = io_getevents(context, 0, 64, event, NULL)) > 0;)
        got += part;
    step("all come", "%d", got == done);
    step_result("there is room again", io_submit(context, 64, list));
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        struct io_event event;
        step_result("after exec", io_getevents(strtoul(argv[1], NULL, 10), 0, 1, &event, NULL));
        wait_until_few("requests");
        contract_pass();
    }
    setting_up();
    ring_in_memory();
    destroying();
    filling();
    char name[32];
    aio_context_t context = 0;
    expect(io_setup(MANY, &context) == 0, "io_setup");
    snprintf(name, sizeof name, "%lu", context);
    execl("/proc/self/exe", "/kevlar/aio_contexts", name, NULL);
    contract_fail("execl", "%s", errno_name(errno));
}
