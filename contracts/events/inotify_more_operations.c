/* Contract: sendfile, copy_file_range and fallocate are accesses and modifications like read and
 * write; what is done through mmap is not seen. include/linux/fsnotify.h.
 * Requires: Linux 6.12 */
#include "inotify.h"
#include <sys/mman.h>
#include <sys/sendfile.h>

int main(void)
{
    put_file("from", "some text");
    put_file("to", "");
    int in = open("from", O_RDWR), out = open("to", O_RDWR);
    int fd = inotify_here();
    watch(fd, "from", IN_ALL_EVENTS);
    watch(fd, "to", IN_ALL_EVENTS);
    off_t at = 0;
    expect(sendfile(out, in, &at, 4) == 4, "sendfile");
    step_events("sendfile", fd);
    expect(copy_file_range(in, &at, out, NULL, 2, 0) == 2, "copy_file_range");
    step_events("copy_file_range", fd);
    expect(fallocate(out, 0, 0, 100) == 0, "fallocate");
    step_events("fallocate", fd);
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    expect(map != MAP_FAILED, "mmap");
    map[0] = 'x';
    expect(msync(map, 4096, MS_SYNC) == 0 && munmap(map, 4096) == 0, "msync");
    step_events("mmap", fd);
    close(in);
    close(out);
    step_events("close", fd);
    contract_pass();
}
