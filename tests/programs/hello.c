/* A little of everything that a C library sets up before main: arguments, environment,
 * constructors, thread-local storage, locale-free formatting, functions chosen at load time. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Thread_local int own = 1;
static int constructed;

__attribute__((constructor)) static void construct(void)
{
    constructed = 1;
}

static void at_exit(void)
{
    printf("goodbye\n");
}

static void *thread(void *result)
{
    own = 2;
    errno = ENOENT;
    *(int *)result = own;
    return NULL;
}

static int descending(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

int main(int argc, char **argv)
{
    int numbers[] = {3, 1, 4, 1, 5, 9, 2, 6}, other = 0;
    char text[64];
    pthread_t id;
    atexit(at_exit);
    printf("hello, %s and %d more\n", argc > 1 ? argv[1] : "nobody", argc - 2);
    printf("HOME=%s constructed=%d\n", getenv("HOME"), constructed);
    qsort(numbers, 8, sizeof *numbers, descending);
    printf("%d %d %.6f %.3e\n", numbers[0], numbers[7], sqrt(strtod("2", NULL)), 1.0 / 3);
    memset(text, 'x', sizeof text);
    text[63] = 0;
    printf("%zu ", strlen(text));
    printf("%s\n", strchr(strcpy(text, "abcdef"), 'd'));
    errno = 0;
    pthread_create(&id, NULL, thread, &other);
    pthread_join(id, NULL);
    printf("thread %d, main %d, errno %d\n", other, own, errno);
    char *big = malloc(10 << 20);
    memset(big, 1, 10 << 20);
    printf("%d\n", big[(10 << 20) - 1]);
    free(big);
    return 42;
}
