/* The steps of guest code that the budget counts.
 *
 * Unicorn's code calls a helper at the start of every block and after every memory access,
 * to see whether it should stop. Those calls are the steps that the budget counts. The
 * helpers are exported and called through the dynamic linker, so that the definitions below
 * are the ones that are called if this extension is in the global scope when libunicorn is
 * loaded. (A block hook would be one more call for every block: a third of the speed of a
 * tight loop. It counts where this does not work: see kv_engine_new.)
 *
 * A guest must not be stopped right after a memory access: its instruction may not be done,
 * and would be done twice. So when the budget is spent, the TLB is emptied first. If a memory
 * access comes next, its fill is refused, which is as exact as a page fault. If another call
 * of the helper comes next, no access lies between the two: it is the start of a block. */

typedef void (*check_function)(void *uc, uint32_t flag);
static check_function original_x86_64, original_aarch64;
static struct kv_engine *current; /* the engine whose guest runs */

/* The budget is spent; whether the guest is to be stopped right here. */
static bool drain(struct kv_engine *engine)
{
    if (engine->exit || !engine->counts_steps)
        return true;
    if (!engine->draining) {
        engine->draining = true;
        kv_flush(engine);
        return false;
    }
    engine->exit = KV_EXIT_BUDGET;
    p_emu_stop(engine->uc);
    return true;
}

/* The original finds the guest's state by its return address, so it must be jumped to. */
#define DEFINE_CHECK(arch)                                                              \
    __attribute__((visibility("default"), optimize("O2"))) void                         \
    helper_check_exit_request_##arch(void *uc, uint32_t flag)                           \
    {                                                                                   \
        struct kv_engine *engine = current;                                             \
        if (engine && engine->uc == uc) {                                               \
            if (--engine->budget >= 0 && !engine->exit)                                 \
                return;                                                                 \
            if (!drain(engine))                                                         \
                return;                                                                 \
        }                                                                               \
        original_##arch(uc, flag);                                                      \
    }

DEFINE_CHECK(x86_64)
DEFINE_CHECK(aarch64)

/* Make this extension's symbols the first that libunicorn finds. */

/* Make this extension's symbols the first that libunicorn finds. */
static void enter_global_scope(void)
{
    Dl_info info;
    if (dladdr((void *)helper_check_exit_request_x86_64, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

static void set_original_checks(void *library)
{
    original_x86_64 = (check_function)dlsym(library, "helper_check_exit_request_x86_64");
    original_aarch64 = (check_function)dlsym(library, "helper_check_exit_request_aarch64");
}
