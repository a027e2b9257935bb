/* Contract: processes that share a mapping, and meet at a barrier made of atomics and futexes,
 * compute together what one computes alone: Conway's game on a torus, 60 generations by four
 * workers, against the same by one; and the file behind the mapping has the result.
 * Source: mmap(2), futex(2), fork(2). */
#include "../contract.h"
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { SIZE = 48, WORKERS = 4, GENERATIONS = 60 };

struct world {
    atomic_uint arrived, generation;
    unsigned char cells[2][SIZE][SIZE];
};

static void futex(atomic_uint *word, int operation, unsigned value)
{
    syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

/* Wait until all workers are here. */
static void barrier(struct world *world, unsigned workers)
{
    unsigned now = atomic_load(&world->generation);
    if (atomic_fetch_add(&world->arrived, 1) + 1 == workers) {
        atomic_store(&world->arrived, 0);
        atomic_fetch_add(&world->generation, 1);
        futex(&world->generation, FUTEX_WAKE, INT32_MAX);
        return;
    }
    while (atomic_load(&world->generation) == now)
        futex(&world->generation, FUTEX_WAIT, now);
}

static void seed(struct world *world)
{
    uint32_t state = 42;
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++) {
            state = state * 1664525u + 1013904223u;
            world->cells[0][y][x] = state >> 30 == 0;
        }
}

static void live(struct world *world, int from, int to, unsigned workers)
{
    for (int generation = 0; generation < GENERATIONS; generation++) {
        unsigned char (*now)[SIZE] = world->cells[generation % 2];
        unsigned char (*then)[SIZE] = world->cells[1 - generation % 2];
        for (int y = from; y < to; y++)
            for (int x = 0; x < SIZE; x++) {
                int around = -now[y][x];
                for (int dy = SIZE - 1; dy <= SIZE + 1; dy++)
                    for (int dx = SIZE - 1; dx <= SIZE + 1; dx++)
                        around += now[(y + dy) % SIZE][(x + dx) % SIZE];
                then[y][x] = around == 3 || (around == 2 && now[y][x]);
            }
        barrier(world, workers);
    }
}

static void tell(const char *name, unsigned char cells[SIZE][SIZE])
{
    uint64_t hash = 14695981039346656037ull;
    int alive = 0;
    for (int i = 0; i < SIZE * SIZE; i++) {
        hash = (hash ^ ((unsigned char *)cells)[i]) * 1099511628211ull;
        alive += ((unsigned char *)cells)[i];
    }
    step(name, "%d alive, hash %016llx", alive, (unsigned long long)hash);
}

int main(void)
{
    static struct world alone;
    seed(&alone);
    tell("at first", alone.cells[0]);
    live(&alone, 0, SIZE, 1);
    tell("alone", alone.cells[GENERATIONS % 2]);

    int fd = open("world", O_RDWR | O_CREAT, 0600);
    expect(ftruncate(fd, sizeof(struct world)) == 0, "ftruncate");
    struct world *world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(world != MAP_FAILED, "mmap");
    seed(world);
    pid_t children[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        if ((children[i] = fork()) == 0) {
            live(world, SIZE * i / WORKERS, SIZE * (i + 1) / WORKERS, WORKERS);
            _exit(i);
        }
    for (int i = 0, status; i < WORKERS; i++) {
        expect(waitpid(children[i], &status, 0) == children[i], "waitpid");
        step("worker exits", "%d", WEXITSTATUS(status));
    }
    step("barriers passed", "%u", atomic_load(&world->generation));
    tell("together", world->cells[GENERATIONS % 2]);
    step("every cell", "%s", memcmp(alone.cells, world->cells, sizeof alone.cells)
         ? "differs somewhere" : "is the same");
    static struct world read_back;
    step("file", "%s", pread(fd, &read_back, sizeof read_back, 0) == sizeof read_back &&
         !memcmp(read_back.cells, world->cells, sizeof alone.cells) ? "the same" : "another");
    contract_pass();
}
