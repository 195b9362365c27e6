/*
 * Preloaded into servers under torture: as long as the file named by TORTURE_DISK says so, the disk is full or cannot be synced.
 *
 *   "full": writes to regular files with TORTURE_FOLDER in their path fail with ENOSPC.
 *   "sync": fsync and fdatasync of them fail with EIO.
 *
 * The file is looked at with each call, so that a test switches the fault on and off while the server runs. SQLite's shared-memory index is
 * written through a mapping, which no call goes with: it is not reached.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char fault(void) {
    static ssize_t (*plain_read)(int, void *, size_t);
    const char *name = getenv("TORTURE_DISK");
    char word = 0;
    int saved = errno, fd;
    if (name == NULL) return 0;
    if (plain_read == NULL) plain_read = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (plain_read(fd, &word, 1) != 1) word = 0;
        close(fd);
    }
    errno = saved;
    return word;
}

static int ours(int fd) {
    char link[64], path[4096];
    const char *folder = getenv("TORTURE_FOLDER");
    struct stat facts;
    ssize_t length;
    if (folder == NULL || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, folder) != NULL;
}

#define FAILS(letter, error) \
    if (fault() == (letter) && ours(fd)) { errno = (error); return -1; }
#define NEXT(name) \
    static __typeof__(name) *next; \
    if (next == NULL) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

int fsync(int fd) { NEXT(fsync) FAILS('s', EIO) return next(fd); }
int fdatasync(int fd) { NEXT(fdatasync) FAILS('s', EIO) return next(fd); }
ssize_t write(int fd, const void *from, size_t count) { NEXT(write) FAILS('f', ENOSPC) return next(fd, from, count); }
ssize_t pwrite(int fd, const void *from, size_t count, off_t at) { NEXT(pwrite) FAILS('f', ENOSPC) return next(fd, from, count, at); }
ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) { NEXT(pwrite64) FAILS('f', ENOSPC) return next(fd, from, count, at); }
ssize_t pwritev(int fd, const struct iovec *from, int count, off_t at) { NEXT(pwritev) FAILS('f', ENOSPC) return next(fd, from, count, at); }
ssize_t writev(int fd, const struct iovec *from, int count) { NEXT(writev) FAILS('f', ENOSPC) return next(fd, from, count); }
