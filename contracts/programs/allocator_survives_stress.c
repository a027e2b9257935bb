/* Contract: a malloc of one's own, with the small blocks in a heap grown by brk and the large
 * ones in mappings grown by mremap, keeps every byte through 20000 random operations; what is
 * given back by brk and munmap comes back as zero. The sums are the same everywhere.
 * Source: brk(2), mmap(2), mremap(2), munmap(2). */
#include "../contract.h"
#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096, SLOTS = 128, LARGE = 8 * PAGE, STEPS = 20000 };

/* A block of the heap: its size without the head, and whether it is in use. */
struct block {
    size_t size;
    size_t used;
};

static struct { unsigned char *data; size_t size; uint32_t seed; } slots[SLOTS];
static char *heap_start, *heap_end;
static long grown, shrunk, mapped, unmapped, remapped, moved;

static uint32_t random_state = 12345;

static uint32_t next(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static void set_break(char *wanted)
{
    expect((char *)syscall(SYS_brk, wanted) == wanted, "brk");
    heap_end = wanted;
}

/* First fit, joining free neighbours on the way; at the end, more heap. */
static void *heap_take(size_t size)
{
    struct block *block = (struct block *)heap_start;
    size = (size + 15) & ~15ul;
    while ((char *)block < heap_end) {
        struct block *after = (struct block *)((char *)(block + 1) + block->size);
        if (!block->used && (char *)after < heap_end && !after->used) {
            block->size += sizeof *after + after->size;
            continue;
        }
        if (!block->used && block->size >= size) {
            if (block->size >= size + 64) {
                after = (struct block *)((char *)(block + 1) + size);
                after->size = block->size - size - sizeof *after;
                after->used = 0;
                block->size = size;
            }
            block->used = 1;
            return block + 1;
        }
        block = after;
    }
    set_break(heap_end + sizeof *block + size);
    grown++;
    expect(block->size == 0 && block->used == 0, "new heap is zero");
    block->size = size;
    block->used = 1;
    return block + 1;
}

/* Give the free end of the heap back, to the page, so that it is zero when it returns. */
static void heap_trim(void)
{
    struct block *block = (struct block *)heap_start, *tail = NULL;
    while ((char *)block < heap_end) {
        tail = block->used ? NULL : tail ? tail : block;
        block = (struct block *)((char *)(block + 1) + block->size);
    }
    if (tail && heap_end - (char *)tail > 4 * PAGE) {
        char *page = (char *)(((uintptr_t)tail + PAGE - 1) & -(uintptr_t)PAGE);
        memset(tail, 0, page - (char *)tail);
        set_break(page);
        set_break((char *)tail);
        shrunk++;
    }
}

static void fill(int slot, size_t from)
{
    for (size_t i = from; i < slots[slot].size; i++)
        slots[slot].data[i] = (slots[slot].seed + i * 7) >> 3;
}

static void check(int slot)
{
    for (size_t i = 0; i < slots[slot].size; i++)
        if (slots[slot].data[i] != (uint8_t)((slots[slot].seed + i * 7) >> 3))
            contract_fail("contents", "slot %d of %zu bytes differs at %zu", slot,
                          slots[slot].size, i);
}

static void release(int slot)
{
    check(slot);
    if (slots[slot].size < LARGE) {
        ((struct block *)slots[slot].data)[-1].used = 0;
        heap_trim();
    } else {
        expect(munmap(slots[slot].data, slots[slot].size) == 0, "munmap");
        unmapped++;
    }
    slots[slot].data = NULL;
}

static void take(int slot)
{
    size_t size = next(20) ? 1 + next(next(4) ? 200 : 5000) : LARGE + next(10 * PAGE);
    slots[slot].size = size;
    slots[slot].seed = random_state;
    if (size < LARGE) {
        slots[slot].data = heap_take(size);
    } else {
        unsigned char *data = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(data != MAP_FAILED && data[0] == 0 && data[size - 1] == 0, "mmap");
        slots[slot].data = data;
        mapped++;
    }
    fill(slot, 0);
}

static void resize(int slot)
{
    size_t old = slots[slot].size, size = LARGE + next(30 * PAGE);
    unsigned char *data = mremap(slots[slot].data, old, size, MREMAP_MAYMOVE);
    expect(data != MAP_FAILED, "mremap");
    size_t whole = (old + PAGE - 1) & -(size_t)PAGE;
    for (size_t i = whole; i < size; i += 100)
        expect(data[i] == 0, "grown part is zero");
    remapped++;
    moved += data != slots[slot].data;
    slots[slot].data = data;
    slots[slot].size = size;
    fill(slot, old < size ? old : size);
}

int main(void)
{
    step("steps", "%d", STEPS);
    heap_start = heap_end = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1L));
    set_break(heap_start);
    uint64_t sum = 0;
    for (int i = 1; i <= STEPS; i++) {
        int slot = next(SLOTS);
        if (!slots[slot].data)
            take(slot);
        else if (slots[slot].size >= LARGE && next(2))
            resize(slot);
        else
            release(slot);
        sum = sum * 31 + (slots[slot].data ? slots[slot].data[slots[slot].size / 2] : 1);
        if (i % 4000 == 0)
            step("sum", "step %d: %016llx, heap %ld bytes", i, (unsigned long long)sum,
                 (long)(heap_end - heap_start));
    }
    for (int slot = 0; slot < SLOTS; slot++)
        if (slots[slot].data)
            release(slot);
    step("heap", "grown %ld times, shrunk %ld times, %ld bytes at the end", grown, shrunk,
         (long)(heap_end - heap_start));
    step("mappings", "%ld made, %ld removed, %ld resized", mapped, unmapped, remapped);
    expect(moved <= remapped, "moves");
    contract_pass();
}
