/* What the parts of the C core share and Python does not see. */
#ifndef KV_INTERNAL_H
#define KV_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "shared.h"

#define KV_PAGE 4096ULL
#define KV_ADDRESS_LIMIT (1ULL << 47)
#define KV_PERMS (KV_READ | KV_WRITE | KV_EXEC)
#define KV_STRINGS 256 /* hooks make translation slower: there is a limit */

struct kv_frame {
    uint32_t refs;
    uint32_t write_generation; /* TLB generation in which it was last writable by the guest */
    uint32_t read_generation;  /* ... in which the guest was last given it at all */
    uint8_t code;              /* blocks may have been translated from it */
    uint8_t kind;              /* what it is charged as */
    uint16_t owner;            /* to whom it is charged, 0 for nobody */
    uint64_t searched;         /* address at which it was last searched for string instructions */
};

struct kv_engine {
    uint64_t number;
    uint64_t args[6];
    uint64_t pc;
    uint64_t address;
    uint32_t access;
    uint32_t vector;
    uint64_t result;
    int32_t has_result;
    int32_t arch;
    int64_t budget;
    int64_t syscall_cost; /* steps that a system call counts for */
    uint64_t syscalls;     /* made since the caller last set it to zero */
    uint64_t task;         /* the caller's name for who runs, kept with each call below */
    struct kv_call calls[KV_CALLS]; /* the last system calls, call_count % KV_CALLS is next */
    uint64_t call_count;
    int32_t history;
    int32_t padding;
    double host_deadline;
    uint64_t virtual_time;
    int64_t step_time;
    uint64_t *mask;
    uint64_t mask_call; /* rt_sigprocmask */
    int32_t quick_mask;
    uint8_t *memory;
    uint64_t frame_count;
    uint64_t frames_used;
    uint64_t frame_limit;
    uint32_t refused;
    uint32_t excess;

    uc_engine *uc;
    struct kv_space *space;
    struct kv_frame *frames;
    struct kv_owner *owners;
    uint32_t owner_count; /* places in the table, the first of which is nobody's */
    uint32_t *free_frames; /* a stack; frames that never held code since they were freed */
    uint64_t free_count;
    uint32_t *stale_frames; /* freed frames whose translations are still there */
    uint64_t stale_count;
    uint64_t zero_frame; /* what reads of untouched memory see */
    uint64_t fresh; /* first frame never handed out */
    uint32_t generation;
    uint64_t dropped_frame; /* whose code a store dropped last, and the budget left then */
    int64_t dropped_at;
    uint64_t strings[KV_STRINGS]; /* addresses of hooked string instructions */
    uint64_t string_count;
    bool flush_pending;
    bool counting;          /* blocks are counted; else `tick` ends a slice */
    bool counts_blocks;     /* the helper counts; else a block hook does */
    bool tick;              /* the host's clock says that the slice is over: see ticks.c */
    bool running;
    bool retry;             /* the fill stopped the run only to get `retry_frame` cleaned */
    uint32_t retry_access;  /* what the access was that found it so */
    uint64_t retry_frame;   /* frame whose translations must go, 0 for none */
    bool stepped;           /* Unicorn still counts instructions: see end_stepping() */
    bool window;            /* answer fills of the kernel window (invalidation only) */
    int exit;
    const uint64_t *fault_word; /* where Unicorn keeps the address of the last fault */
    uc_context *scratch;        /* a context, and in it the exception that is being delivered */
    uint32_t *exception_word;
    void *cpu_state;            /* of x86_64, if functions that touch it are replaced: see flags.c */
};

/* engine.c */
void kv_engine_free(struct kv_engine *engine);
extern uc_err (*kv_uc_ctl)(uc_engine *, uc_control_type, ...);
void kv_flush(struct kv_engine *engine);
void kv_drop_code(struct kv_engine *engine, uint64_t frame);

/* probe.c */
void kv_forget_exception(struct kv_engine *engine);

/* memory.c */
uint64_t kv_entry(struct kv_space *space, uint64_t address);
uint64_t kv_peek(struct kv_engine *engine, struct kv_space *space, uint64_t address, uint8_t *to,
                 uint64_t size);
uint64_t kv_frame_alloc(struct kv_engine *engine);
void kv_frame_unref(struct kv_engine *engine, uint64_t frame);
void kv_frame_write(struct kv_engine *engine, uint64_t frame, uint64_t offset,
                    const uint8_t *data, uint64_t size);
struct kv_space *kv_space_new(void);
void kv_space_free(struct kv_engine *engine, struct kv_space *space);
int kv_map(struct kv_engine *engine, struct kv_space *space, uint64_t address, uint64_t frame,
           uint32_t flags);
void kv_unmap(struct kv_engine *engine, struct kv_space *space, uint64_t start, uint64_t end);
uint64_t kv_resolve_entry(struct kv_engine *engine, struct kv_space *space, uint64_t address,
                          uint32_t access, int *error);

#endif
