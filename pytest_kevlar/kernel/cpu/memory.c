/* Physical frames and page tables: reference counts, zero-fill, copy-on-write, user copies.
 * Policy (which addresses are mapped and why) is Python's; this only does what it is told. */
#include <sys/mman.h>

#define LEVEL_BITS 9
#define LEVEL_SIZE (1u << LEVEL_BITS)
#define INDEX(address, level) (((address) >> (12 + LEVEL_BITS * (level))) & (LEVEL_SIZE - 1))
#define FRAME(entry) ((entry) >> 12)
#define FRAME_MEMORY(engine, frame) ((engine)->memory + (frame) * KV_PAGE)

/* ---- frames ---- */

#include "charges.c"

static uint64_t frame_alloc(struct kv_engine *engine, uint32_t owner, uint32_t kind)
{
    uint64_t frame;
    bool zeroed = false;
    engine->refused = 0;
    if (engine->frames_used >= engine->frame_limit)
        return 0;
    if (owner && !charge(engine, owner, kind))
        return 0;
    if (engine->free_count) {
        frame = engine->free_frames[--engine->free_count];
    } else if (engine->fresh < engine->frame_count) {
        frame = engine->fresh++;
        zeroed = true;
    } else if (engine->stale_count && !engine->running) {
        frame = engine->stale_frames[--engine->stale_count];
        kv_drop_code(engine, frame);
    } else {
        if (owner)
            uncharge(engine, owner, kind);
        return 0;
    }
    if (!zeroed)
        memset(FRAME_MEMORY(engine, frame), 0, KV_PAGE);
    engine->frames[frame].refs = 1;
    engine->frames_used++;
    if (owner) {
        engine->frames[frame].owner = (uint16_t)owner;
        engine->frames[frame].kind = (uint8_t)kind;
    }
    return frame;
}

uint64_t kv_frame_alloc(struct kv_engine *engine)
{
    return frame_alloc(engine, 0, KV_ANON);
}

uint64_t kv_frame_alloc_cached(struct kv_engine *engine, uint32_t kind)
{
    return frame_alloc(engine, engine->space ? engine->space->owner : 0, kind);
}

void kv_frame_ref(struct kv_engine *engine, uint64_t frame)
{
    engine->frames[frame].refs++;
}

void kv_frame_unref(struct kv_engine *engine, uint64_t frame)
{
    struct kv_frame *info = &engine->frames[frame];
    if (--info->refs)
        return;
    if (info->owner) {
        uncharge(engine, info->owner, info->kind);
        info->owner = info->kind = 0;
    }
    engine->frames_used--;
    if (info->code)
        engine->stale_frames[engine->stale_count++] = (uint32_t)frame;
    else
        engine->free_frames[engine->free_count++] = (uint32_t)frame;
}

uint32_t kv_frame_refs(struct kv_engine *engine, uint64_t frame)
{
    return engine->frames[frame].refs;
}

void kv_frame_write(struct kv_engine *engine, uint64_t frame, uint64_t offset,
                    const uint8_t *data, uint64_t size)
{
    if (engine->frames[frame].code)
        kv_drop_code(engine, frame);
    memcpy(FRAME_MEMORY(engine, frame) + offset, data, size);
}

void kv_frame_zero(struct kv_engine *engine, uint64_t frame, uint64_t offset, uint64_t size)
{
    if (engine->frames[frame].code)
        kv_drop_code(engine, frame);
    memset(FRAME_MEMORY(engine, frame) + offset, 0, size);
}

/* ---- page tables: four levels of 512, leaves hold entries ---- */

/* Freed tables, linked through their first word: processes come and go quickly. */
static void **spare_tables;
static unsigned spare_count;
#define SPARE_MAX 1024

static void **table_new(void)
{
    void **table = spare_tables;
    if (!table)
        return calloc(LEVEL_SIZE, sizeof(void *));
    spare_tables = (void **)table[0];
    spare_count--;
    table[0] = NULL;
    return table;
}

/* `table` must be all zero. */
static void table_free(void **table)
{
    if (spare_count >= SPARE_MAX) {
        free(table);
        return;
    }
    table[0] = spare_tables;
    spare_tables = table;
    spare_count++;
}

struct kv_space *kv_space_new(void)
{
    struct kv_space *space = calloc(1, sizeof *space);
    if (space)
        space->root = table_new();
    if (space && !space->root) {
        free(space);
        return NULL;
    }
    return space;
}

/* The leaf table that covers `address`; NULL if there is none and `create` is false. */
static uint64_t *leaf(struct kv_space *space, uint64_t address, bool create)
{
    void **table = space->root;
    if (address >= KV_ADDRESS_LIMIT)
        return NULL;
    for (int level = 3; level > 0; level--) {
        void **slot = &table[INDEX(address, level)];
        if (!*slot) {
            if (!create)
                return NULL;
            *slot = table_new();
            if (!*slot)
                return NULL;
        }
        table = *slot;
    }
    return (uint64_t *)table;
}

/* Calls the body for every entry slot of [start, end) whose leaf exists. */
#define FOR_EACH_SLOT(space, start, end, slot, at)                                      \
    for (uint64_t at = (start), at##_next = 0; at < (end); at = at##_next)              \
        for (uint64_t *table_ = (at##_next = next_leaf(at, (end)),                      \
                                 leaf((space), at, false)),                             \
                      *slot = table_ ? table_ + INDEX(at, 0) : NULL;                    \
             slot && at < at##_next; slot++, at += KV_PAGE)

static uint64_t next_leaf(uint64_t at, uint64_t end)
{
    uint64_t next = (at | (LEVEL_SIZE * KV_PAGE - 1)) + 1;
    return next < end ? next : end;
}

/* Huge sparse ranges: skip absent upper tables quickly. */
static uint64_t skip_absent(struct kv_space *space, uint64_t at, uint64_t end)
{
    while (at < end) {
        void **table = space->root;
        int level = 3;
        for (; level > 0; level--) {
            void **slot = &table[INDEX(at, level)];
            if (!*slot)
                break;
            table = *slot;
        }
        if (level == 0)
            return at;
        uint64_t size = KV_PAGE << (LEVEL_BITS * level);
        at = (at | (size - 1)) + 1;
    }
    return end;
}

/* Give back a subtree: drop what its leaves map and leave every table zero. */
static void free_tables(struct kv_engine *engine, void **table, int level)
{
    for (unsigned i = 0; i < LEVEL_SIZE; i++)
        if (table[i]) {
            if (level > 0)
                free_tables(engine, table[i], level - 1);
            else
                kv_frame_unref(engine, FRAME((uint64_t)table[i]));
            table[i] = NULL;
        }
    table_free(table);
}

void kv_space_free(struct kv_engine *engine, struct kv_space *space)
{
    if (engine->space == space) {
        engine->space = NULL;
        engine->flush_pending = true;
    }
    free_tables(engine, space->root, 3);
    free(space->ranges);
    free(space);
}

int kv_space_set_ranges(struct kv_space *space, const struct kv_range *ranges, uint64_t count)
{
    struct kv_range *copy = realloc(space->ranges, (count ? count : 1) * sizeof *copy);
    if (!copy)
        return -1;
    memcpy(copy, ranges, count * sizeof *copy);
    space->ranges = copy;
    space->range_count = count;
    return 0;
}

/* The first range that ends above `address`; ranges are sorted and disjoint. */
static uint64_t find_range(const struct kv_space *space, uint64_t address)
{
    uint64_t low = 0, high = space->range_count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (space->ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int kv_space_set_range(struct kv_space *space, uint64_t start, uint64_t end, uint32_t perms)
{
    struct kv_range new[3], *ranges = space->ranges;
    uint64_t count = space->range_count, low = find_range(space, start), high = low, added = 0;
    while (high < count && ranges[high].start < end)
        high++;
    if (perms && low && ranges[low - 1].end == start && ranges[low - 1].perms == perms)
        start = ranges[--low].start;
    if (perms && high < count && ranges[high].start == end && ranges[high].perms == perms)
        end = ranges[high++].end;
    if (low < high && ranges[low].start < start)
        new[added++] = (struct kv_range){ranges[low].start, start, ranges[low].perms, 0};
    if (perms)
        new[added++] = (struct kv_range){start, end, perms, 0};
    if (low < high && ranges[high - 1].end > end)
        new[added++] = (struct kv_range){end, ranges[high - 1].end, ranges[high - 1].perms, 0};
    uint64_t total = count - (high - low) + added;
    if (total > count) {
        ranges = realloc(ranges, total * sizeof *ranges);
        if (!ranges)
            return -1;
        space->ranges = ranges;
    }
    memmove(ranges + low + added, ranges + high, (count - high) * sizeof *ranges);
    memcpy(ranges + low, new, added * sizeof *new);
    space->range_count = total;
    return 0;
}

static void count_resident(struct kv_space *space, uint64_t entry, int64_t by)
{
    if (entry & KV_ZERO)
        return;
    if (entry & KV_FILE)
        space->resident_file += by;
    space->resident += by;
    if (space->resident > space->peak)
        space->peak = space->resident;
}

int kv_map(struct kv_engine *engine, struct kv_space *space, uint64_t address, uint64_t frame,
           uint32_t flags)
{
    uint64_t *table = leaf(space, address, true);
    if (!table)
        return -1;
    uint64_t *slot = &table[INDEX(address, 0)];
    if (*slot) {
        count_resident(space, *slot, -1);
        kv_frame_unref(engine, FRAME(*slot));
        if (engine->space == space)
            engine->flush_pending = true;
    }
    engine->frames[frame].refs++;
    *slot = frame << 12 | flags | KV_PRESENT;
    count_resident(space, *slot, 1);
    return 0;
}

uint64_t kv_entry(struct kv_space *space, uint64_t address)
{
    uint64_t *table = leaf(space, address, false);
    return table ? table[INDEX(address, 0)] : 0;
}

void kv_unmap(struct kv_engine *engine, struct kv_space *space, uint64_t start, uint64_t end)
{
    for (start = skip_absent(space, start, end); start < end;
         start = skip_absent(space, next_leaf(start, end), end))
        FOR_EACH_SLOT(space, start, next_leaf(start, end), slot, at)
            if (*slot) {
                count_resident(space, *slot, -1);
                kv_frame_unref(engine, FRAME(*slot));
                *slot = 0;
            }
    if (engine->space == space)
        engine->flush_pending = true;
}

void kv_protect(struct kv_engine *engine, struct kv_space *space, uint64_t start, uint64_t end,
                uint32_t perms, int cow)
{
    for (start = skip_absent(space, start, end); start < end;
         start = skip_absent(space, next_leaf(start, end), end))
        FOR_EACH_SLOT(space, start, next_leaf(start, end), slot, at)
            if (*slot) {
                uint64_t entry = *slot & ~(uint64_t)(KV_PERMS | KV_COW);
                /* A private frame that others hold too must be copied before a write. */
                bool shared_frame =
                    cow && (engine->frames[FRAME(entry)].refs > 1 || entry & KV_FILE);
                entry |= shared_frame ? (perms & ~KV_WRITE) : perms;
                if (shared_frame && perms & KV_WRITE)
                    entry |= KV_COW;
                *slot = entry;
            }
    if (engine->space == space)
        engine->flush_pending = true;
}

int kv_move(struct kv_engine *engine, struct kv_space *space, uint64_t from, uint64_t to,
            uint64_t size)
{
    for (uint64_t offset = 0; offset < size; offset += KV_PAGE) {
        offset = skip_absent(space, from + offset, from + size) - from;
        uint64_t *source = offset < size ? leaf(space, from + offset, false) : NULL;
        if (!source || !source[INDEX(from + offset, 0)])
            continue;
        uint64_t *target = leaf(space, to + offset, true);
        if (!target)
            return -1;
        target[INDEX(to + offset, 0)] = source[INDEX(from + offset, 0)];
        source[INDEX(from + offset, 0)] = 0;
    }
    if (engine->space == space)
        engine->flush_pending = true;
    return 0;
}

static int fork_table(struct kv_engine *engine, struct kv_space *space, void **child,
                      void **parent, int level)
{
    for (unsigned i = 0; i < LEVEL_SIZE; i++) {
        if (!parent[i])
            continue;
        if (level > 0) {
            child[i] = table_new();
            if (!child[i] || fork_table(engine, space, child[i], parent[i], level - 1))
                return -1;
            continue;
        }
        uint64_t entry = (uint64_t)parent[i];
        if (entry & KV_WRITE && !(entry & KV_SHARED)) {
            entry = (entry & ~(uint64_t)KV_WRITE) | KV_COW;
            parent[i] = (void *)entry;
        }
        engine->frames[FRAME(entry)].refs++;
        child[i] = (void *)entry;
        count_resident(space, entry, 1);
    }
    return 0;
}

struct kv_space *kv_space_fork(struct kv_engine *engine, struct kv_space *parent)
{
    struct kv_space *child = kv_space_new();
    if (engine->space == parent)
        engine->flush_pending = true;
    if (child && !kv_space_set_ranges(child, parent->ranges, parent->range_count) &&
        !fork_table(engine, child, child->root, parent->root, 3))
        return child;
    if (child)
        kv_space_free(engine, child);
    return NULL;
}

uint64_t kv_count_mapped(struct kv_space *space, uint64_t start, uint64_t end)
{
    uint64_t count = 0;
    for (start = skip_absent(space, start, end); start < end;
         start = skip_absent(space, next_leaf(start, end), end))
        FOR_EACH_SLOT(space, start, next_leaf(start, end), slot, at)
            count += *slot && !(*slot & KV_ZERO);
    return count;
}

uint64_t kv_count_shared(struct kv_engine *engine, struct kv_space *space, uint64_t start,
                         uint64_t end)
{
    uint64_t count = 0;
    for (start = skip_absent(space, start, end); start < end;
         start = skip_absent(space, next_leaf(start, end), end))
        FOR_EACH_SLOT(space, start, next_leaf(start, end), slot, at)
            count += *slot && !(*slot & KV_ZERO) && engine->frames[FRAME(*slot)].refs > 1;
    return count;
}

void kv_residency(struct kv_space *space, uint64_t start, uint64_t end, uint8_t *out)
{
    for (uint64_t at = start; at < end; at += KV_PAGE)
        *out++ = kv_entry(space, at) != 0;
}

/* ---- faults that need no policy ---- */

uint64_t kv_resolve_entry(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                          uint32_t access, int *error)
{
    uint64_t *table = leaf(space, address, false);
    uint64_t *slot = table ? &table[INDEX(address, 0)] : NULL;
    *error = 0;
    if (slot && *slot) {
        if (access == KV_WRITE && *slot & KV_COW) {
            uint64_t old = FRAME(*slot);
            uint64_t flags = *slot & (KV_PERMS | KV_PRESENT);
            bool zero = *slot & KV_ZERO;
            if (engine->frames[old].refs == 1 && !(*slot & KV_FILE) && !zero) {
                *slot = (*slot & ~(uint64_t)KV_COW) | KV_WRITE | KV_DIRTY;
            } else {
                uint64_t frame = frame_alloc(engine, space->owner, KV_ANON);
                if (!frame) {
                    *error = 1;
                    return 0;
                }
                if (!zero)
                    memcpy(FRAME_MEMORY(engine, frame), FRAME_MEMORY(engine, old), KV_PAGE);
                count_resident(space, *slot, -1);
                kv_frame_unref(engine, old);
                *slot = frame << 12 | flags | KV_WRITE | KV_DIRTY;
                count_resident(space, *slot, 1);
                if (flags & KV_EXEC)
                    engine->flush_pending = true;
            }
            space->minor_faults++;
            return *slot;
        }
        if (*slot & access)
            return *slot;
        return 0;
    }
    uint64_t low = find_range(space, address);
    if (low == space->range_count || address < space->ranges[low].start ||
        !(space->ranges[low].perms & access))
        return 0;
    uint32_t perms = space->ranges[low].perms;
    uint64_t frame = engine->zero_frame;
    if (access == KV_READ) {
        engine->frames[frame].refs++;
        perms = KV_ZERO | (perms & ~KV_WRITE) | (perms & KV_WRITE ? KV_COW : 0);
    } else {
        frame = frame_alloc(engine, space->owner, KV_ANON);
        perms |= access == KV_WRITE ? KV_DIRTY : 0;
    }
    table = frame ? leaf(space, address, true) : NULL;
    if (!table) {
        if (frame)
            kv_frame_unref(engine, frame);
        *error = 1;
        return 0;
    }
    slot = &table[INDEX(address, 0)];
    *slot = frame << 12 | KV_PRESENT | perms;
    space->minor_faults++;
    count_resident(space, *slot, 1);
    return *slot;
}

int kv_resolve(struct kv_engine *engine, struct kv_space *space, uint64_t address,
               uint32_t access)
{
    int error;
    uint64_t entry = kv_resolve_entry(engine, space, address, access, &error);
    return error ? -1 : entry != 0;
}

/* ---- user copies ---- */

static uint8_t *user_page(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                          uint32_t access)
{
    int error;
    uint64_t before = access == KV_WRITE ? kv_entry(space, address) : 0;
    uint64_t entry = kv_resolve_entry(engine, space, address & ~(KV_PAGE - 1), access, &error);
    if (!entry)
        return NULL;
    /* Copied on the kernel's write: the guest may have the old frame in its TLB. */
    if (before && FRAME(before) != FRAME(entry) &&
        engine->frames[FRAME(before)].read_generation == engine->generation)
        engine->flush_pending = true;
    if (access == KV_WRITE && engine->frames[FRAME(entry)].code)
        kv_drop_code(engine, FRAME(entry));
    return FRAME_MEMORY(engine, FRAME(entry)) + (address & (KV_PAGE - 1));
}

static uint64_t in_page(uint64_t address, uint64_t size)
{
    uint64_t room = KV_PAGE - (address & (KV_PAGE - 1));
    return size < room ? size : room;
}

uint64_t kv_copy_in(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                    uint8_t *to, uint64_t size)
{
    uint64_t done = 0;
    while (done < size) {
        uint64_t part = in_page(address + done, size - done);
        uint8_t *page = user_page(engine, space, address + done, KV_READ);
        if (!page)
            break;
        memcpy(to + done, page, part);
        done += part;
    }
    return done;
}

uint64_t kv_peek(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                 uint8_t *to, uint64_t size)
{
    uint64_t done = 0;
    while (done < size && kv_entry(space, address + done)) {
        uint64_t part = in_page(address + done, size - done);
        if (kv_copy_in(engine, space, address + done, to + done, part) < part)
            break;
        done += part;
    }
    return done;
}

uint64_t kv_copy_out(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                     const uint8_t *from, uint64_t size)
{
    uint64_t done = 0;
    while (done < size) {
        uint64_t part = in_page(address + done, size - done);
        uint8_t *page = user_page(engine, space, address + done, KV_WRITE);
        if (!page)
            break;
        memcpy(page, from + done, part);
        done += part;
    }
    return done;
}

uint64_t kv_copy_string(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                        uint8_t *to, uint64_t size, int *found)
{
    uint64_t done = 0;
    *found = 0;
    while (done < size) {
        uint64_t part = in_page(address + done, size - done);
        uint8_t *page = user_page(engine, space, address + done, KV_READ);
        if (!page)
            break;
        uint8_t *end = memchr(page, 0, part);
        if (end) {
            memcpy(to + done, page, end - page);
            *found = 1;
            return done + (end - page);
        }
        memcpy(to + done, page, part);
        done += part;
    }
    return done;
}
