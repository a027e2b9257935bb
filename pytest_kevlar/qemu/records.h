/* What the first process of a machine says: records, each a line of printable characters with a
 * number and a checksum, so that what the kernel writes to the same console cannot be taken for
 * one:
 *
 *     @kevlar SEQUENCE KIND NUMBER PAYLOAD CHECKSUM
 *
 * There is no other @ in it, and records.py reads it. */
#ifndef RECORDS_H
#define RECORDS_H
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAYLOAD = 512 /* bytes of output in one record */ };

static int console;

static uint32_t checksum(uint32_t sum, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    sum = ~sum;
    for (size_t at = 0; at < length; at++) {
        sum ^= bytes[at];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320 : 0);
    }
    return ~sum;
}

static void write_all(int file, const char *data, size_t length)
{
    while (length) {
        ssize_t written = write(file, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        data += written;
        length -= (size_t)written;
    }
}

static void record(const char *kind, long number, const void *data, size_t length)
{
    static unsigned sequence;
    static char line[4 * PAYLOAD + 128];
    const unsigned char *bytes = data;
    size_t at = (size_t)sprintf(line, "\n@kevlar %u %s %ld ", sequence++, kind, number);
    for (size_t index = 0; index < length; index++) {
        unsigned char byte = bytes[index];
        if (byte >= ' ' && byte < 0x7f && byte != '\\' && byte != '@')
            line[at++] = (char)byte;
        else
            at += (size_t)sprintf(line + at, "\\%02x", byte);
    }
    uint32_t sum = checksum(0, line + 1, at - 1);
    at += (size_t)sprintf(line + at, " %08x\n", sum);
    write_all(console, line, at);
}

__attribute__((format(printf, 3, 4)))
static void say(const char *kind, long number, const char *format, ...)
{
    char text[PAYLOAD];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    record(kind, number, text, length < PAYLOAD ? (size_t)length : PAYLOAD - 1);
}
#endif
