/* What the workloads of work.c and concurrent.c have in common. */
#pragma once
#include <stdint.h>

/* Each does its work `count` times among `tasks` tasks (or timers) and returns a checksum. All
 * tasks start, and end, for a count of 0 as well, so that what only they cost can be taken off. */
uint64_t work_futex(long count, long tasks);
uint64_t work_thread(long count, long tasks);
uint64_t work_ring(long count, long tasks);
uint64_t work_relay(long count, long tasks);
uint64_t work_crowd(long count, long tasks);
uint64_t work_timers(long count, long tasks);
uint64_t work_timerfds(long count, long tasks);

/* Raises the limit of open files as far as it goes. */
void allow_files(void);
