/* The topology in /sys has dies on x86 only. */
#include <stdio.h>
#include <unistd.h>

#ifdef __x86_64__
enum { HAS_DIES = 1 };
#else
enum { HAS_DIES = 0 };
#endif

int main(void)
{
    int there = access("/sys/devices/system/cpu/cpu0/topology/die_id", F_OK) == 0;

    dprintf(1, "die_id: %s\n", there == HAS_DIES ? "as on this architecture" : "as on another");
    return 0;
}
