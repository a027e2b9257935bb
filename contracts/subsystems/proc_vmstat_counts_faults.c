/* Contract: /proc/vmstat is a name and a number a line; pgfault grows with pages that are touched,
 * and what vmstat(8) looks for is there. proc_vmstat(5). */
#include "contract.h"
#include <sys/mman.h>

static char text[65536];

static long value(const char *name)
{
    long used = 0, got;
    int fd = open("/proc/vmstat", O_RDONLY);
    expect(fd >= 0, "open");
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1)
        if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ' ')
            return atol(line + strlen(name));
    return -1;
}

int main(void)
{
    static const char *const names[] = {
        "nr_free_pages", "nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty",
        "nr_writeback", "nr_shmem", "nr_slab_reclaimable", "nr_slab_unreclaimable",
        "nr_page_table_pages", "nr_kernel_stack", "pgpgin", "pgpgout", "pswpin", "pswpout",
        "pgfault", "pgmajfault", "oom_kill", "nr_inactive_anon", "nr_active_file"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        step(names[i], "%d", value(names[i]) >= 0);
    int shaped = 1;
    for (char *line = text; *line; line = strchr(line, '\n') + 1)
        shaped &= strcspn(line, " ") > 0 && strspn(strchr(line, ' ') + 1, "0123456789") ==
                  strcspn(line, "\n") - strcspn(line, " ") - 1;
    step("a name and a number a line", "%d", shaped);
    step("the first is", "%.13s", text);
    long before = value("pgfault");
    char *map = mmap(NULL, 400 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(map != MAP_FAILED && madvise(map, 400 * 4096, MADV_NOHUGEPAGE) <= 0, "mmap");
    for (int i = 0; i < 400; i++)
        map[i * 4096] = 1;
    step("400 pages are 400 faults or more", "%d", value("pgfault") - before >= 400);
    contract_pass();
}
