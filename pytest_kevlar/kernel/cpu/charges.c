/* Who pays for frames: a tree of owners with counters and bounds. A frame is charged to one owner
 * and all above it, from when it is handed out until it is free. Owner 0 is nobody and costs
 * nothing but a test. */

#define OWNERS_MAX 65535u /* struct kv_frame has 16 bits for it */

/* A place in the table that nothing refers to any more, 0 if there is none. */
static uint32_t replaceable(struct kv_engine *engine)
{
    for (uint32_t id = 1; id < engine->owner_count; id++) {
        struct kv_owner *owner = &engine->owners[id];
        if (owner->retired && !owner->pages && !owner->children)
            return id;
    }
    return 0;
}

uint32_t kv_owner_new(struct kv_engine *engine, uint32_t parent)
{
    uint32_t id = replaceable(engine);
    if (id) {
        engine->owners[engine->owners[id].parent].children--;
    } else {
        uint32_t count = engine->owner_count ? engine->owner_count + 1 : 2;
        struct kv_owner *owners = realloc(engine->owners, count * sizeof *owners);
        if (!owners)
            return 0;
        engine->owners = owners;
        if (count > OWNERS_MAX)
            return 0;
        if (count == 2)
            memset(owners, 0, sizeof *owners);
        engine->owner_count = count;
        id = count - 1;
    }
    engine->owners[id] = (struct kv_owner){.parent = parent, .limit = UINT64_MAX,
                                           .high = UINT64_MAX, .stop = UINT64_MAX};
    engine->owners[parent].children++;
    return id;
}

struct kv_owner *kv_owner(struct kv_engine *engine, uint32_t id)
{
    return &engine->owners[id];
}

void kv_owner_bound(struct kv_engine *engine, uint32_t id, uint64_t limit, uint64_t high)
{
    struct kv_owner *owner = &engine->owners[id];
    owner->limit = limit;
    owner->high = high;
    owner->stop = limit < high ? limit : high;
}

void kv_owner_defer(struct kv_engine *engine, uint32_t id, uint64_t pages)
{
    struct kv_owner *owner = &engine->owners[id];
    uint64_t stop = owner->pages + pages;
    owner->stop = stop < owner->limit ? stop : owner->limit;
}

void kv_owners_forget(struct kv_engine *engine)
{
    free(engine->owners);
    engine->owners = NULL;
    engine->owner_count = 0;
    engine->refused = 0;
    engine->excess = 0;
}

/* Count one more page for `id` and those above; false if a bound is in the way. */
static bool charge(struct kv_engine *engine, uint32_t id, uint32_t kind)
{
    struct kv_owner *owners = engine->owners;
    for (uint32_t at = id; at && !engine->excess; at = owners[at].parent)
        if (owners[at].pages >= owners[at].stop) {
            engine->refused = at;
            return false;
        }
    engine->excess = 0;
    for (uint32_t at = id; at; at = owners[at].parent) {
        owners[at].file += kind != KV_ANON;
        owners[at].shmem += kind == KV_SHMEM;
        if (++owners[at].pages > owners[at].peak)
            owners[at].peak = owners[at].pages;
    }
    return true;
}

static void uncharge(struct kv_engine *engine, uint32_t id, uint32_t kind)
{
    struct kv_owner *owners = engine->owners;
    for (uint32_t at = id; at; at = owners[at].parent) {
        owners[at].file -= kind != KV_ANON;
        owners[at].shmem -= kind == KV_SHMEM;
        if (--owners[at].pages < owners[at].high)
            owners[at].stop = owners[at].limit < owners[at].high ? owners[at].limit
                                                                 : owners[at].high;
    }
}
