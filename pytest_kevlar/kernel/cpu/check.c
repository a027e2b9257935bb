/* Looks at frames and page tables from the outside: are they what they should be? For the
 * kernel's invariants; nothing here changes anything. */

struct entry_walk {
    struct kv_engine *engine;
    struct kv_space *space;
    const struct kv_mapping *mappings;
    uint64_t count;     /* of mappings */
    uint64_t next;      /* the first mapping that ends above the address looked at */
    uint32_t *holders;
    uint64_t resident, resident_file;
    struct kv_finding *finding;
};

static int found(struct entry_walk *walk, int what, uint64_t address, uint64_t entry)
{
    walk->finding->what = what;
    walk->finding->address = address;
    walk->finding->entry = entry;
    return what;
}

static int check_entry(struct entry_walk *walk, uint64_t address, uint64_t entry)
{
    uint64_t frame = FRAME(entry);
    while (walk->next < walk->count && walk->mappings[walk->next].end <= address)
        walk->next++;
    const struct kv_mapping *mapping = &walk->mappings[walk->next];
    if (walk->next == walk->count || address < mapping->start)
        return found(walk, KV_CHECK_OUTSIDE, address, entry);
    if (entry & KV_PERMS & ~(uint64_t)mapping->perms)
        return found(walk, KV_CHECK_RIGHTS, address, entry);
    if (!(entry & KV_PRESENT) || !frame || frame >= walk->engine->fresh)
        return found(walk, KV_CHECK_FRAME, address, entry);
    if (entry & KV_WRITE && (entry & KV_COW || frame == walk->engine->zero_frame))
        return found(walk, KV_CHECK_COPY, address, entry);
    if (!!(entry & KV_ZERO) != (frame == walk->engine->zero_frame))
        return found(walk, KV_CHECK_ZERO, address, entry);
    if (entry & KV_SHARED && !mapping->shared)
        return found(walk, KV_CHECK_SHARED, address, entry);
    walk->holders[frame]++;
    walk->resident += !(entry & KV_ZERO);
    walk->resident_file += !(entry & KV_ZERO) && entry & KV_FILE;
    return 0;
}

static int check_table(struct entry_walk *walk, void **table, int level, uint64_t base)
{
    uint64_t size = KV_PAGE << (LEVEL_BITS * level);
    for (unsigned i = 0; i < LEVEL_SIZE; i++) {
        if (!table[i])
            continue;
        int what = level ? check_table(walk, table[i], level - 1, base + i * size)
                         : check_entry(walk, base + i * size, (uint64_t)table[i]);
        if (what)
            return what;
    }
    return 0;
}

int kv_check_space(struct kv_engine *engine, struct kv_space *space,
                   const struct kv_mapping *mappings, uint64_t count, uint32_t *holders,
                   struct kv_finding *finding)
{
    struct entry_walk walk = {engine, space, mappings, count, 0, holders, 0, 0, finding};
    int what = check_table(&walk, space->root, 3, 0);
    if (what)
        return what;
    if (walk.resident != space->resident)
        return found(&walk, KV_CHECK_RESIDENT, walk.resident, space->resident);
    if (walk.resident_file != space->resident_file)
        return found(&walk, KV_CHECK_RESIDENT_FILE, walk.resident_file, space->resident_file);
    return 0;
}

uint64_t kv_frames_made(struct kv_engine *engine)
{
    return engine->fresh;
}

/* Count every owner's frames from scratch. */
static int check_charges(struct kv_engine *engine, struct kv_finding *finding)
{
    uint32_t count = engine->owner_count, wrong = 0;
    uint64_t *pages = calloc(count ? count : 1, 2 * sizeof *pages), *file = pages + count;
    if (!pages)
        return 0;
    for (uint64_t frame = 1; frame < engine->fresh; frame++) {
        const struct kv_frame *info = &engine->frames[frame];
        for (uint32_t at = info->owner; at; at = engine->owners[at].parent) {
            pages[at]++;
            file[at] += info->kind != KV_ANON;
        }
    }
    for (uint32_t id = 1; id < count && !wrong; id++)
        if (pages[id] != engine->owners[id].pages || file[id] != engine->owners[id].file)
            wrong = id;
    finding->address = wrong ? pages[wrong] : 0;
    finding->entry = wrong;
    finding->what = wrong ? KV_CHECK_CHARGED : 0;
    free(pages);
    return (int)finding->what;
}

int kv_check_frames(struct kv_engine *engine, const uint32_t *holders, struct kv_finding *finding)
{
    uint64_t used = 0;
    for (uint64_t frame = 1; frame < engine->fresh; frame++) {
        used += holders[frame] && frame != engine->zero_frame;
        if (engine->frames[frame].refs == holders[frame])
            continue;
        finding->what = KV_CHECK_REFERENCES;
        finding->address = frame;
        finding->entry = holders[frame];
        return finding->what;
    }
    if (used != engine->frames_used) {
        finding->what = KV_CHECK_USED;
        finding->address = used;
        finding->entry = engine->frames_used;
        return finding->what;
    }
    if (used + engine->free_count + engine->stale_count + 2 != engine->fresh) {
        finding->what = KV_CHECK_FREE;
        finding->address = engine->free_count + engine->stale_count;
        finding->entry = engine->fresh - 2 - used;
        return finding->what;
    }
    return engine->owner_count ? check_charges(engine, finding) : 0;
}
