/* Contract: O_APPEND writes at the end whatever the offset and whoever else writes; pwrite appends,
 * too; F_SETFL switches it; without it two offsets overwrite each other.
 * Source: open(2), pwrite(2), fs/read_write.c:generic_write_checks. */
#include "../contract.h"

static void content(const char *what, const char *path)
{
    char text[128] = "";
    int fd = open(path, O_RDONLY);
    expect(fd >= 0 && read(fd, text, sizeof text - 1) >= 0 && close(fd) == 0, "read");
    step(what, "%s", text);
}

int main(void)
{
    int one = open("file", O_CREAT | O_WRONLY | O_APPEND, 0644);
    int two = open("file", O_WRONLY | O_APPEND), plain = open("file", O_RDWR);
    expect(one >= 0 && two >= 0 && plain >= 0, "open");
    expect(write(one, "one ", 4) == 4 && write(two, "two ", 4) == 4, "write");
    expect(write(one, "three ", 6) == 6, "write");
    content("two writers", "file");
    step("offset of the first", "%ld", (long)lseek(one, 0, SEEK_CUR));
    step("offset of the second", "%ld", (long)lseek(two, 0, SEEK_CUR));
    step("lseek", "%ld", (long)lseek(one, 1, SEEK_SET));
    expect(write(one, "four ", 5) == 5, "write");
    step("offset", "%ld", (long)lseek(one, 0, SEEK_CUR));
    step_result("pwrite", pwrite(one, "five ", 5, 0));
    step("offset", "%ld", (long)lseek(one, 0, SEEK_CUR));
    expect(write(plain, "ONE", 3) == 3, "write");
    content("pwrite appends", "file");
    step_result("F_SETFL", fcntl(one, F_SETFL, 0));
    step_result("pwrite", pwrite(one, "O", 1, 1));
    step_result("F_SETFL", fcntl(plain, F_SETFL, O_APPEND));
    step_result("write", write(plain, "six ", 4));
    step_result("read at the end", read(plain, (char[4]){0}, 4));
    content("switched", "file");
    /* Two processes, a hundred records each: none is lost or torn. */
    int records = open("records", O_CREAT | O_WRONLY | O_APPEND, 0644);
    for (int child = 0; child < 2; child++)
        if (fork() == 0) {
            int mine = open("records", O_WRONLY | O_APPEND);
            char record[8];
            memset(record, 'a' + child, sizeof record);
            for (int i = 0; i < 100; i++)
                expect(write(i % 2 ? mine : records, record, sizeof record) == 8, "record");
            _exit(0);
        }
    for (int status = 0; wait(&status) > 0;)
        expect(status == 0, "child");
    static char data[4096];
    long size = read(open("records", O_RDONLY), data, sizeof data), torn = 0, first = 0;
    for (long at = 0; at + 8 <= size; at += 8) {
        first += data[at] == 'a';
        torn += memcmp(data + at, data[at] == 'a' ? "aaaaaaaa" : "bbbbbbbb", 8) != 0;
    }
    step("records", "%ld bytes, %ld of the first, %ld torn", size, first, torn);
    contract_pass();
}
