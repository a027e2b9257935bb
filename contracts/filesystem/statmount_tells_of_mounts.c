/* Contract: listmount(2) lists the ids of the mounts below one, statmount(2) tells of each what its
 * mask asks for: file system, attributes, parent, root, mount point, type and propagation.
 * Requires: CAP_SYS_ADMIN, root, Linux 6.12
 * Source: fs/namespace.c:SYSCALL_DEFINE4(statmount), SYSCALL_DEFINE4(listmount). */
#include "../contract.h"
#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>

typedef unsigned long long u64;

struct request {
    unsigned size, spare;
    u64 id, param;
};

struct told {
    unsigned size, options;
    u64 mask;
    unsigned dev_major, dev_minor;
    u64 magic;
    unsigned flags, type;
    u64 id, parent;
    unsigned old_id, old_parent;
    u64 attributes, propagation, group, master, from;
    unsigned root, point;
    u64 spare[50];
    char text[4096];
};

static struct told told;
static u64 ids[64];

static u64 id_of(const char *path)
{
    struct statx x;
    expect(syscall(SYS_statx, AT_FDCWD, path, 0, 0x4000, &x) == 0, "statx");
    return x.stx_mnt_id;
}

static long stat_of(u64 id, u64 mask, size_t size)
{
    struct request request = {24, 0, id, mask};
    memset(&told, 0, sizeof told);
    return syscall(457, &request, &told, size, 0);
}

static long list(u64 id, u64 after, size_t room, unsigned flags)
{
    struct request request = {24, 0, id, after};
    return syscall(458, &request, ids, room, flags);
}

int main(void)
{
    private_mounts();
    expect(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0, "mkdir");
    expect(mount("first", "a", "tmpfs", MS_NOSUID, "mode=755") == 0 && mkdir("a/x", 0755) == 0, "mount");
    expect(mount("second", "a/x", "tmpfs", 0, "mode=755") == 0 && mkdir("a/x/y", 0755) == 0, "mount");
    expect(mount(NULL, "a/x", NULL, MS_SHARED, NULL) == 0, "shared");
    expect(mount("a/x/y", "b", NULL, MS_BIND, NULL) == 0 && mount(NULL, "b", NULL, MS_SLAVE, NULL) == 0, "bind");
    u64 first = id_of("a"), second = id_of("a/x"), third = id_of("b");
    step_result("below the first", list(first, 0, 64, 0));
    step("is the second", "%d", ids[0] == second);
    step_result("below the second", list(second, 0, 64, 0));
    long count = list(~0ull, 0, 64, 0);
    step("all of the namespace", "%d", count > 3 && ids[count - 1] == third && ids[count - 2] == second);
    step_result("two of them", list(~0ull, 0, 2, 0));
    step_result("after the second", list(~0ull, second, 64, 0));
    step("is the third", "%d", ids[0] == third);
    step_result("backwards", list(~0ull, 0, 2, 1));
    step("ends", "%d", ids[0] == third && ids[1] == second);
    expect_errno(list(~0ull, 0, 2, 2), EINVAL, "an unknown flag");
    expect_errno(list(first + 1000000, 0, 2, 0), ENOENT, "no such mount");
    step_result("what is asked for: nothing", stat_of(first, 0, sizeof told));
    step("told", "mask %llx, %u bytes", told.mask, told.size);
    step_result("the file system", stat_of(first, 1, sizeof told));
    step("told", "mask %llx, %u bytes, magic %llx, flags %x", told.mask, told.size, told.magic, told.flags);
    step_result("the mount", stat_of(second, 2, sizeof told));
    step("told", "mask %llx, %u bytes, itself %d, parent %d, attributes %llx, propagation %llx, group %d",
         told.mask, told.size, told.id == second, told.parent == first, told.attributes,
         told.propagation, told.group != 0);
    u64 group = told.group;
    step_result("a slave", stat_of(third, 2 | 4, sizeof told));
    step("told", "mask %llx, attributes %llx, propagation %llx, group %d, master %d, from %d", told.mask,
         told.attributes, told.propagation, told.group != 0, told.master == group, told.from == group);
    step_result("texts", stat_of(third, 8 | 0x10 | 0x20, sizeof told));
    step("told", "mask %llx, root %s, point %s, type %s", told.mask, told.text + told.root,
         strrchr(told.text + told.point, '/'), told.text + told.type);
    step("in order", "%d", told.root < told.point && told.type < told.point + 4096);
    step_result("options", stat_of(first, 0x80, sizeof told));
    char *option = told.text + told.options, *more = strstr(option, ",inode64");
    step("told", "mask %llx, %.*s", told.mask, (int)(more ? more - option : 4096), option);
    expect_errno(stat_of(third, 8 | 0x10 | 0x20, 520), EOVERFLOW, "no room for the texts");
    step_result("less than the structure", stat_of(first, 1, 40));
    step("told", "mask %llx, magic %llx", told.mask, told.magic);
    expect_errno(stat_of(first + 1000000, 1, sizeof told), ENOENT, "no such mount");
    expect_errno(syscall(457, &(struct request){16, 0, first, 1}, &told, sizeof told, 0), EINVAL, "a request too small");
    expect_errno(syscall(457, &(struct request){24, 0, first, 1}, &told, sizeof told, 1), EINVAL, "an unknown flag");
    expect_errno(syscall(457, (void *)8, &told, sizeof told, 0), EFAULT, "a bad request");
    contract_pass();
}
