/* Contract: an access list decides for whom it names, within its mask, which is what the group bits
 * show and chmod sets; a default list takes the umask's place for what is made in its directory.
 * Requires: root, tmpfs, Linux 6.6
 * acl(5); fs/posix_acl.c. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

struct entry {
    unsigned short tag, perm;
    unsigned id;
};
struct list {
    unsigned version;
    struct entry entries[8];
};
enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };
enum { R = 4, W = 2, X = 1, NOBODY = -1, MINIMAL = 3, NAMED = 6 };

static const struct list named = {2, {{USER_OBJ, R | W, NOBODY}, {USER, R | W, 1001},
    {GROUP_OBJ, R, NOBODY}, {GROUP, R | W | X, 2002}, {MASK, R | W, NOBODY}, {OTHER, 0, NOBODY}}};

static int set(const char *what, const char *path, const char *name, struct list list, int count)
{
    int result = setxattr(path, name, &list, 4 + sizeof(struct entry) * (unsigned)count, 0);
    return step_result(what, result), result;
}

static void show(const char *path, const char *name)
{
    struct list list;
    struct stat about;
    char text[256] = "", *at = text;
    long size = getxattr(path, name, &list, sizeof list);
    expect(!lstat(path, &about), "lstat");
    for (int i = 0; i < (size - 4) / 8; i++) {
        struct entry one = list.entries[i];
        at += sprintf(at, " %d:%d:%d", one.tag, (int)one.id, one.perm);
    }
    step(path, "mode %o,%s%s", about.st_mode, size < 0 ? " none" : "", text);
}

/* What somebody may do with a file. */
static void can(const char *who, unsigned uid, unsigned gid, const char *path)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        expect(!syscall(SYS_setgroups, 0, NULL) && !setgid(gid) && !setuid(uid), "setuid");
        step(who, "%s%s%s", access(path, R_OK) ? "-" : "r", access(path, W_OK) ? "-" : "w",
             access(path, X_OK) ? "-" : "x");
        fflush(stdout);
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
}

static void refusals(void)
{
    struct list bad = named;
    set("version", "f", ACCESS, (struct list){.version = 1}, 3);
    step_result("too short", setxattr("f", ACCESS, &named, 3, 0));
    step_result("odd", setxattr("f", ACCESS, &named, 15, 0));
    bad.entries[4].tag = OTHER;
    set("without a mask", "f", ACCESS, bad, 5);
    set("without others", "f", ACCESS, named, 5);
    bad = named;
    bad.entries[0].perm = 8;
    set("unknown permission", "f", ACCESS, bad, NAMED);
    bad.entries[0] = (struct entry){64, R, NOBODY};
    set("unknown tag", "f", ACCESS, bad, NAMED);
    set("default of a file", "f", DEFAULT, named, NAMED);
    step_result("none", getxattr("f", ACCESS, &bad, sizeof bad));
    step_result("remove none", removexattr("f", ACCESS));
    expect(!symlink("f", "link"), "symlink");
    step_result("of a link", lsetxattr("link", ACCESS, &named, 4 + 8 * NAMED, 0));
    expect(!seteuid(1001), "seteuid");
    set("not the owner", "f", ACCESS, named, NAMED);
    expect(!seteuid(0), "seteuid");
}

static void access_list(void)
{
    struct list minimal = {2, {{USER_OBJ, R, NOBODY}, {GROUP_OBJ, W, NOBODY}, {OTHER, X, NOBODY}}};
    char names[64];
    expect(!chown("f", 1000, 2000), "chown");
    set("named", "f", ACCESS, named, NAMED);
    show("f", ACCESS);
    step_result("names", listxattr("f", names, sizeof names));
    step("name", "%s", names);
    step_result("no room", getxattr("f", ACCESS, names, 8));
    can("owner", 1000, 1, "f");
    can("named user", 1001, 2000, "f");
    can("owning group", 1, 2000, "f");
    can("named group", 1, 2002, "f");
    can("another", 1, 1, "f");
    can("root", 0, 0, "f");
    expect(!chmod("f", 0745), "chmod");
    show("f", ACCESS);
    can("named user", 1001, 1, "f");
    can("another", 1, 1, "f");
    expect(!chmod("f", 0604), "chmod");
    can("named user, nothing for the group", 1001, 1, "f");
    expect(!chmod("f", 0670), "chmod");
    expect(!removexattr("f", ACCESS), "removexattr");
    show("f", ACCESS);
    set("minimal", "f", ACCESS, minimal, MINIMAL);
    show("f", ACCESS);
    set("named", "f", ACCESS, named, NAMED);
    set("empty", "f", ACCESS, named, 0);
    show("f", ACCESS);
}

static void default_list(void)
{
    struct list minimal = {2, {{USER_OBJ, 7, NOBODY}, {GROUP_OBJ, 7, NOBODY}, {OTHER, R, NOBODY}}};
    expect(!mkdir("d", 0700), "mkdir");
    umask(077);
    set("default", "d", DEFAULT, named, NAMED);
    show("d", DEFAULT);
    show("d", ACCESS);
    expect(close(open("d/file", O_CREAT | O_WRONLY, 0666)) == 0, "open");
    show("d/file", ACCESS);
    expect(close(open("d/bare", O_CREAT | O_WRONLY, 0)) == 0, "open");
    show("d/bare", ACCESS);
    expect(!mkdir("d/sub", 0777) && !mkfifo("d/fifo", 0640) && !symlink("x", "d/l"), "make");
    show("d/sub", ACCESS);
    show("d/sub", DEFAULT);
    show("d/fifo", ACCESS);
    int file = open("d", O_TMPFILE | O_RDWR, 0666);
    step("without a name", "%ld", (long)fgetxattr(file, ACCESS, NULL, 0));
    set("minimal default", "d", DEFAULT, minimal, MINIMAL);
    expect(close(open("d/other", O_CREAT | O_WRONLY, 0666)) == 0, "open");
    show("d/other", ACCESS);
    expect(!removexattr("d", DEFAULT), "removexattr");
    expect(close(open("d/masked", O_CREAT | O_WRONLY, 0666)) == 0, "open");
    show("d/masked", ACCESS);
}

int main(void)
{
    umask(022);
    expect(!chmod(".", 0755), "chmod");
    expect(close(open("f", O_CREAT | O_WRONLY, 0644)) == 0, "open");
    refusals();
    access_list();
    default_list();
    contract_pass();
}
