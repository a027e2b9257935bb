/* Works on disks: as files, through loop devices, and on the ext2 that is on them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLKGETSIZE64 0x80081272
#define BLKGETSIZE 0x1260
#define BLKSSZGET 0x1268
#define BLKROGET 0x125e
#define BLKFLSBUF 0x1261

/* The C libraries call errors by different names. */
static const char *error_name(int number)
{
    switch (number) {
    case EPERM:
        return "EPERM";
    case ENOENT:
        return "ENOENT";
    case ENXIO:
        return "ENXIO";
    case EBADF:
        return "EBADF";
    case EACCES:
        return "EACCES";
    case ENOTBLK:
        return "ENOTBLK";
    case EBUSY:
        return "EBUSY";
    case EEXIST:
        return "EEXIST";
    case ENODEV:
        return "ENODEV";
    case ENOTDIR:
        return "ENOTDIR";
    case EINVAL:
        return "EINVAL";
    case ETXTBSY:
        return "ETXTBSY";
    case ENOSPC:
        return "ENOSPC";
    case EROFS:
        return "EROFS";
    case ENOTEMPTY:
        return "ENOTEMPTY";
    case EOPNOTSUPP:
        return "EOPNOTSUPP";
    case EIO:
        return "EIO";
    default:
        return strerror(number);
    }
}

/* Prints what a call gave: "name: 3" or "name: ENOENT". */
#define show(call) report(#call, (long)(call))

static long report(const char *call, long result)
{
    if (result < 0)
        printf("%s: %s\n", call, error_name(errno));
    else
        printf("%s: %ld\n", call, result);
    fflush(stdout);
    return result;
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        printf("%s: %s\n", path, error_name(errno));
    close(fd);
}

static void print(const char *path)
{
    char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text);
    printf("%s: %.*s\n", path, size < 0 ? 0 : (int)size, text);
    close(fd);
}

/* The options of the mounts of a device, from /proc/mounts. */
static void print_mounts(const char *source)
{
    char line[512];
    FILE *file = fopen("/proc/mounts", "r");
    while (fgets(line, sizeof line, file))
        if (strncmp(line, source, strlen(source)) == 0)
            printf("%s", line);
    fclose(file);
}

static int work(void)
{
    char name[64];
    struct stat status;

    show(mount("/dev/vda", "/mnt", "ext2", 0, ""));
    chdir("/mnt");
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        put(name, name);
    }
    for (int i = 0; i < 300; i += 3) {
        snprintf(name, sizeof name, "file-%d", i);
        unlink(name);
    }
    show(mkdir("directory", 0755));
    show(mkdir("directory/below", 0700));
    show(rename("file-1", "directory/moved"));
    show(rename("directory/below", "below"));
    show(rename("file-2", "file-4"));
    show(rename("directory", "below/directory"));
    show(rename("below", "below/directory/below"));
    show(rmdir("below"));
    show(link("file-5", "hard"));
    show(symlink("file-5", "fast"));
    show(symlink("0123456789012345678901234567890123456789012345678901234567890123456789", "slow"));
    show(mknod("null", S_IFCHR | 0600, 0x103));
    show(mkfifo("fifo", 0644));
    show(linkat(AT_FDCWD, "fifo", AT_FDCWD, "fifo2", 0));
    show(stat("hard", &status));
    printf("links %d size %d blocks %d block size %d\n", (int)status.st_nlink,
           (int)status.st_size, (int)status.st_blocks, (int)status.st_blksize);
    printf("fraction of a second %ld\n", (long)status.st_mtim.tv_nsec);

    int fd = open("sparse", O_CREAT | O_RDWR, 0600);
    show(pwrite(fd, "end", 3, 40 << 20));
    show(ftruncate(fd, 20 << 20));
    show(pwrite(fd, "mid", 3, 10 << 20));
    show(fstat(fd, &status));
    printf("size %d blocks %d\n", (int)status.st_size, (int)status.st_blocks);
    show(lseek(fd, 0, SEEK_HOLE) == 20 << 20);
    show(fallocate(fd, 0, 0, 4096));
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(page, "stored");
    memset(page + 5000, 'm', 100);
    show(pwrite(fd, "written", 7, 4096));
    printf("mapped: %s %.7s\n", page, page + 4096);
    show(fsync(fd));
    page[1] = 'T';
    char text[8] = "";
    show(pread(fd, text, 6, 0));
    printf("read: %s\n", text);
    munmap(page, 8192);
    close(fd);

    put("unlinked", "kept while open");
    fd = open("unlinked", O_RDWR);
    show(unlink("unlinked"));
    char kept[32] = "";
    show(read(fd, kept, sizeof kept));
    printf("%s\n", kept);
    close(fd);
    show(truncate("file-7", 3));
    print("file-7");
    show(umount("/mnt"));
    chdir("/");
    show(umount("/mnt"));
    show(mount("/dev/vda", "/mnt", "ext2", MS_RDONLY, NULL));
    print("/mnt/below/directory/moved");
    print("/mnt/fast");
    fd = open("/mnt/sparse", O_RDONLY);
    show(read(fd, text, 6));
    printf("again: %s\n", text);
    close(fd);
    show(umount("/mnt"));
    return 0;
}

static int mounts(void)
{
    struct statfs one, two;

    show(mount("/dev/vda", "/mnt", "ext3", 0, ""));
    show(mount("/dev/absent", "/mnt", "ext2", 0, ""));
    show(mount("/tmp", "/mnt", "ext2", 0, ""));
    show(mount("/dev/null", "/mnt", "ext2", 0, ""));
    show(mount(NULL, "/mnt", "ext2", 0, ""));
    show(mount("/dev/loop0", "/mnt", "ext2", 0, ""));
    show(mount("/dev/vda", "/mnt", "ext2", 0, "nonsense"));
    show(mount("/dev/vdb", "/mnt", "ext2", 0, ""));
    show(mount("/dev/vdb", "/mnt", "ext2", MS_RDONLY, ""));
    show(umount("/mnt"));
    show(mount("/dev/vda", "/etc/passwd", "ext2", 0, ""));

    show(mount("/dev/vda", "/mnt", "ext2", MS_NOATIME, "errors=continue,resuid=7,minixdf"));
    print_mounts("/dev/vda");
    show(mount("/dev/vda", "/mnt", "ext2", MS_NOATIME, ""));
    show(mount("/dev/vda", "/media", "ext2", MS_RDONLY, ""));
    mkdir("/media", 0755);
    show(mount("/dev/vda", "/media", "ext2", MS_RDONLY, ""));
    show(mount("/dev/vda", "/media", "ext2", MS_NOSUID, ""));
    put("/mnt/shared", "seen through both");
    print("/media/shared");
    show(statfs("/mnt", &one));
    show(statfs("/media", &two));
    show(memcmp(&one.f_fsid, &two.f_fsid, sizeof one.f_fsid));
    print_mounts("/dev/vda");

    struct stat before, after;
    stat("/media/shared", &before);
    sleep(100000); /* more than the day after which reading counts in any case */
    print("/mnt/shared");
    stat("/media/shared", &after);
    printf("moved without atime: %d\n", (int)(after.st_atime - before.st_atime));
    print("/media/shared");
    stat("/media/shared", &after);
    printf("moved: %d\n", after.st_atime - before.st_atime >= 100000);

    int fd = open("/mnt/shared", O_RDWR);
    show(mount(NULL, "/mnt", NULL, MS_REMOUNT | MS_RDONLY, ""));
    show(umount("/mnt"));
    close(fd);
    show(umount("/mnt"));
    show(open("/dev/vda", O_RDWR | O_EXCL));
    show(mount(NULL, "/media", NULL, MS_REMOUNT | MS_RDONLY, "errors=remount-ro"));
    print_mounts("/dev/vda");
    show(open("/media/new", O_CREAT | O_RDWR, 0600));
    show(open("/media/shared", O_RDWR));
    show(mkdir("/media/new", 0700));
    show(mount(NULL, "/media", NULL, MS_REMOUNT, ""));
    show(mkdir("/media/new", 0700));
    chdir("/media/new");
    show(umount("/media"));
    show(umount2("/media", MNT_DETACH));
    put("here", "still there");
    print("here");
    chdir("/");
    show(close(show(open("/dev/vda", O_RDWR))));
    show(mount("/dev/vda", "/mnt", "ext2", MS_RDONLY, ""));
    print("/mnt/new/here");
    show(umount("/mnt"));
    int held = open("/dev/vda", O_RDWR | O_EXCL);
    show(mount("/dev/vda", "/mnt", "ext2", 0, ""));
    close(held);
    return 0;
}

static int block(void)
{
    uint64_t bytes;
    unsigned long sectors;
    int number;
    char text[16] = "";
    struct stat status;

    int fd = open("/dev/vda", O_RDWR);
    show(fstat(fd, &status));
    printf("block device %d, number %x, size %d\n", S_ISBLK(status.st_mode),
           (unsigned)status.st_rdev, (int)status.st_size);
    show(ioctl(fd, BLKGETSIZE64, &bytes));
    show(ioctl(fd, BLKGETSIZE, &sectors));
    show(ioctl(fd, BLKSSZGET, &number));
    printf("%d bytes, %d sectors of %d\n", (int)bytes, (int)sectors, number);
    show(lseek(fd, 0, SEEK_END) == (off_t)bytes);
    show(lseek(fd, 1, SEEK_END));
    show(read(fd, text, 4));
    show(write(fd, text, 4));
    show(pwrite(fd, "abcdefgh", 8, bytes - 4));
    show(pread(fd, text, 8, bytes - 4));
    printf("%s\n", text);
    show(ftruncate(fd, 0));
    show(fallocate(fd, 0, 0, 4096));
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
    show(pwrite(fd, "hello", 6, 4096));
    printf("mapped: %s\n", page);
    strcpy(page + 100, "stored");
    show(pread(fd, text, 7, 4196));
    printf("read: %s\n", text);
    show(msync(page, 4096, MS_SYNC));
    munmap(page, 4096);
    show(fsync(fd));
    show(ioctl(fd, BLKFLSBUF, 0));
    close(fd);
    print("/proc/partitions");
    fd = open("/dev/vdb", O_RDWR);
    show(ioctl(fd, BLKROGET, &number));
    printf("read-only %d\n", number);
    show(write(fd, "x", 1));
    mknod("/tmp/none", S_IFBLK | 0600, 0x999);
    show(open("/tmp/none", O_RDONLY));
    return 0;
}

static int loops(void)
{
    struct loop_info64 info;
    struct loop_config config = {.info.lo_flags = LO_FLAGS_AUTOCLEAR};
    struct statfs numbers;

    int control = open("/dev/loop-control", O_RDWR);
    show(ioctl(control, LOOP_CTL_GET_FREE));
    int loop = open("/dev/loop0", O_RDWR);
    show(ioctl(loop, LOOP_GET_STATUS64, &info));
    show(ioctl(loop, LOOP_CLR_FD, 0));
    int file = open("/image", O_RDWR);
    show(ioctl(loop, LOOP_SET_FD, 1000));
    show(ioctl(loop, LOOP_SET_FD, open("/tmp", O_RDONLY)));
    show(ioctl(loop, LOOP_SET_FD, file));
    show(ioctl(loop, LOOP_SET_FD, file));
    close(file);
    show(ioctl(control, LOOP_CTL_GET_FREE));
    memset(&info, 0, sizeof info);
    strcpy((char *)info.lo_file_name, "/image");
    show(ioctl(loop, LOOP_SET_STATUS64, &info));
    memset(&info, 0, sizeof info);
    show(ioctl(loop, LOOP_GET_STATUS64, &info));
    printf("%s: number %d, flags %d\n", info.lo_file_name, (int)info.lo_number,
           (int)info.lo_flags);
    show(mount("/dev/loop0", "/mnt", "ext2", 0, ""));
    put("/mnt/inside", "the loop");
    show(ioctl(loop, LOOP_CLR_FD, 0));
    close(loop);
    print("/mnt/inside");
    show(umount("/mnt"));
    show(ioctl(control, LOOP_CTL_GET_FREE));

    /* The same image at an offset of a file, by LOOP_CONFIGURE, freed with its last user. */
    int inner = open("/image", O_RDONLY), outer = open("/tmp/outer", O_CREAT | O_RDWR, 0600);
    char part[4096];
    lseek(outer, 8192, SEEK_SET);
    for (ssize_t size; (size = read(inner, part, sizeof part)) > 0;)
        if (write(outer, part, size) != size)
            return 1;
    loop = open("/dev/loop3", O_RDWR);
    config.fd = outer;
    config.info.lo_offset = 8192;
    show(ioctl(loop, LOOP_CONFIGURE, &config));
    show(mount("/dev/loop3", "/mnt", "ext2", MS_RDONLY, ""));
    close(loop);
    print("/mnt/inside");
    show(statfs("/mnt", &numbers));
    printf("type %x, block size %d\n", (unsigned)numbers.f_type, (int)numbers.f_bsize);
    loop = open("/dev/loop3", O_RDWR);
    show(ioctl(loop, LOOP_GET_STATUS64, &info));
    printf("offset %d, flags %d\n", (int)info.lo_offset, (int)info.lo_flags);
    close(loop);
    show(umount("/mnt"));
    loop = open("/dev/loop3", O_RDWR);
    show(ioctl(loop, LOOP_GET_STATUS64, &info));
    show(ioctl(control, LOOP_CTL_ADD, 42));
    show(ioctl(control, LOOP_CTL_ADD, 42));
    show(access("/dev/loop42", F_OK));
    show(ioctl(control, LOOP_CTL_REMOVE, 42));
    show(access("/dev/loop42", F_OK));
    return 0;
}

/* A file system in a file of another one, and both left mounted. */
static int nest(void)
{
    char part[4096];

    show(mount("/dev/vda", "/mnt", "ext2", 0, ""));
    int inner = open("/image", O_RDONLY), outer = open("/mnt/image", O_CREAT | O_RDWR, 0600);
    for (ssize_t size; (size = read(inner, part, sizeof part)) > 0;)
        if (write(outer, part, size) != size)
            return 1;
    int loop = open("/dev/loop5", O_RDWR);
    show(ioctl(loop, LOOP_SET_FD, outer));
    close(outer);
    mkdir("/media", 0755);
    show(mount("/dev/loop5", "/media", "ext2", 0, ""));
    close(loop);
    put("/media/deep", "inside the inside");
    show(umount("/mnt"));
    int fd = open("/media/deep", O_RDWR);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    page[0] = 'I';
    return 0;
}

/* Runs a program from the disk, which cannot be written meanwhile. */
static int execute(const char *self)
{
    char *arguments[] = {"/mnt/program", "child", NULL};
    char part[4096];
    int status, in = open(self, O_RDONLY);

    show(mount("/dev/vda", "/mnt", "ext2", 0, ""));
    int out = open("/mnt/program", O_CREAT | O_WRONLY, 0755);
    for (ssize_t size; (size = read(in, part, sizeof part)) > 0;)
        if (write(out, part, size) != size)
            return 1;
    close(out);
    if (fork() == 0) {
        execv(arguments[0], arguments);
        _exit(127);
    }
    wait(&status);
    printf("status %d\n", WEXITSTATUS(status));
    show(umount("/mnt"));
    return 0;
}

/* What fsconfig(2) has to say of the last failure. */
static void print_log(int context)
{
    char text[128] = "";
    if (read(context, text, sizeof text - 1) > 0)
        printf("%s", text);
}

#define set_string(context, key, value) syscall(SYS_fsconfig, context, 1, key, value, 0)
#define set_flag(context, key) syscall(SYS_fsconfig, context, 0, key, NULL, 0)
#define create(context) syscall(SYS_fsconfig, context, 6, NULL, NULL, 0)
#define reconfigure(context) syscall(SYS_fsconfig, context, 7, NULL, NULL, 0)
#define create_new(context) syscall(SYS_fsconfig, context, 8, NULL, NULL, 0)

/* Mounts by way of descriptors, and mounts that other namespaces keep. */
static int contexts(void)
{
    int context = syscall(SYS_fsopen, "ext2", 0);
    show(set_string(context, "nonsense", "1"));
    print_log(context);
    show(set_string(context, "errors", "never"));
    print_log(context);
    show(create(context));
    print_log(context);
    close(context);

    context = syscall(SYS_fsopen, "ext2", 0);
    show(set_string(context, "source", "/dev/vda"));
    show(set_string(context, "errors", "continue"));
    show(set_string(context, "resuid", "7"));
    show(set_flag(context, "minixdf"));
    show(create(context));
    show(open("/dev/vda", O_RDWR | O_EXCL)); /* the context has it */
    int mounted = syscall(SYS_fsmount, context, 0, 0);
    show(syscall(SYS_move_mount, mounted, "", AT_FDCWD, "/mnt", 4));
    print_mounts("/dev/vda");
    put("/mnt/file", "by descriptor");
    close(mounted);

    int again = syscall(SYS_fsopen, "ext2", 0);
    show(set_string(again, "source", "/dev/vda"));
    show(create_new(again));
    close(again);

    show(set_flag(context, "ro"));
    int file = open("/mnt/file", O_RDWR);
    show(reconfigure(context));
    close(file);
    close(context);
    context = syscall(SYS_fspick, AT_FDCWD, "/mnt", 0);
    show(set_flag(context, "ro"));
    show(reconfigure(context));
    print_mounts("/dev/vda");
    show(open("/mnt/file", O_RDWR));
    close(context);

    int pipes[2], number;
    char byte;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCONT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    show(pipe(pipes));
    if (fork() == 0) {
        close(pipes[1]);
        unshare(CLONE_NEWNS);
        show(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
        kill(getppid(), SIGCONT);
        _exit(read(pipes[0], &byte, 1)); /* until it is closed */
    }
    sigwait(&set, &number);
    show(umount("/mnt"));
    show(open("/dev/vda", O_RDWR | O_EXCL)); /* the other namespace has it */
    close(pipes[1]);
    wait(NULL);
    show(open("/dev/vda", O_RDWR | O_EXCL) >= 0);

    context = syscall(SYS_fsopen, "ext2", 0);
    show(set_string(context, "source", "/dev/vdb"));
    show(create(context));
    close(context);
    show(mount("/dev/vdb", "/mnt", "ext2", MS_RDONLY, ""));
    show(mount(NULL, "/mnt", NULL, MS_REMOUNT, ""));
    show(umount("/mnt"));
    return 0;
}

/* Ends with the disk mounted, a file without a name open, and a process that holds both. */
static int leave(void)
{
    mount("/dev/vda", "/mnt", "ext2", 0, "");
    put("/mnt/left", "left mounted");
    chdir("/mnt");
    int fd = open("nameless", O_CREAT | O_RDWR, 0600);
    unlink("nameless");
    if (write(fd, "gone", 4) != 4)
        return 1;
    if (fork() == 0)
        pause();
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(what, "child") == 0) {
        show(open("/mnt/program", O_WRONLY));
        show(umount("/mnt"));
        return 7;
    }
    return strcmp(what, "work") == 0     ? work()
           : strcmp(what, "mounts") == 0 ? mounts()
           : strcmp(what, "block") == 0  ? block()
           : strcmp(what, "loops") == 0  ? loops()
           : strcmp(what, "leave") == 0  ? leave()
           : strcmp(what, "nest") == 0   ? nest()
           : strcmp(what, "contexts") == 0 ? contexts()
                                         : execute(argv[0]);
}
