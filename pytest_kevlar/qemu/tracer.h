/* Records the system calls of a program and of all its children, for a machine whose kernel has
 * ptrace(2) and prints no trace of its own.
 *
 * What lies behind arguments is read as /kevlar/calls says, a table that the plugin makes from
 * its declarations. Records go into a file in memory, so that nothing slow is waited for while
 * the program runs; kernel/remote.py has their layout, and turns them into events. */
#ifndef TRACER_H
#define TRACER_H
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "records.h"

enum { ENTER = 1, LEAVE, SIGNAL, CHILD, EXEC, EXIT };
enum { BYTES = 1, STRING, STRINGS, VECTORS, MESSAGE };
enum { BEFORE = 1, AFTER = 2, ALWAYS = 4 };
enum { BY_RESULT = 6, ONCE = 7, POINTED = 8 };

enum {
    CALLS = 512,
    PAGE = 4096,
    TASKS = 4096,
    KEPT_ITEMS = 64,        /* pieces, or strings, of one argument */
    STACK_BYTES = 512,      /* of the caller, in which return addresses are looked for */
    HEAD = 24,              /* bytes before what a record is about */
    RECORD = 1 << 18,       /* bytes of one record at most */
    TRACE_BYTES = 48 << 20, /* bytes of one trace at most */
};

struct row {
    uint8_t kind, when, count, shift;
    uint16_t limit, unit;
};

struct task {
    pid_t tid, process;
    int inside;
    uint64_t number, args[6];
};

static struct row rows[CALLS][6];
static struct task tasks[TASKS];
static int task_count, sink, tells_callers;
static long long written;
static volatile sig_atomic_t asked_to_end;

/* Records, collected here and written when there is no more room. */

static unsigned char collected[8 * RECORD];
static size_t filled, begun;

static void flush_records(void)
{
    for (size_t at = 0; written <= TRACE_BYTES && at < filled;) {
        ssize_t done = write(sink, collected + at, filled - at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            written = TRACE_BYTES + 1LL;
        else
            at += (size_t)done;
    }
    filled = 0;
}

static int fits(size_t size) { return filled - begun + size <= RECORD; }

static void put(const void *data, size_t size)
{
    if (!fits(size))
        return;
    memcpy(collected + filled, data, size);
    filled += size;
}

static void put32(uint32_t value) { put(&value, sizeof value); }
static void put64(uint64_t value) { put(&value, sizeof value); }

static void begin_record(uint32_t kind, const struct task *task)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    if (filled + RECORD > sizeof collected)
        flush_records();
    begun = filled;
    put32(0);
    put32(kind);
    put32((uint32_t)task->tid);
    put32((uint32_t)task->process);
    put64((uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec);
}

static void end_record(void)
{
    uint32_t size = (uint32_t)(filled - begun) - HEAD;
    memcpy(collected + begun, &size, sizeof size);
    written += (long long)(filled - begun);
}

/* Memory of a task. */

/* Read what is there, page by page; returns how many bytes that was. */
static size_t peek(pid_t tid, uint64_t address, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        size_t part = PAGE - ((address + done) & (PAGE - 1));
        if (part > size - done)
            part = size - done;
        struct iovec local = { (char *)to + done, part };
        struct iovec remote = { (void *)(uintptr_t)(address + done), part };
        ssize_t got = process_vm_readv(tid, &local, 1, &remote, 1, 0);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static void put_segment(uint64_t address, const void *data, size_t size)
{
    if (!size || !fits(size + 12))
        return;
    put64(address);
    put32((uint32_t)size);
    put(data, size);
}

static size_t put_bytes(pid_t tid, uint64_t address, uint64_t size, void *to, size_t room)
{
    size_t got = address ? peek(tid, address, to, size < room ? size : room) : 0;
    put_segment(address, to, got);
    return got;
}

static void put_string(pid_t tid, uint64_t address, size_t limit)
{
    static char text[2 * PAGE];
    size_t size = 0;
    if (limit > sizeof text - PAGE)
        limit = sizeof text - PAGE;
    while (address && size < limit) {
        size_t part = PAGE - ((address + size) & (PAGE - 1));
        size_t got = peek(tid, address + size, text + size, part);
        char *end = memchr(text + size, 0, got);
        if (end) {
            put_segment(address, text, (size_t)(end - text) + 1);
            return;
        }
        size += got;
        if (got < part)
            break;
    }
    put_segment(address, text, size);
}

static void put_strings(pid_t tid, uint64_t address, size_t limit)
{
    uint64_t pointers[KEPT_ITEMS];
    size_t got = put_bytes(tid, address, sizeof pointers, pointers, sizeof pointers);
    for (size_t at = 0; at < got / 8 && pointers[at]; at++)
        put_string(tid, pointers[at], limit);
}

static void put_vectors(pid_t tid, uint64_t address, uint64_t count, size_t limit, int64_t left)
{
    struct { uint64_t base, size; } pieces[KEPT_ITEMS];
    unsigned char data[PAGE];
    if ((uint32_t)count > KEPT_ITEMS)
        count = KEPT_ITEMS;
    size_t got = put_bytes(tid, address, (uint32_t)count * sizeof *pieces, pieces, sizeof pieces);
    for (size_t at = 0; at < got / sizeof *pieces && left > 0; at++) {
        uint64_t size = pieces[at].size < (uint64_t)left ? pieces[at].size : (uint64_t)left;
        left -= (int64_t)size;
        put_bytes(tid, pieces[at].base, size < limit ? size : limit, data, sizeof data);
    }
}

static void put_message(pid_t tid, uint64_t address, size_t limit, int64_t left)
{
    struct {
        uint64_t name;
        uint32_t name_size, padding;
        uint64_t pieces, count, control, control_size, flags;
    } head;
    unsigned char data[PAGE];
    if (put_bytes(tid, address, sizeof head, &head, sizeof head) < sizeof head)
        return;
    put_bytes(tid, head.name, head.name_size < 128 ? head.name_size : 128, data, sizeof data);
    put_bytes(tid, head.control, head.control_size, data, sizeof data);
    put_vectors(tid, head.pieces, head.count, limit, left);
}

/* How many bytes a row is about. */
static uint64_t extent(const struct task *task, const struct row *row, int64_t result)
{
    uint64_t count = 0;
    if (row->count == ONCE)
        return row->limit;
    if (row->count == BY_RESULT)
        count = result > 0 ? (uint64_t)result : 0;
    else if (row->count < BY_RESULT)
        count = task->args[row->count];
    else {
        uint32_t length = 0;
        peek(task->tid, task->args[row->count - POINTED], &length, sizeof length);
        count = length;
    }
    if (count > UINT32_MAX)
        return row->limit;
    count = (count * row->unit + (1ULL << row->shift) - 1) >> row->shift;
    return count < row->limit ? count : row->limit;
}

static void look(const struct task *task, int when, int64_t result)
{
    unsigned char data[PAGE];
    int64_t left = when == BEFORE ? INT64_MAX : result;
    for (int index = 0; task->number < CALLS && index < 6; index++) {
        const struct row *row = &rows[task->number][index];
        uint64_t address = task->args[index];
        int wanted = row->when & when && (when == BEFORE || result >= 0 || row->when & ALWAYS);
        if (!wanted || !address)
            continue;
        if (row->kind == BYTES)
            put_bytes(task->tid, address, extent(task, row, result), data, sizeof data);
        else if (row->kind == STRING)
            put_string(task->tid, address, row->limit);
        else if (row->kind == STRINGS)
            put_strings(task->tid, address, row->limit);
        else if (row->kind == VECTORS)
            put_vectors(task->tid, address, task->args[row->count], row->limit, left);
        else if (row->kind == MESSAGE)
            put_message(task->tid, address, row->limit, left);
    }
}

/* Tasks. */

static pid_t process_of(pid_t tid)
{
    if (syscall(SYS_tgkill, tid, tid, 0) == 0)
        return tid;
    for (int at = 0; at < task_count; at++)
        if (syscall(SYS_tgkill, tasks[at].process, tid, 0) == 0)
            return tasks[at].process;
    return tid;
}

static struct task *task_of(pid_t tid)
{
    static struct task nobody;
    for (int at = task_count - 1; at >= 0; at--)
        if (tasks[at].tid == tid)
            return &tasks[at];
    struct task *task = task_count < TASKS ? &tasks[task_count++] : &nobody;
    *task = (struct task){ .tid = tid, .process = process_of(tid) };
    return task;
}

static void forget(const struct task *task)
{
    if (task >= tasks && task < tasks + task_count)
        tasks[task - tasks] = tasks[--task_count];
}

static long trace(long request, pid_t tid, uintptr_t address, void *data)
{
    return syscall(SYS_ptrace, request, tid, address, data);
}

/* Stops. */

static void take_call(struct task *task)
{
    struct __ptrace_syscall_info info;
    unsigned char stack[STACK_BYTES];
    memset(&info, 0, sizeof info);
    if (trace(PTRACE_GET_SYSCALL_INFO, task->tid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        task->inside = 1;
        task->number = info.entry.nr;
        memcpy(task->args, info.entry.args, sizeof task->args);
        begin_record(ENTER, task);
        put64(task->number);
        put(task->args, sizeof task->args);
        put64(info.instruction_pointer);
        size_t size = 0;
        if (tells_callers)
            size = peek(task->tid, info.stack_pointer & ~7ULL, stack, sizeof stack);
        put32((uint32_t)size);
        put(stack, size);
        look(task, BEFORE, 0);
        end_record();
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->inside) {
        task->inside = 0;
        begin_record(LEAVE, task);
        put64((uint64_t)info.exit.rval);
        look(task, AFTER, info.exit.rval);
        end_record();
    }
}

static void take_number(uint32_t kind, const struct task *task, uint32_t number)
{
    begin_record(kind, task);
    put32(number);
    end_record();
}

static void take_event(struct task *task, int event)
{
    unsigned long message = 0;
    trace(PTRACE_GETEVENTMSG, task->tid, 0, &message);
    if (event == PTRACE_EVENT_EXEC) {
        for (int at = task_count - 1; at >= 0; at--)
            if (tasks[at].tid == (pid_t)message && tasks[at].tid != task->tid)
                forget(&tasks[at]);
        task = task_of(task->tid);
        task->process = task->tid;
        task->inside = 0;
        take_number(EXEC, task, (uint32_t)message);
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
               event == PTRACE_EVENT_CLONE)
        take_number(CHILD, task, (uint32_t)message);
}

static void take_signal(const struct task *task)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (trace(PTRACE_GETSIGINFO, task->tid, 0, &info))
        return;
    begin_record(SIGNAL, task);
    put(&info, sizeof info);
    end_record();
}

static int stops_group(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void take(pid_t tid, int status)
{
    struct task *task = task_of(tid);
    if (!WIFSTOPPED(status)) {
        take_number(EXIT, task, (uint32_t)status);
        forget(task);
        return;
    }
    int signal = WSTOPSIG(status), event = status >> 16;
    long request = PTRACE_SYSCALL;
    uintptr_t delivered = 0;
    if (signal == (SIGTRAP | 0x80))
        take_call(task);
    else if (event == PTRACE_EVENT_STOP)
        request = stops_group(signal) ? PTRACE_LISTEN : PTRACE_SYSCALL;
    else if (event)
        take_event(task, event);
    else {
        take_signal(task);
        delivered = (uintptr_t)signal;
    }
    trace(request, tid, 0, (void *)delivered);
}

static void end_tracing(int signal) { asked_to_end = signal; }

/* Be the tracer of a process that is about to become a program. Tells through `channel` an
 * errno first, and in the end how many bytes there are. */
__attribute__((noreturn))
static void be_tracer(pid_t leader, int file, int channel)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                         PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    struct sigaction action = { .sa_handler = end_tracing };
    sigaction(SIGTERM, &action, NULL);
    sink = fcntl(file, F_DUPFD_CLOEXEC, 1000);
    channel = fcntl(channel, F_DUPFD_CLOEXEC, 1000);
    syscall(SYS_close_range, 3, 999, 0);
    int table = open("/kevlar/calls", O_RDONLY | O_CLOEXEC), status;
    int trouble = table < 0 || read(table, rows, sizeof rows) != sizeof rows ? ENOENT : 0;
    close(table);
    if (!trouble && trace(PTRACE_SEIZE, leader, 0, (void *)options))
        trouble = errno;
    if (write(channel, &trouble, sizeof trouble) != sizeof trouble || trouble)
        _exit(1);
    for (;;) {
        pid_t tid = waitpid(-1, &status, asked_to_end ? __WALL | WNOHANG : __WALL);
        if (tid > 0)
            take(tid, status);
        else if (tid == 0 || errno != EINTR)
            break;
    }
    flush_records();
    if (write(channel, &written, sizeof written) != sizeof written)
        _exit(1);
    _exit(0);
}

/* The tracer, as the first process sees it. */

struct tracer {
    int wanted;
    int callers;   /* whether it reads the callers' stacks, which is half of its work */
    int file;      /* what the trace is kept in */
    int channel;   /* reading end: what the tracer has to say */
    pid_t pid;
};

/* Returns an errno; then the program runs without. */
static int start_tracer(struct tracer *tracer, pid_t leader)
{
    int channel[2], trouble = EIO;
    tracer->wanted = 0;
    tells_callers = tracer->callers;
    tracer->file = memfd_create("trace", MFD_CLOEXEC);
    if (tracer->file < 0 || pipe2(channel, O_CLOEXEC))
        return errno;
    tracer->pid = fork();
    if (tracer->pid == 0)
        be_tracer(leader, tracer->file, channel[1]);
    close(channel[1]);
    tracer->channel = channel[0];
    if (read(tracer->channel, &trouble, sizeof trouble) != sizeof trouble)
        trouble = EIO;
    tracer->wanted = !trouble;
    return trouble;
}

/* End the tracer; returns how many bytes its trace has, -1 if it is not whole. */
static long long end_tracer(struct tracer *tracer)
{
    long long bytes = -1;
    struct pollfd file = { .fd = tracer->channel, .events = POLLIN };
    do
        kill(tracer->pid, SIGTERM);
    while (poll(&file, 1, 10) == 0);
    if (read(tracer->channel, &bytes, sizeof bytes) != sizeof bytes || bytes > TRACE_BYTES)
        bytes = -1;
    close(tracer->channel);
    return bytes;
}

/* Hand the trace on, through the port of the machine if it has one, else on the console. */
static void send_trace(struct tracer *tracer, long number)
{
    static char data[64 * PAYLOAD];
    long long bytes = end_tracer(tracer);
    int port = open("/dev/vport0p1", O_WRONLY | O_CLOEXEC);
    lseek(tracer->file, 0, SEEK_SET);
    for (ssize_t got; bytes >= 0 && (got = read(tracer->file, data, sizeof data)) > 0;)
        if (port >= 0)
            write_all(port, data, (size_t)got);
        else
            for (ssize_t at = 0; at < got; at += PAYLOAD) {
                ssize_t part = got - at < PAYLOAD ? got - at : PAYLOAD;
                record("trace", number, data + at, (size_t)part);
            }
    if (port >= 0)
        close(port);
    close(tracer->file);
    if (bytes < 0)
        say("untraced", number, "the trace is too long");
    else
        say("traced", number, "%lld", bytes);
}
#endif
