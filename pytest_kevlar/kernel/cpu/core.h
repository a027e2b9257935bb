/* The engine's C core, as Python sees it: physical frames, page tables, and run().
 * Read by cffi alone, after shared.h; it checks it against internal.h when it compiles. */

/* One engine: a CPU, its physical memory, and the exit it last made. */
struct kv_engine {
    /* the exit */
    uint64_t number;       /* system call */
    uint64_t args[6];
    uint64_t pc;
    uint64_t address;      /* faulting address */
    uint32_t access;       /* KV_READ, KV_WRITE or KV_EXEC */
    uint32_t vector;
    /* what the next run() puts into the result register first, if has_result */
    uint64_t result;
    int32_t has_result;
    int32_t arch;
    /* steps the guest may make: blocks entered; run() ends below zero */
    int64_t budget;
    int64_t syscall_cost; /* steps that a system call counts for */
    uint64_t syscalls;     /* made since the caller last set it to zero */
    uint64_t task;         /* the caller's name for who runs, kept with each call below */
    struct kv_call calls[KV_CALLS]; /* the last system calls, call_count % KV_CALLS is next */
    uint64_t call_count;
    int32_t history;       /* whether calls are kept, or only counted */
    int32_t padding;
    double host_deadline;  /* of the host's monotonic clock, seconds: run() ends its slice then */
    uint64_t virtual_time; /* what the time-stamp counter reads when the budget is 0 */
    int64_t step_time;     /* by how much it grows with each step */
    /* rt_sigprocmask: its number, the signal mask of who runs, and whether run() may do the call
     * itself, which it may while no signal is pending and nobody watches the calls */
    uint64_t *mask;
    uint64_t mask_call;
    int32_t quick_mask;
    /* physical memory */
    uint8_t *memory;
    uint64_t frame_count;
    uint64_t frames_used;
    uint64_t frame_limit;  /* allocation fails beyond this many frames in use */
    uint32_t refused;      /* owner whose bound made the last allocation fail, 0 if none did */
    uint32_t excess;       /* let the next charge be beyond all bounds */
    ...;
};

/* Load libunicorn from `path`; 0, or -1 with the reason in kv_error(). */
int kv_load(const char *path);
const char *kv_error(void);

/* `counting`: blocks are counted; else a slice ends after some milliseconds of the host's. */
struct kv_engine *kv_engine_new(int arch, uint64_t frames, int counting);
void kv_engine_free(struct kv_engine *engine);

/* Run until something happens; one of KV_EXIT_*. */
int kv_run(struct kv_engine *engine);
/* Run one instruction; one of KV_EXIT_*. */
int kv_step(struct kv_engine *engine);

/* Registers: `registers` is a struct kv_regs_x86_64 or kv_regs_arm64. */
void kv_registers_load(struct kv_engine *engine, void *registers);
void kv_registers_store(struct kv_engine *engine, const void *registers);
/* FP state: an FXSAVE image of 512 bytes, or 32 V registers, FPSR and FPCR (520 bytes). */
void kv_fpu_load(struct kv_engine *engine, uint8_t *image);
void kv_fpu_store(struct kv_engine *engine, const uint8_t *image);

/* Whole CPU states, for tasks that do not run. */
void *kv_context_new(struct kv_engine *engine);
void kv_context_free(void *context);
void kv_context_save(struct kv_engine *engine, void *context);
void kv_context_restore(struct kv_engine *engine, void *context);
/* Save a child's state: the current one, but result 0, another stack (if not 0) and TLS. */
void kv_context_fork(struct kv_engine *engine, void *context, uint64_t stack, int set_tls,
                     uint64_t tls);

/* Frames. An allocated frame is zero and has one reference. 0 is never a valid frame. */
uint64_t kv_frame_alloc(struct kv_engine *engine);
/* The same for a page cache, charged to who pays for the current space. */
uint64_t kv_frame_alloc_cached(struct kv_engine *engine, uint32_t kind);
void kv_frame_ref(struct kv_engine *engine, uint64_t frame);
void kv_frame_unref(struct kv_engine *engine, uint64_t frame);
uint32_t kv_frame_refs(struct kv_engine *engine, uint64_t frame);
void kv_frame_write(struct kv_engine *engine, uint64_t frame, uint64_t offset,
                    const uint8_t *data, uint64_t size);
void kv_frame_zero(struct kv_engine *engine, uint64_t frame, uint64_t offset, uint64_t size);

/* Owners. A new one below `parent` (0: below none), without bounds; 0 if there are too many. */
uint32_t kv_owner_new(struct kv_engine *engine, uint32_t parent);
/* Valid until the next one is made. */
struct kv_owner *kv_owner(struct kv_engine *engine, uint32_t id);
/* Set both bounds. */
void kv_owner_bound(struct kv_engine *engine, uint32_t id, uint64_t limit, uint64_t high);
/* Let it take `pages` more before the next look, though not beyond the limit. */
void kv_owner_defer(struct kv_engine *engine, uint32_t id, uint64_t pages);
/* Forget all owners; no frame may have one any more. */
void kv_owners_forget(struct kv_engine *engine);

/* Address spaces. */
struct kv_space *kv_space_new(void);
void kv_space_free(struct kv_engine *engine, struct kv_space *space);
void kv_space_use(struct kv_engine *engine, struct kv_space *space);
int kv_space_set_ranges(struct kv_space *space, const struct kv_range *ranges, uint64_t count);
/* Let [start, end) be one range with `perms`, or in no range if they are 0; -1 if out of memory. */
int kv_space_set_range(struct kv_space *space, uint64_t start, uint64_t end, uint32_t perms);
/* Map `frame` (one more reference) at a page that is not mapped yet; -1 if out of memory. */
int kv_map(struct kv_engine *engine, struct kv_space *space, uint64_t address, uint64_t frame,
           uint32_t flags);
/* The entry of a page, 0 if there is none. */
uint64_t kv_entry(struct kv_space *space, uint64_t address);
/* Drop all entries of [start, end). */
void kv_unmap(struct kv_engine *engine, struct kv_space *space, uint64_t start, uint64_t end);
/* Give all entries of [start, end) new access; `cow` if writes to them copy. */
void kv_protect(struct kv_engine *engine, struct kv_space *space, uint64_t start, uint64_t end,
                uint32_t perms, int cow);
/* Move entries to another place of the same space. */
int kv_move(struct kv_engine *engine, struct kv_space *space, uint64_t from, uint64_t to,
            uint64_t size);
/* A child's space: the same ranges and entries; private ones become copy-on-write in both.
 * NULL if out of memory. */
struct kv_space *kv_space_fork(struct kv_engine *engine, struct kv_space *parent);
/* Resolve one access without Python: 1 done, 0 not resolvable here, -1 out of memory. */
int kv_resolve(struct kv_engine *engine, struct kv_space *space, uint64_t address,
               uint32_t access);
/* How many pages of [start, end) are mapped. */
uint64_t kv_count_shared(struct kv_engine *engine, struct kv_space *space, uint64_t start,
                         uint64_t end);
uint64_t kv_count_mapped(struct kv_space *space, uint64_t start, uint64_t end);
/* A byte a page of [start, end): 1 if mapped. */
void kv_residency(struct kv_space *space, uint64_t start, uint64_t end, uint8_t *out);

/* Guest memory through a space's own permissions; how many bytes could be copied. */
uint64_t kv_copy_in(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                    uint8_t *to, uint64_t size);
uint64_t kv_copy_out(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                     const uint8_t *from, uint64_t size);
/* What is there already: brings no page in. For tracing. */
uint64_t kv_peek(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                 uint8_t *to, uint64_t size);
/* Of the first words on the running task's stack those that may be return addresses of a static
 * program: how many there are. */
uint64_t kv_callers(struct kv_engine *engine, struct kv_space *space, uint64_t *to,
                    uint64_t words);
/* Like kv_copy_in but ends after a NUL, which sets *found. */
uint64_t kv_copy_string(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                        uint8_t *to, uint64_t size, int *found);
void kv_flush(struct kv_engine *engine);

/* Compare the entries of `space` with its mappings, which are sorted and disjoint, and add to
 * holders[frame] for each; KV_CHECK_*, 0 if all is well. */
int kv_check_space(struct kv_engine *engine, struct kv_space *space,
                   const struct kv_mapping *mappings, uint64_t count, uint32_t *holders,
                   struct kv_finding *finding);
/* Compare the references of every frame with `holders`; KV_CHECK_*, 0 if all is well. */
int kv_check_frames(struct kv_engine *engine, const uint32_t *holders,
                    struct kv_finding *finding);
/* One more than the highest frame ever handed out. */
uint64_t kv_frames_made(struct kv_engine *engine);
