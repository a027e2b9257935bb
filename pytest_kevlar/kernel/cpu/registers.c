/* The state of the CPU: registers, floating point, and whole contexts. */
#include <unicorn/arm64.h>
#include <unicorn/x86.h>

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

uint64_t kv_callers(struct kv_engine *engine, struct kv_space *space, uint64_t *to, uint64_t words)
{
    uint64_t sp = 0, found = 0;
    apply_result(engine);
    p_reg_read(engine->uc, engine->arch == KV_ARM64 ? UC_ARM64_REG_SP : UC_X86_REG_RSP, &sp);
    words = kv_peek(engine, space, sp & ~7ULL, (uint8_t *)to, words * 8) / 8;
    for (uint64_t at = 0; at < words; at++)
        if (to[at] >= 0x10000 && to[at] < 1ULL << 32)
            to[found++] = to[at];
    return found;
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
    gather_flags(engine->cpu_state);
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
