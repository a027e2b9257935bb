/* Contract: a new network namespace, made by unshare or clone, has no interface but lo, which is
 * down and without an address: nothing can be reached. Once it is up there is 127.0.0.1. Ports and
 * abstract names are the namespace's own; a socket stays in the one it was made in.
 * Requires: CAP_SYS_ADMIN, CAP_NET_ADMIN
 * Source: network_namespaces(7), netdevice(7). */
#include "../contract.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PORT 4711

static struct sockaddr_in at(const char *address)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    inet_pton(AF_INET, address, &name.sin_addr);
    return name;
}

static struct sockaddr_in6 at6(const char *address)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
    inet_pton(AF_INET6, address, &name.sin6_addr);
    return name;
}

static int listener(const char *what, const char *address)
{
    struct sockaddr_in name = at(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    step_result(what, bind(fd, (void *)&name, sizeof name));
    listen(fd, 4);
    return fd;
}

static void reach(const char *what, const char *address)
{
    struct sockaddr_in name = at(address);
    char text[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    snprintf(text, sizeof text, "%s, connect", what);
    step_result(text, connect(fd, (void *)&name, sizeof name));
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(text, sizeof text, "%s, sendto", what);
    step_result(text, sendto(fd, "x", 1, 0, (void *)&name, sizeof name));
    close(fd);
}

static void reach6(const char *what)
{
    struct sockaddr_in6 name = at6("::1");
    char text[64];
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    snprintf(text, sizeof text, "%s, bind ::1", what);
    step_result(text, bind(fd, (void *)&name, sizeof name));
    close(fd);
    snprintf(text, sizeof text, "%s, connect ::1", what);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    step_result(text, connect(fd, (void *)&name, sizeof name));
    close(fd);
    fd = socket(AF_INET6, SOCK_DGRAM, 0);
    snprintf(text, sizeof text, "%s, sendto ::1", what);
    step_result(text, sendto(fd, "x", 1, 0, (void *)&name, sizeof name));
    close(fd);
}

static void show(const char *what)
{
    char text[64];
    struct ifreq list[8], request = {.ifr_name = "lo"};
    struct ifconf all = {.ifc_len = sizeof list, .ifc_req = list};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    expect(ioctl(fd, SIOCGIFCONF, &all) == 0, "SIOCGIFCONF");
    step(what, "%zu addresses", all.ifc_len / sizeof *list);
    expect(ioctl(fd, SIOCGIFFLAGS, &request) == 0, "SIOCGIFFLAGS");
    step(what, "flags %#x", (unsigned short)request.ifr_flags);
    snprintf(text, sizeof text, "%s, address", what);
    step_result(text, ioctl(fd, SIOCGIFADDR, &request));
    snprintf(text, sizeof text, "%s, netmask", what);
    step_result(text, ioctl(fd, SIOCGIFNETMASK, &request));
    strcpy(request.ifr_name, "eth0");
    snprintf(text, sizeof text, "%s, eth0", what);
    step_result(text, ioctl(fd, SIOCGIFFLAGS, &request));
    close(fd);
    FILE *file = fopen("/proc/net/if_inet6", "r");
    step(what, "%s", fgets(text, sizeof text, file) ? "an IPv6 address" : "no IPv6 address");
    fclose(file);
}

static void bring_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    request.ifr_flags = IFF_UP;
    step_result("up", ioctl(fd, SIOCSIFFLAGS, &request));
    close(fd);
}

static int abstract(const char *what)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0kevlar-net"};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    step_result(what, bind(fd, (void *)&name, 14));
    return fd;
}

int main(void)
{
    char before[64], after[64];
    expect(unshare(CLONE_NEWNET) == 0, "a namespace to begin with");
    before[readlink("/proc/self/ns/net", before, sizeof before - 1)] = 0;
    int outside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    show("down");
    close(listener("down, bind any", "0.0.0.0"));
    close(listener("down, bind loopback", "127.0.0.1"));
    close(listener("down, bind elsewhere", "10.1.2.3"));
    reach("down, loopback", "127.0.0.1");
    reach("down, elsewhere", "10.1.2.3");
    reach6("down");
    bring_up();
    show("up");
    reach6("up");
    close(listener("up, bind elsewhere", "10.1.2.3"));
    listener("up, bind loopback", "127.0.0.2");
    reach("up, loopback", "127.0.0.2");
    reach("up, elsewhere", "10.1.2.3");
    abstract("abstract name");
    step_result("unshare", unshare(CLONE_NEWNET));
    after[readlink("/proc/self/ns/net", after, sizeof after - 1)] = 0;
    step("namespace", "%s", strcmp(before, after) ? "another" : "the same");
    show("inner");
    bring_up();
    reach("inner, nobody there", "127.0.0.2");
    listener("inner, bind", "127.0.0.2");
    abstract("inner abstract name");
    struct sockaddr_in there = at("127.0.0.2");
    step_result("setns", setns(outside, CLONE_NEWNET));
    reach("outside, loopback", "127.0.0.2");
    int other = socket(AF_INET, SOCK_STREAM, 0);
    pid_t child = fork();
    if (child == 0) {
        expect(unshare(CLONE_NEWNET) == 0, "unshare");
        step_result("a socket taken along", connect(other, (void *)&there, sizeof there));
        _exit(0);
    }
    wait_for_success(child);
    child = (pid_t)syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        show("cloned");
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
