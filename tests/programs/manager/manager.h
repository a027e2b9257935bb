/* A small service manager, for process 1 of a PID namespace: what its parts share. */
#ifndef MANAGER_H
#define MANAGER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOTIFY "/run/notify"
#define LISTEN_FD 3
#define MAX_UNITS 16

enum state { IDLE, RUNNING, STOPPING, DONE, FAILED };

/* One service: what its file says, and how it is. */
struct unit {
    char name[24], program[24], socket[48], path[48], after[24];
    int restarts, stop_ms, tasks;
    enum state state;
    pid_t pid;
    int pidfd, events, listener, starts, status, exited;
    int64_t deadline;
    char told[64];
};

extern struct unit units[MAX_UNITS];
extern int unit_count;

/* units.c: the files, and starting and stopping what they describe. */
void read_units(void);
struct unit *unit(const char *name);
void start(struct unit *unit);
void stop(struct unit *unit);
int write_file(const char *path, const char *text);
const char *read_file(const char *path);
const char *group_file(const struct unit *unit, const char *name);

/* events.c: one loop for everything that can happen. */
extern int orphans, hangups, terminations, ticks, exits;
extern pid_t hangup_sender;
void begin_events(void);
void watch_unit(struct unit *unit);
void watch_listener(struct unit *unit);
void set_ticks(int milliseconds);
void until(int (*done)(void));
int64_t now_ms(void);

/* services.c: what the services do. */
int run_service(const char *program);
int connect_to(const char *path);

/* Fail at once: everything after would be about something else. */
#define must(condition)                                                              \
    do {                                                                             \
        if (!(condition)) {                                                          \
            printf("Bail out! %s:%d: %s: %s\n", __FILE__, __LINE__, #condition,      \
                   strerror(errno));                                                 \
            exit(1);                                                                 \
        }                                                                            \
    } while (0)

#endif
