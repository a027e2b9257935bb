/* The steps of guest code that the budget counts: blocks entered.
 *
 * Unicorn's code calls a helper at the start of every block, to see whether it should stop:
 * there the blocks are counted. It also calls it after every memory access, which costs more
 * than the access; as nothing here stops a guest from within a memory access but by refusing
 * its fill, these calls are left out when a block is translated.
 *
 * The functions are exported and called through the dynamic linker, so that the definitions
 * below are the ones that are called if this extension is in the global scope when libunicorn
 * is loaded. (A block hook would be one more call for every block: a third of the speed of a
 * tight loop. It counts where this does not work: see kv_engine_new.) */

#include <pthread.h>
#include <time.h>

typedef void (*check_function)(void *uc, uint32_t flag);
typedef void (*emit_function)(void *context);
static check_function check_x86_64, check_aarch64;
static emit_function emit_check_x86_64, emit_check_aarch64;
static struct kv_engine *current; /* the engine whose guest runs */
static bool stepping;             /* one instruction of it: the next check ends the run */

/* What the helper looks at is kept here, because it is a good part of what a short loop costs:
 * the engine whose blocks are counted, none when it is to stop, and the budget meanwhile. */
static uc_engine *counted;
static uc_engine *volatile uncounted;
static int64_t countdown;

/* ---- slices without steps ----
 *
 * The guest of an engine that does not count runs on until it does something, or has run from
 * one tick of the host's clock to the next, or was found running at several: who makes calls
 * between short loops shall use up time, too. */

#define TICK_NS 2000000
#define TICKS_FOUND 5

static pthread_mutex_t tick_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kv_engine *ticking; /* whose guest runs now, if it does not count */
static uint64_t runs;             /* how often one has been started */
static bool ticker;               /* the thread is there */

static void *tick_forever(void *nothing)
{
    uint64_t before = 0;
    unsigned found = 0;
    for (;;) {
        nanosleep(&(struct timespec){0, TICK_NS}, NULL);
        pthread_mutex_lock(&tick_lock);
        if (ticking && (++found >= TICKS_FOUND || runs == before)) {
            found = 0;
            ticking->tick = true;
            uncounted = NULL;
            p_emu_stop(ticking->uc);
        }
        before = runs;
        pthread_mutex_unlock(&tick_lock);
    }
    return nothing;
}

/* A child of fork() has no such thread, and nobody who holds the lock. */
static void forget_ticker(void)
{
    ticker = false;
    pthread_mutex_init(&tick_lock, NULL);
}

static void start_ticks(struct kv_engine *engine)
{
    static bool told;
    pthread_t thread;
    if (!told)
        told = !pthread_atfork(NULL, NULL, forget_ticker);
    if (!ticker && !pthread_create(&thread, NULL, tick_forever, NULL)) {
        pthread_detach(thread);
        ticker = true;
    }
    pthread_mutex_lock(&tick_lock);
    ticking = engine;
    runs++;
    pthread_mutex_unlock(&tick_lock);
}

static void end_ticks(void)
{
    pthread_mutex_lock(&tick_lock);
    ticking = NULL;
    pthread_mutex_unlock(&tick_lock);
}

/* Whether nothing but a tick ended the run. One that came too late for its run ends the next. */
static bool ticked(struct kv_engine *engine, uc_err error)
{
    if (!engine->tick || engine->exit || engine->retry || error != UC_ERR_OK)
        return false;
    engine->tick = false;
    return true;
}

/* ---- steps ---- */

/* A single step is counted by who asks for it, and stops within a block: nothing is left out. It
 * needs no tick, and one would hide whether the instruction has run. */
static void start_count(struct kv_engine *engine, bool step)
{
    current = engine;
    stepping = step;
    countdown = engine->budget;
    counted = engine->counts_blocks && !step ? engine->uc : NULL;
    uncounted = engine->counting || step ? NULL : engine->uc;
    if (step)
        engine->tick = false; /* one from before would look like the end of this */
    else if (!engine->counting)
        start_ticks(engine);
}

static void end_count(struct kv_engine *engine)
{
    if (!engine->counting) {
        uncounted = NULL;
        end_ticks();
    }
    engine->budget = countdown;
    current = NULL;
    stepping = false;
    counted = NULL;
}

/* Stop before the next block. What came first counts: the rest of a block runs on. */
static void stop(struct kv_engine *engine, int exit)
{
    if (!engine->exit)
        engine->exit = exit;
    counted = uncounted = NULL;
    p_emu_stop(engine->uc);
}

/* The original finds the guest's state by its return address, so it must be jumped to, twice:
 * a helper that makes no call itself needs no stack. */
#define DEFINE_CHECK(arch)                                                              \
    __attribute__((noinline, optimize("O2"))) static void stop_or_check_##arch(         \
        void *uc, uint32_t flag)                                                        \
    {                                                                                   \
        if (uc == counted)                                                              \
            stop(current, KV_EXIT_BUDGET);                                              \
        check_##arch(uc, flag);                                                         \
    }                                                                                   \
    __attribute__((visibility("default"), optimize("O2"))) void                         \
    helper_check_exit_request_##arch(void *uc, uint32_t flag)                           \
    {                                                                                   \
        if (uc == counted ? --countdown < 0 : uc != uncounted)                          \
            stop_or_check_##arch(uc, flag);                                             \
    }                                                                                   \
    /* Translates a check within a block; of another's engine as it was. */             \
    __attribute__((visibility("default"))) void check_exit_request_##arch(void *context) \
    {                                                                                   \
        if (!counted && (!current || current->counting || stepping))                    \
            emit_check_##arch(context);                                                 \
    }

DEFINE_CHECK(x86_64)
DEFINE_CHECK(aarch64)

/* Make this extension's symbols the first that libunicorn finds. */
static void enter_global_scope(void)
{
    Dl_info info;
    if (dladdr((void *)helper_check_exit_request_x86_64, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

static void find_originals(void *library)
{
    check_x86_64 = (check_function)dlsym(library, "helper_check_exit_request_x86_64");
    check_aarch64 = (check_function)dlsym(library, "helper_check_exit_request_aarch64");
    emit_check_x86_64 = (emit_function)dlsym(library, "check_exit_request_x86_64");
    emit_check_aarch64 = (emit_function)dlsym(library, "check_exit_request_aarch64");
}

static bool found_originals(void)
{
    return check_x86_64 && check_aarch64 && emit_check_x86_64 && emit_check_aarch64;
}
