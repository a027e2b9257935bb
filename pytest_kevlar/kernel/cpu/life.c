/* Making, configuring and freeing engines. */
#include <stdio.h>
#include <sys/mman.h>

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

struct kv_engine *kv_engine_new(int arch, uint64_t frames, int counting)
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
    engine->counting = true;
    engine->counts_blocks = found_originals();
    int failed = find_fault_address(engine);
    if (!failed && engine->budget == PROBE_BUDGET) { /* no block was counted */
        uc_hook hook;
        engine->counts_blocks = false;
        failed = p_hook_add(engine->uc, &hook, UC_HOOK_BLOCK, on_block, engine, 1, 0);
    }
    if (failed || enter_user_mode(engine) || (arch == KV_X86_64 && find_exception(engine))) {
        snprintf(error_text, sizeof error_text, "this libunicorn behaves in an unknown way");
        kv_engine_free(engine);
        return NULL;
    }
    if (arch == KV_X86_64)
        find_flags(engine);
    if (!counting && engine->counts_blocks)
        engine->counting = engine->counts_blocks = false;
    return engine;
}

void kv_engine_free(struct kv_engine *engine)
{
    if (engine->scratch)
        p_context_free(engine->scratch);
    if (engine->uc)
        p_close(engine->uc);
    if (engine->memory && engine->memory != MAP_FAILED)
        munmap(engine->memory, engine->frame_count * KV_PAGE);
    free(engine->frames);
    free(engine->free_frames);
    free(engine->stale_frames);
    free(engine->owners);
    free(engine);
}
