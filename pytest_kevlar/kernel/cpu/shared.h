/* What both Python and the parts of the C core know: cffi reads it before core.h, and internal.h
 * includes it. */

/* Access kinds, as bits of a page-table entry and of a range's protection. */
#define KV_READ 1
#define KV_WRITE 2
#define KV_EXEC 4

/* Page-table entry bits beside the access kinds; bits 12 and up are the frame's address. */
#define KV_COW 8      /* private: a write copies the frame first */
#define KV_FILE 16    /* the frame belongs to a page cache */
#define KV_PRESENT 32
#define KV_SHARED 256  /* of a shared mapping: a child maps the same frame */
#define KV_ZERO 128    /* the shared page of zeros: mapped, but not resident */
#define KV_DIRTY 64   /* written since it was mapped */

/* Why run() returned. */
#define KV_EXIT_SYSCALL 1
#define KV_EXIT_FAULT 2     /* address, access */
#define KV_EXIT_EXCEPTION 3 /* vector */
#define KV_EXIT_BUDGET 4
#define KV_EXIT_HALT 5      /* a privileged instruction that user code may not run */
#define KV_EXIT_ILLEGAL 6
#define KV_EXIT_NOMEM 7     /* no frame left while resolving a fault */
#define KV_EXIT_ERROR 8     /* the engine itself failed; vector is its error code */
#define KV_EXIT_STEP 9      /* kv_step() is done */

#define KV_CALLS 32
#define KV_X86_64 0
#define KV_ARM64 1

/* A stretch of private anonymous memory that is filled with zeros on demand. */
struct kv_range {
    uint64_t start, end;
    uint32_t perms;
    uint32_t unused;
};

/* What a frame is charged as. */
#define KV_ANON 0
#define KV_CACHE 1
#define KV_SHMEM 2 /* a page cache without a disk */

/* Who pays for frames, in frames: what is held by it and those below it, and at most was. */
struct kv_owner {
    uint64_t pages, peak;
    uint64_t file, shmem;       /* of page caches, and of those that no disk is behind */
    uint64_t limit, high;
    uint64_t stop;              /* a charge is refused from here on, so that somebody looks */
    uint32_t parent, children;  /* children: that were not replaced yet */
    uint32_t retired;           /* it may be replaced once nothing is charged to it */
    uint32_t padding;
};

/* One address space's page table and counters. Opaque but for the counters. */
struct kv_space {
    void *root;
    struct kv_range *ranges;
    uint64_t range_count;
    uint64_t resident, resident_file, peak;
    uint64_t minor_faults;
    uint32_t owner; /* who pays for frames it takes from now on */
    uint32_t unused;
};

/* A system call that was made lately. */
struct kv_call {
    uint64_t task, number, args[6], result;
    int32_t returned;
    int32_t unused;
};

/* What is wrong with a page table or a frame, as kv_check_*() say. */
#define KV_CHECK_OUTSIDE 1       /* an entry where nothing is mapped */
#define KV_CHECK_RIGHTS 2        /* an entry that allows more than its mapping */
#define KV_CHECK_FRAME 3         /* an entry without a frame that was ever handed out */
#define KV_CHECK_COPY 4          /* writable, and to be copied before a write */
#define KV_CHECK_ZERO 5          /* the page of zeros, not marked so, or another marked so */
#define KV_CHECK_SHARED 6        /* shared with children, of a private mapping */
#define KV_CHECK_RESIDENT 7      /* address: entries found, entry: what is counted */
#define KV_CHECK_RESIDENT_FILE 8
#define KV_CHECK_REFERENCES 9    /* address: the frame, entry: who holds it */
#define KV_CHECK_USED 10         /* address: frames held, entry: what is counted */
#define KV_CHECK_FREE 11         /* address: frames in the free lists, entry: those not held */
#define KV_CHECK_CHARGED 12      /* address: frames of owner `entry` */

/* What one mapping allows its page-table entries. */
struct kv_mapping {
    uint64_t start, end;
    uint32_t perms;
    uint32_t shared;
};

struct kv_finding {
    uint64_t what, address, entry;
};
