/* The exception flags of SSE arithmetic, which x86_64 has in MXCSR.
 *
 * Unicorn keeps them apart, and shows a guest the MXCSR that it loaded itself. So here its flags
 * begin as those of the MXCSR that is loaded, and are put into the MXCSR that is stored: by
 * FXSAVE, when the core reads it, and by STMXCSR, whose translation is a plain load that gets two
 * more operations behind it. All of this replaces functions of libunicorn as steps.c does, and
 * relies on offsets that probe_flags.c finds: without them, all is left as it was.
 *
 * Exceptions that are not masked are not raised, and DE is never set. */

#define FLAGS 0x3fu  /* of MXCSR; all but DE, which it lacks, are the same in Unicorn */
#define FLAG_BITS 6
#define INEXACT 0x20u
#define QUIETLY 8u   /* ROUNDSD and its like: not inexact */
#define TCG_TYPE_I64 1

static size_t mxcsr_at, flags_at; /* offsets in the CPU's state, 0 while they are not known */
static void *written;             /* the state whose MXCSR was written last */
static int load_opcode;           /* what STMXCSR begins with, and from where; 0: look */
static uintptr_t load_base;

static void (*update_mxcsr)(void *state);
static void (*fxsave)(void *state, uint64_t address);
static void (*emit_op)(void *context, int opcode, uintptr_t, uintptr_t, uintptr_t);
static void (*emit_deposit)(void *context, uintptr_t to, uintptr_t into, uintptr_t from,
                            unsigned offset, unsigned bits);
static void *(*new_temp)(void *context, int type, bool local);
static void (*free_temp)(void *context, void *temp);

static uint8_t *flags_of(void *state)
{
    return (uint8_t *)state + flags_at;
}

/* Put the flags where MXCSR is read. */
static inline void gather_flags(void *state)
{
    if (state && flags_at) {
        uint32_t *mxcsr = (uint32_t *)((uint8_t *)state + mxcsr_at);
        *mxcsr = (*mxcsr & ~FLAGS) | (*flags_of(state) & FLAGS);
    }
}

#define REPLACEMENT __attribute__((visibility("default"), optimize("O2")))

/* Whatever loads MXCSR ends here. */
REPLACEMENT void update_mxcsr_status_x86_64(void *state)
{
    update_mxcsr(state);
    written = state;
    if (flags_at)
        *flags_of(state) = *(uint32_t *)((uint8_t *)state + mxcsr_at) & FLAGS;
}

/* The original finds the guest's state by its return address: it must be jumped to. */
REPLACEMENT void helper_fxsave_x86_64(void *state, uint64_t address)
{
    gather_flags(state);
    fxsave(state, address);
}

/* Put the flags into what was loaded from where MXCSR is. Unicorn passes some of its variables
 * as addresses, and some relative to the context. */
static void emit_flags(void *context, uintptr_t to, uintptr_t base)
{
    void *temp = new_temp(context, TCG_TYPE_I64, false);
    uintptr_t loaded = to - (uintptr_t)context;
    emit_op(context, load_opcode, (uintptr_t)temp, base, flags_at);
    emit_deposit(context, loaded, loaded, (uintptr_t)temp - (uintptr_t)context, 0, FLAG_BITS);
    free_temp(context, temp);
}

REPLACEMENT void tcg_gen_op3_x86_64(void *context, int opcode, uintptr_t to, uintptr_t base,
                                    uintptr_t offset)
{
    emit_op(context, opcode, to, base, offset);
    if (__builtin_expect(offset != mxcsr_at, 1) || !flags_at || !current)
        return;
    if (!load_opcode) { /* find_flags() translates one */
        load_opcode = opcode;
        load_base = base - (uintptr_t)context;
    }
    if (opcode == load_opcode && base - (uintptr_t)context == load_base)
        emit_flags(context, to, base);
}

/* What sets flags in Unicorn that it does not set on processors. */
#define DEFINE_ROUND(name)                                                                  \
    static void (*name)(void *, void *, void *, uint32_t);                                  \
    REPLACEMENT void helper_##name##_xmm_x86_64(void *state, void *to, void *from,          \
                                                uint32_t mode)                              \
    {                                                                                       \
        uint8_t before = flags_at ? *flags_of(state) : 0;                                   \
        name(state, to, from, mode);                                                        \
        if (flags_at && mode & QUIETLY && !(before & INEXACT))                              \
            *flags_of(state) &= ~INEXACT;                                                   \
    }
#define DEFINE_ESTIMATE(name)                                                               \
    static void (*name)(void *, void *, void *);                                            \
    REPLACEMENT void helper_##name##_x86_64(void *state, void *to, void *from)              \
    {                                                                                       \
        uint8_t before = flags_at ? *flags_of(state) : 0;                                   \
        name(state, to, from);                                                              \
        if (flags_at)                                                                       \
            *flags_of(state) = before;                                                      \
    }

DEFINE_ROUND(roundss)
DEFINE_ROUND(roundsd)
DEFINE_ROUND(roundps)
DEFINE_ROUND(roundpd)
DEFINE_ESTIMATE(rcpss)
DEFINE_ESTIMATE(rcpps)
DEFINE_ESTIMATE(rsqrtss)
DEFINE_ESTIMATE(rsqrtps)

static bool found_flag_originals;

static void find_flag_originals(void *library)
{
    static const struct symbol originals[] = {
        {"update_mxcsr_status_x86_64", &update_mxcsr},
        {"helper_fxsave_x86_64", &fxsave},
        {"tcg_gen_op3_x86_64", &emit_op},
        {"tcg_gen_deposit_i64_x86_64", &emit_deposit},
        {"tcg_temp_new_internal_x86_64", &new_temp},
        {"tcg_temp_free_internal_x86_64", &free_temp},
        {"helper_roundss_xmm_x86_64", &roundss},
        {"helper_roundsd_xmm_x86_64", &roundsd},
        {"helper_roundps_xmm_x86_64", &roundps},
        {"helper_roundpd_xmm_x86_64", &roundpd},
        {"helper_rcpss_x86_64", &rcpss},
        {"helper_rcpps_x86_64", &rcpps},
        {"helper_rsqrtss_x86_64", &rsqrtss},
        {"helper_rsqrtps_x86_64", &rsqrtps},
    };
    size_t count = sizeof originals / sizeof *originals;
    unsigned major, minor;
    p_version(&major, &minor);
    /* How operations are emitted is nobody's interface: another release may do it otherwise. */
    found_flag_originals = !find_symbols(library, originals, count) && major == 2 && minor == 1;
}
