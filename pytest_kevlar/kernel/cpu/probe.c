/* What an engine finds out about Unicorn, and brings it to, by running a few instructions. */
#include <malloc.h>
#include <stddef.h>

/* Steps that these runs may take. */
#define PROBE_BUDGET 1000

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

/* ---- exceptions in a row ---- */

/* Unicorn remembers the exception that it is delivering, to make a double fault of the next one,
 * until an interrupt gate has been entered, which never happens here. */
void kv_forget_exception(struct kv_engine *engine)
{
    if (!engine->exception_word)
        return;
    p_context_save(engine->uc, engine->scratch);
    *engine->exception_word = UINT32_MAX;
    p_context_restore(engine->uc, engine->scratch);
}

static int divide_by_zero(struct kv_engine *engine, const uint64_t *registers)
{
    kv_registers_store(engine, registers);
    engine->budget = PROBE_BUDGET;
    return kv_run(engine) == KV_EXIT_EXCEPTION ? (int)engine->vector : -1;
}

/* Where it remembers is told by no interface. Divide by zero, and see which word of a saved
 * context says so; forget it, and the second time must be as the first. */
static int find_exception(struct kv_engine *engine)
{
    static const uint8_t divide[] = {0xf7, 0xf1}; /* div ecx, which is zero */
    uint64_t registers[35] = {0};
    struct kv_space *space = kv_space_new();
    uint64_t frame = kv_frame_alloc(engine), code = 0x10000;
    uc_context *before = kv_context_new(engine), *after = kv_context_new(engine);
    const uint32_t *old = (const uint32_t *)before;
    uint32_t *new = (uint32_t *)after;
    int found = -1;
    if (space && frame && before && after &&
        !kv_map(engine, space, code, frame, KV_READ | KV_EXEC)) {
        size_t words = malloc_usable_size(after) / sizeof *new;
        kv_frame_write(engine, frame, 0, divide, sizeof divide);
        kv_space_use(engine, space);
        registers[16] = code;  /* rip */
        registers[17] = 0x202; /* rflags */
        kv_context_save(engine, before);
        found = divide_by_zero(engine, registers);
        kv_context_save(engine, after);
        engine->scratch = after;
        for (size_t word = 0; word < words && !engine->exception_word; word++)
            if (old[word] == UINT32_MAX && new[word] == 0)
                engine->exception_word = &new[word];
        kv_forget_exception(engine);
        if (!found)
            found = divide_by_zero(engine, registers);
        kv_context_restore(engine, before);
    }
    if (before)
        kv_context_free(before);
    if (after && !engine->scratch)
        kv_context_free(after);
    if (space)
        kv_space_free(engine, space);
    if (frame)
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
