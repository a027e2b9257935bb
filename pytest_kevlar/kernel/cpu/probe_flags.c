/* Where Unicorn keeps the MXCSR of x86_64 and the exception flags of SSE, which no interface tells:
 * found by dividing, as probe.c finds things. */

#define STATE_LOOKED_AT 4096 /* bytes from the start of the CPU's state, which is much larger */
#define MXCSR_INITIAL 0x1f80u
#define MXCSR_OTHER 0x3f80u /* rounds down */
#define DIVIDE_CODE 0x10000
#define DIVIDE_DATA 0x20000

static void write_mxcsr(struct kv_engine *engine, uint64_t value)
{
    p_reg_write(engine->uc, UC_X86_REG_MXCSR, &value);
}

/* Divide, and store MXCSR to `DIVIDE_DATA`, or only do the former. */
static bool divide_doubles(struct kv_engine *engine, double dividend, double divisor, bool store)
{
    double operands[2][2] = {{dividend}, {divisor}};
    uint64_t code = DIVIDE_CODE + (store ? 16 : 0), data = DIVIDE_DATA;
    p_reg_write(engine->uc, UC_X86_REG_XMM0, operands[0]);
    p_reg_write(engine->uc, UC_X86_REG_XMM1, operands[1]);
    p_reg_write(engine->uc, UC_X86_REG_RDI, &data);
    p_reg_write(engine->uc, UC_X86_REG_RIP, &code);
    engine->budget = PROBE_BUDGET;
    return kv_run(engine) == KV_EXIT_SYSCALL;
}

/* The only word that is what MXCSR is set to, each time. */
static size_t find_mxcsr(struct kv_engine *engine, const uint8_t *state)
{
    uint8_t before[STATE_LOOKED_AT];
    size_t found = 0;
    memcpy(before, state, sizeof before);
    write_mxcsr(engine, MXCSR_OTHER);
    for (size_t at = 4; at < sizeof before; at += 4)
        if (get32(before + at) == MXCSR_INITIAL && get32(state + at) == MXCSR_OTHER)
            found = found ? SIZE_MAX : at;
    write_mxcsr(engine, MXCSR_INITIAL);
    return found == SIZE_MAX ? 0 : found;
}

/* The only byte that gathers the flags of three divisions. */
static size_t find_flag_byte(struct kv_engine *engine, const uint8_t *state)
{
    static const struct {
        double dividend, divisor;
        uint8_t flags; /* with those of the divisions before */
    } divisions[] = {{1, 3, 0x20}, {1, 0, 0x24}, {0, 0, 0x25}};
    enum { COUNT = sizeof divisions / sizeof *divisions };
    uint8_t after[COUNT + 1][STATE_LOOKED_AT];
    size_t found = 0;
    memcpy(after[0], state, STATE_LOOKED_AT);
    for (int i = 0; i < COUNT; i++) {
        if (!divide_doubles(engine, divisions[i].dividend, divisions[i].divisor, false))
            return 0;
        memcpy(after[i + 1], state, STATE_LOOKED_AT);
    }
    for (size_t at = 1; at < STATE_LOOKED_AT - 4; at++) {
        bool is = after[0][at] == 0;
        for (int i = 0; i < COUNT && is; i++)
            is = after[i + 1][at] == divisions[i].flags;
        if (is)
            found = found ? SIZE_MAX : at;
    }
    return found == SIZE_MAX ? 0 : found;
}

/* Whether a guest reads the flags that there should be, and those that it wrote. */
static bool flags_are_told(struct kv_engine *engine, uint64_t frame)
{
    static const struct {
        uint32_t before;
        double divisor;
        uint32_t after;
    } tests[] = {{0x1f80, 0, 0x1f84}, {0x1f80, 3, 0x1fa0}, {0x1f80, 1, 0x1f80},
                 {0x1f82, 0, 0x1f86}, {0x3fbf, 1, 0x3fbf}};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        write_mxcsr(engine, tests[i].before);
        if (!divide_doubles(engine, 1, tests[i].divisor, true) ||
            get32(FRAME_MEMORY(engine, frame)) != tests[i].after)
            return false;
    }
    return true;
}

static void look_for_flags(struct kv_engine *engine, uint64_t data_frame)
{
    size_t mxcsr = find_mxcsr(engine, engine->cpu_state);
    size_t flags = mxcsr ? find_flag_byte(engine, engine->cpu_state) : 0;
    if (!flags)
        return;
    mxcsr_at = mxcsr;
    flags_at = flags;
    if (!flags_are_told(engine, data_frame))
        mxcsr_at = flags_at = 0;
}

/* Find the state of the engine's CPU, and, for all engines, what is where in it. */
static void find_flags(struct kv_engine *engine)
{
    static const uint8_t code[] = {
        0xf2, 0x0f, 0x5e, 0xc1, 0x0f, 0x05,                         /* divsd xmm0, xmm1; syscall */
        0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
        0xf2, 0x0f, 0x5e, 0xc1, 0x0f, 0xae, 0x1f, 0x0f, 0x05,       /* the same; stmxcsr [rdi] */
    };
    static bool looked;
    uc_context *before = kv_context_new(engine);
    struct kv_space *space = kv_space_new();
    uint64_t frames[2] = {kv_frame_alloc(engine), kv_frame_alloc(engine)};
    written = NULL;
    if (found_flag_originals && before && space && frames[0] && frames[1] &&
        !kv_map(engine, space, DIVIDE_CODE, frames[0], KV_READ | KV_EXEC) &&
        !kv_map(engine, space, DIVIDE_DATA, frames[1], KV_READ | KV_WRITE)) {
        kv_context_save(engine, before);
        kv_frame_write(engine, frames[0], 0, code, sizeof code);
        kv_space_use(engine, space);
        write_mxcsr(engine, MXCSR_INITIAL);
        engine->cpu_state = written; /* none if the function was not replaced */
        if (written && !looked)
            look_for_flags(engine, frames[1]);
        looked = looked || written;
        kv_context_restore(engine, before);
        engine->call_count = 0;
    }
    if (before)
        kv_context_free(before);
    if (space)
        kv_space_free(engine, space);
    for (int i = 0; i < 2; i++)
        if (frames[i])
            kv_frame_unref(engine, frames[i]);
}
