/* The CPU: one Unicorn engine on a virtual TLB, driven by kv_run() like a virtual machine.
 * Nothing of Linux is in here; whatever the guest does ends the run and is told upwards. */
#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unicorn/arm64.h>
#include <unicorn/x86.h>

/* Where physical frames appear while translations are dropped; never visible to a guest. */
#define WINDOW 0xffff900000000000ULL
/* Steps that the runs which find out how Unicorn behaves may take. */
#define PROBE_BUDGET 1000

static char error_text[256];
static bool loaded;

static uc_err (*p_open)(uc_arch, uc_mode, uc_engine **);
static uc_err (*p_close)(uc_engine *);
static uc_err (*p_emu_start)(uc_engine *, uint64_t, uint64_t, uint64_t, size_t);
static uc_err (*p_emu_stop)(uc_engine *);
static uc_err (*p_reg_read)(uc_engine *, int, void *);
static uc_err (*p_reg_write)(uc_engine *, int, const void *);
static uc_err (*p_reg_read_batch)(uc_engine *, int *, void **, int);
static uc_err (*p_reg_write_batch)(uc_engine *, int *, void *const *, int);
static uc_err (*p_hook_add)(uc_engine *, uc_hook *, int, void *, void *, uint64_t, uint64_t, ...);
static uc_err (*p_mem_map_ptr)(uc_engine *, uint64_t, size_t, uint32_t, void *);
static uc_err (*p_context_alloc)(uc_engine *, uc_context **);
static uc_err (*p_context_save)(uc_engine *, uc_context *);
static uc_err (*p_context_restore)(uc_engine *, uc_context *);
static uc_err (*p_context_free)(uc_context *);
static const char *(*p_strerror)(uc_err);
uc_err (*kv_uc_ctl)(uc_engine *, uc_control_type, ...);

/* ---- counting steps ----
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
static void enter_global_scope(void)
{
    Dl_info info;
    if (dladdr((void *)helper_check_exit_request_x86_64, &info) && info.dli_fname)
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

const char *kv_error(void)
{
    return error_text;
}

int kv_load(const char *path)
{
    if (loaded)
        return 0;
    enter_global_scope();
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(error_text, sizeof error_text, "%s", dlerror());
        return -1;
    }
    static const struct {
        const char *name;
        void *where;
    } symbols[] = {
        {"uc_open", &p_open},
        {"uc_close", &p_close},
        {"uc_emu_start", &p_emu_start},
        {"uc_emu_stop", &p_emu_stop},
        {"uc_reg_read", &p_reg_read},
        {"uc_reg_write", &p_reg_write},
        {"uc_reg_read_batch", &p_reg_read_batch},
        {"uc_reg_write_batch", &p_reg_write_batch},
        {"uc_hook_add", &p_hook_add},
        {"uc_mem_map_ptr", &p_mem_map_ptr},
        {"uc_context_alloc", &p_context_alloc},
        {"uc_context_save", &p_context_save},
        {"uc_context_restore", &p_context_restore},
        {"uc_context_free", &p_context_free},
        {"uc_strerror", &p_strerror},
        {"uc_ctl", &kv_uc_ctl},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol) {
            snprintf(error_text, sizeof error_text, "%s has no %s", path, symbols[i].name);
            return -1;
        }
        memcpy(symbols[i].where, &symbol, sizeof symbol);
    }
    original_x86_64 = (check_function)dlsym(library, "helper_check_exit_request_x86_64");
    original_aarch64 = (check_function)dlsym(library, "helper_check_exit_request_aarch64");
    loaded = true;
    return 0;
}

/* ---- the TLB and the code cache ---- */

void kv_flush(struct kv_engine *engine)
{
    kv_uc_ctl(engine->uc, UC_CTL_WRITE(UC_CTL_TLB_FLUSH, 0));
    engine->flush_pending = false;
    engine->generation++;
}

void kv_drop_code(struct kv_engine *engine, uint64_t frame)
{
    uint64_t address = WINDOW + frame * KV_PAGE;
    engine->window = true;
    kv_uc_ctl(engine->uc, UC_CTL_WRITE(UC_CTL_TB_REMOVE_CACHE, 2), address, address + KV_PAGE);
    engine->window = false;
    engine->frames[frame].code = 0;
    engine->flush_pending = true; /* the window's entry must go before guest code runs */
}

/* Whether the store that found code in `frame` is the one for which it was dropped just now:
 * the block that stores lies in the page itself, and to drop it again would never end. */
static bool stores_to_itself(struct kv_engine *engine, uint64_t frame)
{
    bool again = engine->dropped_frame == frame && engine->dropped_at - engine->budget <= 2;
    engine->dropped_frame = frame;
    engine->dropped_at = engine->budget;
    return again;
}

static bool on_fill(uc_engine *uc, uint64_t address, uc_mem_type type, uc_tlb_entry *result,
                    void *data)
{
    struct kv_engine *engine = data;
    if (engine->window) {
        if (address < WINDOW || address - WINDOW >= engine->frame_count * KV_PAGE)
            return false;
        result->paddr = (address - WINDOW) & ~(KV_PAGE - 1);
        result->perms = UC_PROT_READ | UC_PROT_EXEC;
        return true;
    }
    if (engine->draining) {
        engine->exit = KV_EXIT_BUDGET;
        return false;
    }
    uint32_t access = type == UC_MEM_WRITE ? KV_WRITE : type == UC_MEM_FETCH ? KV_EXEC : KV_READ;
    int error = 0;
    uint64_t entry = 0;
    if (engine->space && address < KV_ADDRESS_LIMIT)
        entry = kv_resolve_entry(engine, engine->space, address & ~(KV_PAGE - 1), access, &error);
    if (!entry) {
        engine->exit = error ? KV_EXIT_NOMEM : KV_EXIT_FAULT;
        engine->address = address;
        engine->access = access;
        return false;
    }
    struct kv_frame *frame = &engine->frames[entry >> 12];
    engine->retry_access = access;
    if (engine->flush_pending) { /* copied a page that may have been executed */
        engine->retry = true;
        return false;
    }
    result->paddr = entry & ~(KV_PAGE - 1);
    if (access == KV_EXEC) {
        if (frame->write_generation == engine->generation) {
            engine->retry = engine->flush_pending = true;
            return false;
        }
        frame->code = 1;
        result->perms = UC_PROT_EXEC | (entry & KV_READ ? UC_PROT_READ : 0);
        return true;
    }
    if (access == KV_WRITE && frame->code && stores_to_itself(engine, entry >> 12)) {
        result->perms = UC_PROT_ALL; /* code that changes its own page: the engine watches it */
        return true;
    }
    if (access == KV_WRITE && frame->code) {
        engine->retry = true;
        engine->retry_frame = entry >> 12;
        return false;
    }
    /* Never writable and executable at once: stores would take the slow path. */
    result->perms = UC_PROT_READ;
    if (entry & KV_WRITE && !frame->code) {
        result->perms |= UC_PROT_WRITE;
        frame->write_generation = engine->generation;
    } else if (entry & KV_EXEC && frame->code) {
        result->perms |= UC_PROT_EXEC;
    }
    return true;
}

/* ---- hooks: note what happened and stop ---- */

static void stop(struct kv_engine *engine, int exit)
{
    if (!engine->exit) /* the rest of a block runs on after a stop: what came first counts */
        engine->exit = exit;
    p_emu_stop(engine->uc);
}

/* Counts only where the helper cannot. */
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *data)
{
    struct kv_engine *engine = data;
    if (--engine->budget < 0)
        stop(engine, KV_EXIT_BUDGET);
}

static void on_syscall_x86_64(uc_engine *uc, void *data)
{
    stop(data, KV_EXIT_SYSCALL);
}

static void on_interrupt(uc_engine *uc, uint32_t vector, void *data)
{
    struct kv_engine *engine = data;
    if (engine->arch == KV_ARM64 && vector == 2) {
        stop(engine, KV_EXIT_SYSCALL);
        return;
    }
    engine->vector = vector;
    stop(engine, KV_EXIT_EXCEPTION);
}

/* Ports do not fault in Unicorn, whatever the privilege: the run ends after the block. */
static uint32_t on_port_in(uc_engine *uc, uint32_t port, int size, void *data)
{
    stop(data, KV_EXIT_HALT);
    return 0;
}

static void on_port_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *data)
{
    stop(data, KV_EXIT_HALT);
}

static int on_time_stamp(uc_engine *uc, void *data)
{
    struct kv_engine *engine = data;
    uint64_t time = engine->virtual_time - engine->budget * engine->step_time;
    uint64_t low = time & 0xffffffff, high = time >> 32;
    p_reg_write(uc, UC_X86_REG_RAX, &low);
    p_reg_write(uc, UC_X86_REG_RDX, &high);
    return 1; /* done: the instruction itself, which reads the host's counter, is skipped */
}

/* ---- registers ---- */

static int x86_64_registers[] = {
    UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX,    UC_X86_REG_RSI,
    UC_X86_REG_RDI, UC_X86_REG_RBP, UC_X86_REG_RSP, UC_X86_REG_R8,     UC_X86_REG_R9,
    UC_X86_REG_R10, UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13,    UC_X86_REG_R14,
    UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_RFLAGS, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE,
};
#define X86_64_COUNT (sizeof x86_64_registers / sizeof *x86_64_registers)

static int arm64_registers[35];
#define ARM64_COUNT (sizeof arm64_registers / sizeof *arm64_registers)

static void fill_arm64_registers(void)
{
    for (int i = 0; i < 29; i++)
        arm64_registers[i] = UC_ARM64_REG_X0 + i;
    arm64_registers[29] = UC_ARM64_REG_X29;
    arm64_registers[30] = UC_ARM64_REG_X30;
    arm64_registers[31] = UC_ARM64_REG_SP;
    arm64_registers[32] = UC_ARM64_REG_PC;
    arm64_registers[33] = UC_ARM64_REG_NZCV;
    arm64_registers[34] = UC_ARM64_REG_TPIDR_EL0;
}

static void apply_result(struct kv_engine *engine)
{
    if (engine->has_result) {
        p_reg_write(engine->uc, engine->arch == KV_X86_64 ? UC_X86_REG_RAX : UC_ARM64_REG_X0,
                    &engine->result);
        engine->has_result = 0;
        struct kv_call *call = &engine->calls[(engine->call_count - 1) % KV_CALLS];
        if (engine->call_count && call->task == engine->task) {
            call->result = engine->result;
            call->returned = 1;
        }
    }
}

static void transfer(struct kv_engine *engine, uint64_t *registers, bool load)
{
    void *pointers[35];
    int *ids = engine->arch == KV_X86_64 ? x86_64_registers : arm64_registers;
    int count = engine->arch == KV_X86_64 ? X86_64_COUNT : ARM64_COUNT;
    for (int i = 0; i < count; i++)
        pointers[i] = &registers[i];
    if (load)
        p_reg_read_batch(engine->uc, ids, pointers, count);
    else
        p_reg_write_batch(engine->uc, ids, pointers, count);
}

void kv_registers_load(struct kv_engine *engine, void *registers)
{
    apply_result(engine);
    memset(registers, 0, (engine->arch == KV_X86_64 ? X86_64_COUNT : ARM64_COUNT) * 8);
    transfer(engine, registers, true);
    if (engine->arch == KV_ARM64) /* NZCV reads as 32 bits; the rest of PSTATE is zero in EL0 */
        ((uint64_t *)registers)[33] &= 0xf0000000;
}

void kv_registers_store(struct kv_engine *engine, const void *registers)
{
    engine->has_result = 0;
    transfer(engine, (uint64_t *)registers, false);
}

static void put16(uint8_t *at, uint16_t value) { memcpy(at, &value, 2); }
static void put32(uint8_t *at, uint32_t value) { memcpy(at, &value, 4); }
static uint16_t get16(const uint8_t *at) { uint16_t value; memcpy(&value, at, 2); return value; }
static uint32_t get32(const uint8_t *at) { uint32_t value; memcpy(&value, at, 4); return value; }

void kv_fpu_load(struct kv_engine *engine, uint8_t *image)
{
    if (engine->arch == KV_ARM64) {
        for (int i = 0; i < 32; i++)
            p_reg_read(engine->uc, UC_ARM64_REG_Q0 + i, image + 16 * i);
        uint64_t word = 0;
        p_reg_read(engine->uc, UC_ARM64_REG_FPSR, &word);
        put32(image + 512, (uint32_t)word);
        word = 0;
        p_reg_read(engine->uc, UC_ARM64_REG_FPCR, &word);
        put32(image + 516, (uint32_t)word);
        return;
    }
    uint64_t word = 0;
    memset(image, 0, 512);
    p_reg_read(engine->uc, UC_X86_REG_FPCW, &word);
    put16(image, (uint16_t)word);
    word = 0;
    p_reg_read(engine->uc, UC_X86_REG_FPSW, &word);
    put16(image + 2, (uint16_t)word);
    word = 0;
    p_reg_read(engine->uc, UC_X86_REG_FPTAG, &word);
    for (int i = 0; i < 8; i++) /* abridged: a bit a register that is not empty */
        if ((word >> (2 * i) & 3) != 3)
            image[4] |= 1 << i;
    word = 0;
    p_reg_read(engine->uc, UC_X86_REG_MXCSR, &word);
    put32(image + 24, (uint32_t)word);
    put32(image + 28, 0xffff);
    for (int i = 0; i < 8; i++)
        p_reg_read(engine->uc, UC_X86_REG_ST0 + i, image + 32 + 16 * i);
    for (int i = 0; i < 16; i++)
        p_reg_read(engine->uc, UC_X86_REG_XMM0 + i, image + 160 + 16 * i);
}

void kv_fpu_store(struct kv_engine *engine, const uint8_t *image)
{
    uint64_t word;
    if (engine->arch == KV_ARM64) {
        for (int i = 0; i < 32; i++)
            p_reg_write(engine->uc, UC_ARM64_REG_Q0 + i, image + 16 * i);
        word = get32(image + 512);
        p_reg_write(engine->uc, UC_ARM64_REG_FPSR, &word);
        word = get32(image + 516);
        p_reg_write(engine->uc, UC_ARM64_REG_FPCR, &word);
        return;
    }
    word = get16(image);
    p_reg_write(engine->uc, UC_X86_REG_FPCW, &word);
    word = get16(image + 2);
    p_reg_write(engine->uc, UC_X86_REG_FPSW, &word);
    word = 0;
    for (int i = 0; i < 8; i++)
        if (!(image[4] >> i & 1))
            word |= 3ULL << (2 * i);
    p_reg_write(engine->uc, UC_X86_REG_FPTAG, &word);
    word = get32(image + 24);
    p_reg_write(engine->uc, UC_X86_REG_MXCSR, &word);
    for (int i = 0; i < 8; i++)
        p_reg_write(engine->uc, UC_X86_REG_ST0 + i, image + 32 + 16 * i);
    for (int i = 0; i < 16; i++)
        p_reg_write(engine->uc, UC_X86_REG_XMM0 + i, image + 160 + 16 * i);
}

void *kv_context_new(struct kv_engine *engine)
{
    uc_context *context = NULL;
    p_context_alloc(engine->uc, &context);
    return context;
}

void kv_context_free(void *context)
{
    p_context_free(context);
}

void kv_context_save(struct kv_engine *engine, void *context)
{
    apply_result(engine);
    p_context_save(engine->uc, context);
}

void kv_context_fork(struct kv_engine *engine, void *context, uint64_t stack, int set_tls,
                     uint64_t tls)
{
    bool x86 = engine->arch == KV_X86_64;
    int ids[] = {x86 ? UC_X86_REG_RAX : UC_ARM64_REG_X0, x86 ? UC_X86_REG_RSP : UC_ARM64_REG_SP,
                 x86 ? UC_X86_REG_FS_BASE : UC_ARM64_REG_TPIDR_EL0};
    uint64_t old[3] = {0}, new[3];
    void *reads[] = {&old[0], &old[1], &old[2]};
    void *writes[] = {&new[0], &new[1], &new[2]};
    p_reg_read_batch(engine->uc, ids, reads, 3);
    new[0] = 0;
    new[1] = stack ? stack : old[1];
    new[2] = set_tls ? tls : old[2];
    p_reg_write_batch(engine->uc, ids, writes, 3);
    p_context_save(engine->uc, context);
    p_reg_write_batch(engine->uc, ids, reads, 3);
}

void kv_context_restore(struct kv_engine *engine, void *context)
{
    engine->has_result = 0;
    p_context_restore(engine->uc, context);
}

void kv_space_use(struct kv_engine *engine, struct kv_space *space)
{
    if (engine->space != space) {
        engine->space = space;
        engine->flush_pending = true;
    }
}

/* ---- the run ---- */

static void note_call(struct kv_engine *engine)
{
    struct kv_call *call = &engine->calls[engine->call_count++ % KV_CALLS];
    call->task = engine->task;
    call->number = engine->number;
    memcpy(call->args, engine->args, sizeof call->args);
    call->returned = 0;
    engine->syscalls++;
    if (engine->call_count % 64 == 0 && engine->budget > 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec + now.tv_nsec / 1e9 > engine->host_deadline)
            engine->budget = 0; /* calls may be slow: do not wait for the end of the slice */
    }
}

static void read_syscall(struct kv_engine *engine)
{
    static int x86_64_ids[] = {UC_X86_REG_RAX, UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX,
                               UC_X86_REG_R10, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_RIP,
                               UC_X86_REG_RFLAGS};
    static int arm64_ids[] = {UC_ARM64_REG_X8, UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2,
                              UC_ARM64_REG_X3, UC_ARM64_REG_X4, UC_ARM64_REG_X5, UC_ARM64_REG_PC};
    uint64_t flags = 0;
    void *to[] = {&engine->number,  &engine->args[0], &engine->args[1], &engine->args[2],
                  &engine->args[3], &engine->args[4], &engine->args[5], &engine->pc, &flags};
    if (engine->arch == KV_ARM64) {
        p_reg_read_batch(engine->uc, arm64_ids, to, 8);
        return;
    }
    p_reg_read_batch(engine->uc, x86_64_ids, to, 9);
    /* What the instruction itself does on hardware, and Unicorn leaves undone. */
    static int clobbered[] = {UC_X86_REG_RCX, UC_X86_REG_R11};
    void *values[] = {&engine->pc, &flags};
    p_reg_write_batch(engine->uc, clobbered, values, 2);
}

static void drop_stale(struct kv_engine *engine)
{
    while (engine->stale_count) {
        uint32_t frame = engine->stale_frames[--engine->stale_count];
        kv_drop_code(engine, frame);
        engine->free_frames[engine->free_count++] = frame;
    }
}

int kv_run(struct kv_engine *engine)
{
    const int pc_register = engine->arch == KV_X86_64 ? UC_X86_REG_RIP : UC_ARM64_REG_PC;
    apply_result(engine);
    if (engine->stale_count)
        drop_stale(engine);
    for (;;) {
        uint64_t pc = 0;
        if (engine->flush_pending)
            kv_flush(engine);
        p_reg_read(engine->uc, pc_register, &pc);
        engine->exit = 0;
        engine->running = true;
        current = engine;
        uc_err error = p_emu_start(engine->uc, pc, 0, 0, 0);
        current = NULL;
        engine->running = false;
        if (engine->exit == KV_EXIT_BUDGET)
            engine->budget = -1;
        engine->draining = false;
        if (engine->exit == KV_EXIT_SYSCALL) {
            read_syscall(engine);
            engine->budget -= engine->syscall_cost;
            note_call(engine);
            return engine->exit;
        }
        if (engine->retry) {
            engine->retry = false;
            if (engine->retry_access != KV_EXEC)
                engine->budget++; /* the same instruction begins a block now: not a new step */
            if (engine->retry_frame) {
                kv_drop_code(engine, engine->retry_frame);
                engine->retry_frame = 0;
            }
            continue;
        }
        p_reg_read(engine->uc, pc_register, &engine->pc);
        if (engine->exit == KV_EXIT_FAULT && engine->fault_word &&
            !((*engine->fault_word ^ engine->address) & ~(KV_PAGE - 1)))
            engine->address = *engine->fault_word;
        if (engine->exit)
            return engine->exit;
        if (error == UC_ERR_INSN_INVALID)
            return KV_EXIT_ILLEGAL;
        if (error == UC_ERR_EXCEPTION) { /* no fill was asked: a non-canonical address */
            engine->address = ~0ULL;
            engine->access = 0;
            return KV_EXIT_FAULT;
        }
        if (error != UC_ERR_OK) {
            engine->vector = error;
            return KV_EXIT_ERROR;
        }
        if (engine->pc == 0) { /* reached the end marker: a jump to NULL */
            engine->address = 0;
            engine->access = KV_EXEC;
            return KV_EXIT_FAULT;
        }
        return KV_EXIT_HALT;
    }
}

/* ---- exact fault addresses ---- */

/* A fill is told the page only; the exact address is in Unicorn's own structure, at an
 * offset that no interface tells. Fault at known addresses and see where they appear. */
static int find_fault_address(struct kv_engine *engine)
{
    static const uint8_t load_x86_64[] = {0x8a, 0x07};             /* mov al, [rdi] */
    static const uint8_t load_arm64[] = {0x00, 0x00, 0x40, 0x39};  /* ldrb w0, [x0] */
    static const uint64_t probes[] = {0x2b3c5d6e7f81ULL, 0x13579bdf2463ULL};
    bool x86 = engine->arch == KV_X86_64;
    size_t words = malloc_usable_size(engine->uc) / sizeof(uint64_t);
    const uint64_t *structure = (const uint64_t *)engine->uc;
    uint64_t code = 0x10000, frame = kv_frame_alloc(engine);
    struct kv_space *space = kv_space_new();
    int found = -1;
    if (!frame || !space || kv_map(engine, space, code, frame, KV_READ | KV_EXEC))
        return -1;
    kv_frame_write(engine, frame, 0, x86 ? load_x86_64 : load_arm64, 4);
    kv_space_use(engine, space);
    engine->fault_word = NULL;
    for (size_t word = 0; word < words && found != 0; word++) {
        found = 0;
        for (int probe = 0; probe < 2; probe++) {
            uint64_t address = probes[probe];
            p_reg_write(engine->uc, x86 ? UC_X86_REG_RDI : UC_ARM64_REG_X0, &address);
            p_reg_write(engine->uc, x86 ? UC_X86_REG_RIP : UC_ARM64_REG_PC, &code);
            engine->budget = PROBE_BUDGET;
            if (kv_run(engine) != KV_EXIT_FAULT)
                found = -1;
            while (probe == 0 && word < words && structure[word] != address)
                word++;
            if (word >= words || structure[word] != address)
                found = -1;
        }
        if (found == 0)
            engine->fault_word = &structure[word];
    }
    kv_space_free(engine, space);
    kv_frame_unref(engine, frame);
    return found;
}

/* ---- user mode ---- */

/* Segments of x86_64 as Linux numbers them: user data is selector 0x2b, user code 0x33. */
static const uint64_t descriptors[] = {
    0, 0x00af9b000000ffffULL, 0x00cf93000000ffffULL, 0, 0, 0x00cff3000000ffffULL,
    0x00affb000000ffffULL,
};

/* Unicorn starts in ring 0 or EL1, where privileged instructions do not fault. Leave it the
 * way a kernel does, by running the few instructions that return to user mode. */
static int enter_user_mode(struct kv_engine *engine)
{
    static const uint8_t code_x86_64[] = {
        0x0f, 0x01, 0x17, /* lgdt [rdi] */
        0x48, 0xcf,       /* iretq, to the next instruction */
        0x0f, 0x05,       /* syscall */
    };
    static const uint32_t code_arm64[] = {
        0xd5381002, /* mrs x2, sctlr_el1 */
        0xaa010042, /* orr x2, x2, x1 */
        0xd5181002, /* msr sctlr_el1, x2 */
        0xd518401f, /* msr spsr_el1, xzr */
        0xd5184020, /* msr elr_el1, x0 */
        0xd5033fdf, /* isb */
        0xd69f03e0, /* eret, to the next instruction */
        0xd4000001, /* svc #0 */
    };
    /* What Linux lets EL0 do: cache maintenance, CTR_EL0, DC ZVA, WFE, WFI. */
    const uint64_t allowed = 1 << 26 | 1 << 18 | 1 << 16 | 1 << 15 | 1 << 14;
    const uint64_t code = 0x10000, data = 0x20000;
    bool x86 = engine->arch == KV_X86_64;
    uint64_t registers[35] = {0};
    struct {
        uint64_t frame[5], descriptors[7];
        uint16_t limit;
        uint8_t base[8];
    } __attribute__((packed)) memory = {
        .frame = {code + 5, 0x33, 0x202, data + 0x800, 0x2b},
        .limit = sizeof descriptors - 1,
    };
    struct kv_space *space = kv_space_new();
    uint64_t frames[2] = {kv_frame_alloc(engine), kv_frame_alloc(engine)};
    int exit = KV_EXIT_ERROR;
    if (space && frames[0] && frames[1] &&
        !kv_map(engine, space, code, frames[0], KV_READ | KV_EXEC) &&
        !kv_map(engine, space, data, frames[1], KV_READ | KV_WRITE)) {
        uint64_t table = data + offsetof(__typeof__(memory), descriptors);
        memcpy(memory.descriptors, descriptors, sizeof descriptors);
        memcpy(memory.base, &table, sizeof table);
        kv_frame_write(engine, frames[0], 0, x86 ? code_x86_64 : (const uint8_t *)code_arm64,
                       x86 ? sizeof code_x86_64 : sizeof code_arm64);
        kv_frame_write(engine, frames[1], 0, (const uint8_t *)&memory, sizeof memory);
        kv_space_use(engine, space);
        kv_registers_load(engine, registers);
        if (x86) {
            registers[5] = data + offsetof(__typeof__(memory), limit); /* rdi */
            registers[7] = data;                                       /* rsp */
            registers[16] = code;                                      /* rip */
        } else {
            registers[0] = code + 28;
            registers[1] = allowed;
            registers[32] = code; /* pc */
        }
        kv_registers_store(engine, registers);
        engine->budget = PROBE_BUDGET;
        exit = kv_run(engine);
    }
    if (space)
        kv_space_free(engine, space);
    for (int i = 0; i < 2; i++)
        if (frames[i])
            kv_frame_unref(engine, frames[i]);
    memset(registers, 0, sizeof registers);
    if (x86)
        registers[17] = 0x202; /* rflags */
    kv_registers_store(engine, registers);
    engine->call_count = 0;
    return exit == KV_EXIT_SYSCALL ? 0 : -1;
}

/* ---- life and death ---- */

static int configure(struct kv_engine *engine)
{
    uc_engine *uc = engine->uc;
    uc_hook hook;
    bool x86 = engine->arch == KV_X86_64;
    uc_err error = UC_ERR_OK;
#define TRY(call) if ((error = (call)) != UC_ERR_OK) goto failed
    if (!x86)
        TRY(kv_uc_ctl(uc, UC_CTL_WRITE(UC_CTL_UC_PAGE_SIZE, 1), (uint32_t)KV_PAGE));
    TRY(kv_uc_ctl(uc, UC_CTL_WRITE(UC_CTL_CPU_MODEL, 1),
                  x86 ? (int)UC_CPU_X86_NEHALEM : (int)UC_CPU_ARM64_A72));
    TRY(kv_uc_ctl(uc, UC_CTL_WRITE(UC_CTL_TLB_TYPE, 1), UC_TLB_VIRTUAL));
    TRY(p_mem_map_ptr(uc, 0, engine->frame_count * KV_PAGE, UC_PROT_ALL, engine->memory));
    TRY(p_hook_add(uc, &hook, UC_HOOK_TLB_FILL, on_fill, engine, 1, 0));
    TRY(p_hook_add(uc, &hook, UC_HOOK_INTR, on_interrupt, engine, 1, 0));
    if (x86) {
        TRY(p_hook_add(uc, &hook, UC_HOOK_INSN, on_syscall_x86_64, engine, 1, 0,
                       UC_X86_INS_SYSCALL));
        TRY(p_hook_add(uc, &hook, UC_HOOK_INSN, on_port_in, engine, 1, 0, UC_X86_INS_IN));
        TRY(p_hook_add(uc, &hook, UC_HOOK_INSN, on_port_out, engine, 1, 0, UC_X86_INS_OUT));
        TRY(p_hook_add(uc, &hook, UC_HOOK_INSN, on_time_stamp, engine, 1, 0,
                       UC_X86_INS_RDTSC));
        TRY(p_hook_add(uc, &hook, UC_HOOK_INSN, on_time_stamp, engine, 1, 0,
                       UC_X86_INS_RDTSCP));
        /* SSE works and x87 errors are exceptions, as an operating system would set it up. */
        uint64_t control = 0;
        TRY(p_reg_read(uc, UC_X86_REG_CR4, &control));
        control |= 1 << 9 | 1 << 10;
        TRY(p_reg_write(uc, UC_X86_REG_CR4, &control));
        TRY(p_reg_read(uc, UC_X86_REG_CR0, &control));
        control = (control & ~(1ULL << 2)) | 1 << 1 | 1 << 5;
        TRY(p_reg_write(uc, UC_X86_REG_CR0, &control));
    } else {
        uint64_t enabled = 3ULL << 20; /* floating point does not trap */
        TRY(p_reg_write(uc, UC_ARM64_REG_CPACR_EL1, &enabled));
    }
    return 0;
failed:
    snprintf(error_text, sizeof error_text, "unicorn: %s", p_strerror(error));
    return -1;
}

struct kv_engine *kv_engine_new(int arch, uint64_t frames)
{
    struct kv_engine *engine = calloc(1, sizeof *engine);
    if (!engine || !loaded) {
        snprintf(error_text, sizeof error_text, "out of memory, or libunicorn is not loaded");
        free(engine);
        return NULL;
    }
    engine->arch = arch;
    engine->frame_count = engine->frame_limit = frames;
    engine->generation = 1;
    engine->fresh = 2; /* frame 0 stands for none */
    engine->zero_frame = 1;
    engine->memory = mmap(NULL, frames * KV_PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    engine->frames = calloc(frames, sizeof *engine->frames);
    engine->free_frames = calloc(frames, sizeof *engine->free_frames);
    engine->stale_frames = calloc(frames, sizeof *engine->stale_frames);
    if (engine->frames)
        engine->frames[engine->zero_frame].refs = 1;
    fill_arm64_registers();
    if (engine->memory == MAP_FAILED || !engine->frames || !engine->free_frames ||
        !engine->stale_frames) {
        snprintf(error_text, sizeof error_text, "no memory for %llu guest pages",
                 (unsigned long long)frames);
        engine->uc = NULL;
        kv_engine_free(engine);
        return NULL;
    }
    uc_err error = arch == KV_X86_64 ? p_open(UC_ARCH_X86, UC_MODE_64, &engine->uc)
                                     : p_open(UC_ARCH_ARM64, UC_MODE_ARM, &engine->uc);
    if (error != UC_ERR_OK) {
        snprintf(error_text, sizeof error_text, "unicorn: %s", p_strerror(error));
        engine->uc = NULL;
        kv_engine_free(engine);
        return NULL;
    }
    if (configure(engine)) {
        kv_engine_free(engine);
        return NULL;
    }
    engine->counts_steps = original_x86_64 && original_aarch64;
    int failed = find_fault_address(engine);
    if (!failed && engine->budget == PROBE_BUDGET) { /* no step was counted */
        uc_hook hook;
        engine->counts_steps = false;
        failed = p_hook_add(engine->uc, &hook, UC_HOOK_BLOCK, on_block, engine, 1, 0);
    }
    if (failed || enter_user_mode(engine)) {
        snprintf(error_text, sizeof error_text, "this libunicorn behaves in an unknown way");
        kv_engine_free(engine);
        return NULL;
    }
    return engine;
}

void kv_engine_free(struct kv_engine *engine)
{
    if (engine->uc)
        p_close(engine->uc);
    if (engine->memory && engine->memory != MAP_FAILED)
        munmap(engine->memory, engine->frame_count * KV_PAGE);
    free(engine->frames);
    free(engine->free_frames);
    free(engine->stale_frames);
    free(engine);
}
