/* REP MOVS and REP STOS of x86_64, a page at a time.
 *
 * Unicorn enters a block for every element that they move, where processors have moved whole
 * lines for decades, and C libraries rely on it. So where such an instruction is found when a
 * page is first executed, a hook does all elements but the last that lie in one page and that
 * may be touched without a fault. The rest, every fault among it, is left to the instruction.
 * What is counted is what would have been: a block for an element. */

/* Fewer elements are not worth the reading of registers. */
#define WORTHWHILE 8

struct string_instruction {
    uint8_t code[3];
    uint8_t length;
    uint8_t size; /* of an element */
    bool loads;   /* MOVS, not STOS */
};

static const struct string_instruction string_instructions[] = {
    {{0xf3, 0x48, 0xa5}, 3, 8, true}, {{0xf3, 0x48, 0xab}, 3, 8, false},
    {{0xf3, 0xa5}, 2, 4, true},       {{0xf3, 0xab}, 2, 4, false},
    {{0xf3, 0xa4}, 2, 1, true},       {{0xf3, 0xaa}, 2, 1, false},
};

static const struct string_instruction *string_instruction_at(const uint8_t *code, size_t room)
{
    for (size_t i = 0; i < sizeof string_instructions / sizeof *string_instructions; i++) {
        const struct string_instruction *candidate = &string_instructions[i];
        if (candidate->length <= room && !memcmp(code, candidate->code, candidate->length))
            return candidate;
    }
    return NULL;
}

/* Where `address` is in memory if `access` faults nowhere and changes no mapping, else NULL. */
static uint8_t *touchable(struct kv_engine *engine, uint64_t address, uint64_t access)
{
    uint64_t *table = address < KV_ADDRESS_LIMIT ? leaf(engine->space, address, false) : NULL;
    uint64_t entry = table ? table[INDEX(address, 0)] : 0;
    if (!(entry & access) || (access == KV_WRITE && (entry & KV_COW ||
                                                     engine->frames[FRAME(entry)].code)))
        return NULL;
    return FRAME_MEMORY(engine, FRAME(entry)) + (address & (KV_PAGE - 1));
}

static void fill_elements(uint8_t *to, uint64_t value, uint64_t size, uint64_t count)
{
    if (size == 1 || value == 0)
        memset(to, (int)value, count * size);
    else
        for (; count; count--, to += size)
            memcpy(to, &value, size);
}

static void on_string(uc_engine *uc, uint64_t address, uint32_t length, void *data)
{
    enum { RCX, RSI, RDI, RAX, RFLAGS, COUNT };
    static int ids[] = {UC_X86_REG_RCX, UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_RAX,
                        UC_X86_REG_RFLAGS};
    struct kv_engine *engine = data;
    uint64_t registers[COUNT] = {0};
    void *where[] = {&registers[RCX], &registers[RSI], &registers[RDI], &registers[RAX],
                     &registers[RFLAGS]};
    if (uc != counted || !engine->space)
        return;
    p_reg_read(uc, UC_X86_REG_RCX, &registers[RCX]);
    if (registers[RCX] <= WORTHWHILE)
        return;
    const uint8_t *code = touchable(engine, address, KV_EXEC);
    const struct string_instruction *what =
        code ? string_instruction_at(code, KV_PAGE - (address & (KV_PAGE - 1))) : NULL;
    p_reg_read_batch(uc, ids, where, COUNT);
    if (!what || registers[RFLAGS] & 1 << 10) /* direction: down */
        return;
    uint8_t *to = touchable(engine, registers[RDI], KV_WRITE);
    uint8_t *from = what->loads ? touchable(engine, registers[RSI], KV_READ) : to;
    if (!to || !from)
        return;
    uint64_t bytes = in_page(registers[RDI], KV_PAGE);
    if (what->loads)
        bytes = in_page(registers[RSI], bytes);
    uint64_t count = bytes / what->size;
    if (count > registers[RCX] - 1)
        count = registers[RCX] - 1;
    if (count > (uint64_t)countdown)
        count = (uint64_t)countdown;
    if (what->loads && from < to && to < from + count * what->size)
        return; /* elements that were stored would be loaded again */
    if (what->loads)
        memmove(to, from, count * what->size);
    else
        fill_elements(to, registers[RAX], what->size, count);
    countdown -= (int64_t)count;
    registers[RCX] -= count;
    registers[RDI] += count * what->size;
    registers[RSI] += what->loads ? count * what->size : 0;
    p_reg_write_batch(uc, ids, where, RAX);
}

/* Hook the string instructions of a page that is to be executed at `address`. */
static void find_strings(struct kv_engine *engine, uint64_t address, uint64_t frame)
{
    if (engine->arch != KV_X86_64 || engine->frames[frame].searched == address)
        return;
    engine->frames[frame].searched = address;
    const uint8_t *page = FRAME_MEMORY(engine, frame), *end = page + KV_PAGE;
    for (const uint8_t *at = page; (at = memchr(at, 0xf3, end - at)); at++) {
        uint64_t site = address + (at - page);
        bool known = !string_instruction_at(at, end - at);
        for (uint64_t i = 0; i < engine->string_count && !known; i++)
            known = engine->strings[i] == site;
        uc_hook hook;
        if (!known && engine->string_count < KV_STRINGS &&
            p_hook_add(engine->uc, &hook, UC_HOOK_CODE, on_string, engine, site, site) == UC_ERR_OK)
            engine->strings[engine->string_count++] = site;
    }
}
