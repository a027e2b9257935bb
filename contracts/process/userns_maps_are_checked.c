/* Contract: a map is written once and whole: what uid_map and gid_map refuse, and how they tell
 * what they hold to whom.
 * Requires: root, userns
 * user_namespaces(7); kernel/user_namespace.c:map_write(). */
#include "../userns.h"

static int ready[2], done[2];

/* A child in a user namespace of its own that waits until it is told to end. */
static pid_t waiting_child(void)
{
    char byte;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        expect(unshare(CLONE_NEWUSER) == 0, "unshare");
        expect(write(ready[1], "x", 1) == 1, "write");
        expect(read(done[0], &byte, 1) == 1, "read");
        _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1, "ready");
    return child;
}

static void end(pid_t child)
{
    expect(write(done[1], "x", 1) == 1, "write");
    expect(waitpid(child, NULL, 0) == child, "waitpid");
}

static void try(const char *what, pid_t child, const char *name, const char *text)
{
    step_result(what, write_proc(child, name, text));
}

static const char *extents(int count, char *text)
{
    char *at = text;
    for (int i = 0; i < count; i++)
        at += sprintf(at, "%d %d 1\n", i, 1000 + 2 * i);
    return text;
}

int main(void)
{
    static char text[8192];
    expect(pipe(ready) == 0 && pipe(done) == 0, "pipes");
    pid_t child = waiting_child();
    try("empty", child, "uid_map", "");
    try("a newline", child, "uid_map", "\n");
    try("two numbers", child, "uid_map", "0 0\n");
    try("four numbers", child, "uid_map", "0 0 1 1\n");
    try("a word", child, "uid_map", "0 root 1\n");
    try("a sign", child, "uid_map", "0 -1 1\n");
    try("no count", child, "uid_map", "0 0 0\n");
    try("the id that is none, inside", child, "uid_map", "4294967295 0 1\n");
    try("the id that is none, outside", child, "uid_map", "0 4294967295 1\n");
    try("running over, inside", child, "uid_map", "4294967294 0 2\n");
    try("running over, outside", child, "uid_map", "0 4294967294 3\n");
    try("overlapping inside", child, "uid_map", "0 0 10\n5 100 10\n");
    try("overlapping outside", child, "uid_map", "0 0 10\n100 5 10\n");
    try("341 extents", child, "uid_map", extents(341, text));
    int fd = open("/proc/self/uid_map", O_WRONLY);
    step_result("over one's own", write(fd, "0 0 1", 5));
    close(fd);
    try("hexadecimal", child, "uid_map", "0 0x3e8 1");
    try("blanks, a leading zero and no newline", child, "uid_map", "  0\t1000   012\n20 2000 5");
    step_proc("uid_map", child, "uid_map");
    try("again", child, "uid_map", "0 0 1");
    try("setgroups, a word too long", child, "setgroups", "deny it");
    try("setgroups, unknown", child, "setgroups", "maybe");
    try("setgroups, allowed already", child, "setgroups", "allow");
    try("setgroups", child, "setgroups", "deny\n");
    step_proc("setgroups", child, "setgroups");
    try("setgroups, back", child, "setgroups", "allow");
    try("gid_map of all ids", child, "gid_map", "0 0 4294967295\n");
    step_proc("gid_map", child, "gid_map");
    try("setgroups, denied already", child, "setgroups", "deny");
    try("projid_map", child, "projid_map", "0 5 1\n");
    step_proc("projid_map", child, "projid_map");
    end(child);

    child = waiting_child();
    try("340 extents", child, "uid_map", extents(340, text));
    try("gid_map", child, "gid_map", "0 0 1");
    try("setgroups after gid_map", child, "setgroups", "deny");
    snprintf(text, sizeof text, "/proc/%d/uid_map", child);
    fd = open(text, O_RDWR);
    char shown[64] = "";
    step_result("the first line", pread(fd, shown, 33, 0));
    step("it", "%s", shown);
    step_result("a write elsewhere", pwrite(fd, "0 0 1", 5, 5));
    close(fd);
    end(child);
    contract_pass();
}
