/* Contract: what is mounted in a shared mount appears in its peers and slaves, what is mounted in
 * a slave stays there; unmounting propagates alike; mountinfo names the groups.
 * Requires: CAP_SYS_ADMIN, root, Linux 6.12
 * Source: mount_namespaces(7), fs/pnode.c. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>

static void change(const char *what, const char *path, unsigned long flags)
{
    step_result(what, mount(NULL, path, NULL, flags, NULL));
}

int main(void)
{
    private_mounts();
    for (const char *name = "abcdefg"; *name; name++)
        expect(mkdir((char[]){*name, 0}, 0755) == 0, "mkdir");
    expect(mount("base", "a", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(mkdir("a/x", 0755) == 0 && mkdir("a/y", 0755) == 0 && mkdir("a/x/z", 0755) == 0, "mkdir");
    change("shared", "a", MS_SHARED);
    change("shared again", "a", MS_SHARED);
    expect(mount("a", "b", NULL, MS_BIND, NULL) == 0, "bind");
    expect(mount("a", "c", NULL, MS_BIND, NULL) == 0, "bind");
    change("slave", "c", MS_SLAVE);
    expect(mount("a/x", "d", NULL, MS_BIND, NULL) == 0, "bind of a part");
    expect(mount("c", "e", NULL, MS_BIND, NULL) == 0, "bind of a slave");
    expect(mount("c", "f", NULL, MS_BIND, NULL) == 0, "bind of a slave");
    change("shared slave", "f", MS_SHARED);
    expect(mount("f", "g", NULL, MS_BIND, NULL) == 0, "bind of a shared slave");
    step_mounts("two peers, a part, slaves and a group of slaves");
    expect(mount("on-y", "b/y", "tmpfs", 0, "mode=755") == 0, "mount");
    step_mounts("a mount outside the part");
    expect(mount("on-z", "a/x/z", "tmpfs", 0, "mode=755") == 0, "mount");
    step_mounts("a mount inside the part");
    step_result("umount in a peer", umount("b/x/z"));
    expect(mount("in-slave", "c/x", "tmpfs", 0, "mode=755") == 0, "mount in a slave");
    expect(mount("in-group", "g/x", "tmpfs", 0, "mode=755") == 0, "mount in the group of slaves");
    step_mounts("mounts in slaves");
    step_result("umount of what the master gave", umount("c/y"));
    step_result("umount in the master", umount("a/y"));
    step_mounts("unmounted");
    step_result("umount", umount("g/x"));
    change("slave of a group leaves it", "g", MS_SLAVE);
    change("the last of the group", "f", MS_SLAVE);
    step_mounts("slaves of slaves");
    change("private", "b", MS_PRIVATE);
    change("the group is left by the part", "d", MS_PRIVATE);
    step_mounts("private");
    change("slave without peers", "a", MS_SLAVE);
    step_mounts("no master is left");
    contract_pass();
}
