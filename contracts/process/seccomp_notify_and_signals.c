/* Contract: a signal ends the wait for a listener: the call is made again or ends with EINTR, and
 * its notification is no longer valid. With WAIT_KILLABLE_RECV one that was received waits on.
 * When the last task under the filter is gone, the listener hangs up.
 * seccomp_unotify(2); kernel/seccomp.c:seccomp_do_user_notification(). */
#include "../seccomp_notify.h"

static volatile int handled;

static void on_signal(int number)
{
    (void)number;
    handled++;
}

static void body(int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    step_result("getsid", syscall(SYS_getsid, 0));
    step("handled", "%d", handled);
}

static void interrupted(void) { body(0); }
static void restarted(void) { body(SA_RESTART); }

int main(void)
{
    int listener;
    pid_t child = child_under(SYS_getsid, 0, &listener, interrupted);
    struct seccomp_notif first = receive(listener);
    expect(kill(child, SIGUSR1) == 0, "kill");
    end_of(child);
    expect_errno(answer(listener, first.id, 1, 0, 0), ENOENT, "an answer too late");
    expect_errno(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &first.id), ENOENT, "its id");
    struct pollfd poller = {listener, POLLIN | POLLOUT, 0};
    step("poll", "%d", poll(&poller, 1, 1000));
    step("hung up", "%x", poller.revents);
    close(listener);

    child = child_under(SYS_getsid, 0, &listener, restarted);
    first = receive(listener);
    expect(kill(child, SIGUSR1) == 0, "kill");
    struct seccomp_notif second = receive(listener);
    step("a new notification", "%d", second.id != first.id);
    expect(answer(listener, second.id, 42, 0, 0) == 0, "answer");
    end_of(child);
    close(listener);

    child = child_under(SYS_getsid, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &listener, interrupted);
    first = receive(listener);
    expect(kill(child, SIGUSR1) == 0, "kill");
    step_result("valid still", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &first.id));
    expect(answer(listener, first.id, 43, 0, 0) == 0, "answer");
    end_of(child);
    close(listener);

    child = child_under(SYS_getsid, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &listener, interrupted);
    first = receive(listener);
    expect(kill(child, SIGKILL) == 0, "kill");
    end_of(child);
    expect_errno(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &first.id), ENOENT, "its id");
    contract_pass();
}
