/* Contract: the loopback interface as programs ask for it: by ioctl (SIOCGIFCONF,
 * SIOCGIFADDR and the like), by name and index, and by netlink through getifaddrs().
 * Source: netdevice(7), rtnetlink(7), getifaddrs(3). */
#include "../contract.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct ifreq request;

static long ask(int fd, unsigned long what, const char *name)
{
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, name);
    return ioctl(fd, what, &request);
}

static const char *address(void)
{
    return inet_ntoa(((struct sockaddr_in *)&request.ifr_addr)->sin_addr);
}

int main(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), local = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct ifreq entries[32];
    struct ifconf list = {.ifc_len = sizeof entries, .ifc_req = entries};
    expect(ioctl(fd, SIOCGIFCONF, &list) == 0, "SIOCGIFCONF");
    step("whole entries", "%d", list.ifc_len > 0 && list.ifc_len % (int)sizeof *entries == 0);
    for (int i = 0; i < list.ifc_len / (int)sizeof *entries; i++)
        if (strcmp(entries[i].ifr_name, "lo") == 0) {
            request = entries[i];
            step("lo", "%s", address());
        }
    list.ifc_len = 10;
    expect(ioctl(fd, SIOCGIFCONF, &list) == 0, "SIOCGIFCONF");
    step("too little room", "%d", list.ifc_len);
    step_result("SIOCGIFADDR", ask(fd, SIOCGIFADDR, "lo"));
    step("address", "%s", address());
    step_result("SIOCGIFNETMASK", ask(fd, SIOCGIFNETMASK, "lo"));
    step("mask", "%s", address());
    step_result("SIOCGIFFLAGS", ask(fd, SIOCGIFFLAGS, "lo"));
    step("flags", "%#x", request.ifr_flags & 0xffff);
    step_result("SIOCGIFMTU", ask(fd, SIOCGIFMTU, "lo"));
    step("mtu", "%d", request.ifr_mtu);
    step_result("SIOCGIFINDEX", ask(fd, SIOCGIFINDEX, "lo"));
    step("index", "%d", request.ifr_ifindex);
    step_result("SIOCGIFHWADDR", ask(fd, SIOCGIFHWADDR, "lo"));
    step("hardware", "%d", request.ifr_hwaddr.sa_family);
    expect_errno(ask(fd, SIOCGIFFLAGS, "none0"), ENODEV, "no such interface");
    expect_errno(ask(fd, SIOCGIFADDR, "none0"), ENODEV, "no such interface");
    step_result("a unix socket knows the mtu", ask(local, SIOCGIFMTU, "lo"));
    expect_errno(ask(local, SIOCGIFADDR, "lo"), ENOTTY, "but no addresses");
    expect_errno(ask(0, SIOCGIFMTU, "lo"), ENOTTY, "a file knows nothing");
    char name[IF_NAMESIZE] = "";
    step("if_nametoindex", "%u", if_nametoindex("lo"));
    step("if_indextoname", "%s", if_indextoname(1, name) ? name : "?");
    step("if_nametoindex of none", "%u", if_nametoindex("none0"));

    struct ifaddrs *all, *one;
    expect(getifaddrs(&all) == 0, "getifaddrs");
    for (one = all; one; one = one->ifa_next) {
        char text[64] = "", mask[64] = "";
        if (strcmp(one->ifa_name, "lo") != 0 || one->ifa_addr == NULL)
            continue;
        int family = one->ifa_addr->sa_family;
        if (family == AF_INET) {
            inet_ntop(family, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, text, 64);
            inet_ntop(family, &((struct sockaddr_in *)one->ifa_netmask)->sin_addr, mask, 64);
        } else if (family == AF_INET6) {
            inet_ntop(family, &((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr, text, 64);
            inet_ntop(family, &((struct sockaddr_in6 *)one->ifa_netmask)->sin6_addr, mask, 64);
        }
        step("getifaddrs", "lo, family %d, flags %#x, %s/%s", family, one->ifa_flags, text, mask);
    }
    contract_pass();
}
