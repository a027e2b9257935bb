/* The CPU: one Unicorn engine on a virtual TLB, driven by kv_run() like a virtual machine.
 * Nothing of Linux is in here; whatever the guest does ends the run and is told upwards. */
#include <time.h>
#include <unicorn/arm64.h>
#include <unicorn/x86.h>

/* Where physical frames appear while translations are dropped; never visible to a guest. */
#define WINDOW 0xffff900000000000ULL

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
    engine->frames[frame].searched = 0;
    engine->flush_pending = true; /* the window's entry must go before guest code runs */
}

/* Whether the store that found code in `frame` is the one for which it was dropped just now:
 * the block that stores lies in the page itself, and to drop it again would never end. */
static bool stores_to_itself(struct kv_engine *engine, uint64_t frame)
{
    bool again = engine->dropped_frame == frame && engine->dropped_at - countdown <= 2;
    engine->dropped_frame = frame;
    engine->dropped_at = countdown;
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
    frame->read_generation = engine->generation;
    if (access == KV_EXEC) {
        if (frame->write_generation == engine->generation) {
            engine->retry = engine->flush_pending = true;
            return false;
        }
        frame->code = 1;
        find_strings(engine, address & ~(KV_PAGE - 1), entry >> 12);
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

/* Counts only where the helper cannot. */
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *data)
{
    struct kv_engine *engine = data;
    if (--countdown < 0)
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
    uint64_t time = engine->virtual_time - countdown * engine->step_time;
    uint64_t low = time & 0xffffffff, high = time >> 32;
    p_reg_write(uc, UC_X86_REG_RAX, &low);
    p_reg_write(uc, UC_X86_REG_RDX, &high);
    return 1; /* done: the instruction itself, which reads the host's counter, is skipped */
}

/* ---- the run ---- */

static void note_call(struct kv_engine *engine)
{
    struct kv_call *call = &engine->calls[engine->call_count++ % KV_CALLS];
    if (engine->history) {
        call->task = engine->task;
        call->number = engine->number;
        memcpy(call->args, engine->args, sizeof call->args);
        call->returned = 0;
    }
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

#define SIGKILL_AND_SIGSTOP (1ULL << 8 | 1ULL << 18)

/* C libraries set the signal mask six times around a fork: do it here, if it is only that. What
 * cannot be done (another size, a bad pointer) is left to the caller, who makes the errors. */
static bool set_mask(struct kv_engine *engine)
{
    uint64_t old = *engine->mask, new = old, set;
    if (engine->args[3] != sizeof set)
        return false;
    if (engine->args[1]) {
        if (kv_copy_in(engine, engine->space, engine->args[1], (uint8_t *)&set, sizeof set) <
            sizeof set)
            return false;
        switch ((uint32_t)engine->args[0]) {
        case 0: new |= set; break;
        case 1: new &= ~set; break;
        case 2: new = set; break;
        default: return false;
        }
    }
    if (engine->args[2] && kv_copy_out(engine, engine->space, engine->args[2], (uint8_t *)&old,
                                       sizeof old) < sizeof old)
        return false;
    *engine->mask = new & ~SIGKILL_AND_SIGSTOP;
    return true;
}

static void drop_stale(struct kv_engine *engine)
{
    while (engine->stale_count) {
        uint32_t frame = engine->stale_frames[--engine->stale_count];
        kv_drop_code(engine, frame);
        engine->free_frames[engine->free_count++] = frame;
    }
}

/* Unicorn counts instructions in what it translates from now on: what it has translated already
 * would run by the block. */
static void begin_stepping(struct kv_engine *engine)
{
    engine->stepped = true;
    kv_uc_ctl(engine->uc, UC_CTL_WRITE(UC_CTL_TB_FLUSH, 0));
}

/* Unicorn stops counting instructions when it next starts without a count. It then asks for the
 * pages of what was counted, which may be of another space: so let it start once, to run nothing,
 * and forget what it asked for. */
static void end_stepping(struct kv_engine *engine, uint64_t pc)
{
    int64_t budget = engine->budget;
    engine->stepped = false;
    engine->running = true;
    start_count(engine, true);
    p_emu_start(engine->uc, pc, pc, 0, 0);
    end_count(engine);
    engine->running = false;
    engine->budget = budget;
    engine->exit = 0;
    engine->retry = false;
    engine->retry_frame = 0;
    engine->flush_pending = true;
}

/* Run `count` instructions, without end if it is 0. */
static int run(struct kv_engine *engine, size_t count)
{
    const int pc_register = engine->arch == KV_X86_64 ? UC_X86_REG_RIP : UC_ARM64_REG_PC;
    apply_result(engine);
    if (engine->stale_count)
        drop_stale(engine);
    if ((count && --engine->budget < 0) || (!engine->counting && engine->budget < 0))
        return KV_EXIT_BUDGET;
    for (;;) {
        uint64_t pc = 0;
        p_reg_read(engine->uc, pc_register, &pc);
        if (engine->stepped && !count)
            end_stepping(engine, pc);
        if (count && !engine->stepped)
            begin_stepping(engine);
        if (engine->flush_pending)
            kv_flush(engine);
        engine->exit = 0;
        engine->running = true;
        start_count(engine, count != 0);
        uc_err error = p_emu_start(engine->uc, pc, 0, 0, count);
        end_count(engine);
        if (ticked(engine, error))
            engine->exit = KV_EXIT_BUDGET;
        engine->running = false;
        if (engine->exit == KV_EXIT_BUDGET)
            engine->budget = -1;
        if (engine->exit == KV_EXIT_SYSCALL) {
            read_syscall(engine);
            engine->budget -= engine->syscall_cost;
            note_call(engine);
            if (!engine->quick_mask || engine->number != engine->mask_call || !set_mask(engine))
                return engine->exit;
            engine->result = 0;
            engine->has_result = 1;
            apply_result(engine);
            continue;
        }
        if (engine->retry) {
            engine->retry = false;
            if (engine->retry_access != KV_EXEC && !count && engine->counting)
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
        if (engine->exit == KV_EXIT_EXCEPTION)
            kv_forget_exception(engine);
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
        if (count)
            return KV_EXIT_STEP;
        if (engine->pc == 0) { /* reached the end marker: a jump to NULL */
            engine->address = 0;
            engine->access = KV_EXEC;
            return KV_EXIT_FAULT;
        }
        return KV_EXIT_HALT;
    }
}

int kv_run(struct kv_engine *engine)
{
    return run(engine, 0);
}

/* All is translated anew when instructions begin to be counted and when that ends: what is not
 * stepped through is no slower, and its blocks are the same. */
int kv_step(struct kv_engine *engine)
{
    return run(engine, 1);
}
