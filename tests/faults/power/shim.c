/*
 * Stands between a program and the C library (LD_PRELOAD) and writes down, in order, everything that the program does to
 * the files under POWER_ROOT. The program's own calls go through as they are, so it sees its files as ever; what of them
 * a disk would still have after a power cut is worked out from the trace (disk.py).
 *
 * A call is written down before it is done ("intent") and again with what came of it ("done"). Syncs do not reach the real
 * disk, which is of no concern here; they take POWER_SYNC_US instead, as long as a disk would.
 *
 * POWER_LEFT names a file of eight bytes, a count: while it is above 0 every intent takes one off, and the one that brings
 * it to 0 is the last: the process kills itself there, before the call is done.
 *
 * What it cannot follow is told as BLIND. Whether it missed a call altogether is seen afterwards: what the trace adds up to
 * is compared with what is really there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, SIZE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, LINK, DONE, BLIND, SYNC_ALL };

struct head {
    uint32_t magic, kind;
    int32_t pid, handle, flags, path_length, other_length;
    uint32_t zero;
    int64_t number, offset, data_length;
};

#define MAGIC 0x52575750u
#define FDS 65536
#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static int trace = -1;
static useconds_t sync_us;
static _Atomic int64_t *left;
static int64_t numbers;
static int32_t handles;
/* What is known of a descriptor that is ours; it counts while its inode is still the same. */
static struct { _Atomic int32_t handle; int32_t flags; dev_t dev; ino_t ino; } known[FDS];

static int raw_open(const char *path, int flags) {
    REAL(int, openat64, int, const char *, int, ...);
    return real_openat64(AT_FDCWD, path, flags, 0600);
}

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("POWER_TRACE"), *count = getenv("POWER_LEFT"), *us = getenv("POWER_SYNC_US");
    root = getenv("POWER_ROOT");
    if (!root || !at) return;
    root_length = strlen(root);
    int file = raw_open(at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    /* Far up, where no program looks for a descriptor of its own. */
    trace = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 900);
    if (trace < 0) abort();
    REAL(int, close, int);
    real_close(file);
    sync_us = us ? (useconds_t)atoi(us) : 0;
    if (count) {
        file = raw_open(count, O_RDWR | O_CLOEXEC);
        void *shared = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (shared == MAP_FAILED) abort();
        left = shared;
        real_close(file);
    }
}

static void put(struct head *head, const char *path, const char *other, const void *data) {
    head->magic = MAGIC;
    head->pid = getpid();
    head->path_length = path ? (int32_t)strlen(path) : 0;
    head->other_length = other ? (int32_t)strlen(other) : 0;
    struct iovec parts[4] = {
        {head, sizeof *head},
        {(void *)path, (size_t)head->path_length},
        {(void *)other, (size_t)head->other_length},
        {(void *)data, data ? (size_t)head->data_length : 0},
    };
    REAL(ssize_t, writev, int, const struct iovec *, int);
    if (real_writev(trace, parts, 4) < (ssize_t)sizeof *head) abort();
}

/* Before the call: gives its number. The turn is ours from here on. */
static int64_t intent(uint32_t kind, int32_t handle, int32_t flags, int64_t offset, const char *path,
                      const char *other, const void *data, int64_t length) {
    pthread_mutex_lock(&turn);
    struct head head = {.kind = kind, .handle = handle, .flags = flags, .number = ++numbers, .offset = offset,
                        .data_length = length};
    put(&head, path, other, data);
    if (left && atomic_load(left) > 0 && atomic_fetch_sub(left, 1) == 1) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    return head.number;
}

/* After it: `offset` is what it gave. */
static void done(int64_t number, int64_t result, int32_t handle) {
    int kept = errno;
    struct head head = {.kind = DONE, .handle = handle, .number = number, .offset = result};
    struct stat about;
    if (result >= 0 && handle && result < FDS && fstat((int)result, &about) == 0) {
        int64_t inode = (int64_t)about.st_ino;
        head.data_length = sizeof inode;
        put(&head, NULL, NULL, &inode);
    } else {
        put(&head, NULL, NULL, NULL);
    }
    pthread_mutex_unlock(&turn);
    errno = kept;
}

static void blind(const char *path, const char *what) {
    int64_t number = intent(BLIND, 0, 0, 0, path, what, NULL, 0);
    done(number, 0, 0);
}

/* The whole path when it lies under the root, else NULL. */
static const char *ours(int folder, const char *path, char *whole) {
    if (trace < 0 || !path) return NULL;
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX];
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return NULL;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0) return NULL;
            base[length] = 0;
        }
        if (snprintf(whole, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return NULL;
    }
    if (strncmp(whole, root, root_length) || (whole[root_length] != '/' && whole[root_length])) return NULL;
    return whole;
}

static int32_t handle_of(int fd) {
    if (trace < 0 || fd < 0 || fd >= FDS) return 0;
    int32_t handle = atomic_load(&known[fd].handle);
    if (!handle) return 0;
    struct stat about;
    int kept = errno;
    int is_same = fstat(fd, &about) == 0 && about.st_dev == known[fd].dev && about.st_ino == known[fd].ino;
    errno = kept;
    if (is_same) return handle;
    atomic_store(&known[fd].handle, 0);
    return 0;
}

static void know(int fd, int32_t handle, int32_t flags) {
    struct stat about;
    if (fd < 0 || fd >= FDS || fstat(fd, &about)) return;
    known[fd].dev = about.st_dev;
    known[fd].ino = about.st_ino;
    known[fd].flags = flags;
    atomic_store(&known[fd].handle, handle);
}

/* -- opening */

static int opened(int folder, const char *path, int flags, mode_t mode) {
    REAL(int, openat64, int, const char *, int, ...);
    char whole[PATH_MAX];
    const char *mine = ours(folder, path, whole);
    if (!mine) return real_openat64(folder, path, flags, mode);
    if ((flags & O_TMPFILE) == O_TMPFILE) blind(mine, "O_TMPFILE");
    int32_t handle = __atomic_add_fetch(&handles, 1, __ATOMIC_SEQ_CST);
    int64_t number = intent(OPEN, handle, flags, 0, mine, NULL, NULL, 0);
    int fd = real_openat64(folder, path, flags, mode);
    know(fd, handle, flags);
    done(number, fd, handle);
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }

int close(int fd) {
    REAL(int, close, int);
    if (fd == trace && trace >= 0) return 0;
    if (fd >= 0 && fd < FDS) atomic_store(&known[fd].handle, 0);
    return real_close(fd);
}

static int doubled(int from, int to) {
    int32_t handle = handle_of(from);
    if (to >= 0 && to < FDS) {
        if (handle) know(to, handle, known[from].flags);
        else if (to != from) atomic_store(&known[to].handle, 0);
    }
    return to;
}

int dup(int fd) { REAL(int, dup, int); return doubled(fd, real_dup(fd)); }
int dup2(int fd, int to) { REAL(int, dup2, int, int); return doubled(fd, real_dup2(fd, to)); }
int dup3(int fd, int to, int flags) { REAL(int, dup3, int, int, int); return doubled(fd, real_dup3(fd, to, flags)); }

static int controlled(int fd, int command, void *argument) {
    REAL(int, fcntl64, int, int, ...);
    int result = real_fcntl64(fd, command, argument);
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? doubled(fd, result) : result;
}

#define ARGUMENT va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);
int fcntl(int fd, int command, ...) { ARGUMENT return controlled(fd, command, argument); }
int fcntl64(int fd, int command, ...) { ARGUMENT return controlled(fd, command, argument); }

/* -- writing */

static int64_t place(int fd) {
    struct stat about;
    if (known[fd].flags & O_APPEND) return fstat(fd, &about) ? 0 : (int64_t)about.st_size;
    return (int64_t)lseek64(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    int32_t handle = handle_of(fd);
    if (!handle) return real_write(fd, data, length);
    int64_t number = intent(WRITE, handle, known[fd].flags, place(fd), NULL, NULL, data, (int64_t)length);
    ssize_t result = real_write(fd, data, length);
    done(number, result, 0);
    return result;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    int32_t handle = handle_of(fd);
    if (!handle) return real_pwrite64(fd, data, length, offset);
    int64_t number = intent(WRITE, handle, known[fd].flags, offset, NULL, NULL, data, (int64_t)length);
    ssize_t result = real_pwrite64(fd, data, length, offset);
    done(number, result, 0);
    return result;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

/* Several pieces are one write; it may be a short one, so the loop is the caller's. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    if (!handle_of(fd)) return real_writev(fd, parts, count);
    for (int at = 0; at < count; at++)
        if (parts[at].iov_len) return write(fd, parts[at].iov_base, parts[at].iov_len);
    return 0;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    REAL(ssize_t, pwritev64, int, const struct iovec *, int, off64_t);
    if (!handle_of(fd)) return real_pwritev64(fd, parts, count, offset);
    for (int at = 0; at < count; at++)
        if (parts[at].iov_len) return pwrite64(fd, parts[at].iov_base, parts[at].iov_len, offset);
    return 0;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return pwritev64(fd, parts, count, offset);
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, ftruncate64, int, off64_t);
    int32_t handle = handle_of(fd);
    if (!handle) return real_ftruncate64(fd, length);
    int64_t number = intent(SIZE, handle, known[fd].flags, length, NULL, NULL, NULL, 0);
    int result = real_ftruncate64(fd, length);
    done(number, result, 0);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int truncate64(const char *path, off64_t length) {
    int fd = opened(AT_FDCWD, path, O_WRONLY, 0);
    if (fd < 0) return -1;
    int result = ftruncate64(fd, length), kept = errno;
    close(fd);
    errno = kept;
    return result;
}

int truncate(const char *path, off_t length) { return truncate64(path, length); }

/* Room made beforehand is a file that grows by zeros. */
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    REAL(int, posix_fallocate64, int, off64_t, off64_t);
    int32_t handle = handle_of(fd);
    if (!handle) return real_posix_fallocate64(fd, offset, length);
    struct stat about;
    int64_t end = offset + length;
    if (fstat(fd, &about) == 0 && about.st_size > end) end = about.st_size;
    int64_t number = intent(SIZE, handle, known[fd].flags, end, NULL, NULL, NULL, 0);
    int result = real_posix_fallocate64(fd, offset, length);
    done(number, result ? -1 : 0, 0);
    return result;
}

int posix_fallocate(int fd, off_t offset, off_t length) { return posix_fallocate64(fd, offset, length); }

/* -- what copies or maps past the calls above */

#define UNSEEN(fd, what) if (handle_of(fd)) blind("", what)

ssize_t sendfile64(int to, int from, off64_t *offset, size_t count) {
    REAL(ssize_t, sendfile64, int, int, off64_t *, size_t);
    UNSEEN(to, "sendfile");
    return real_sendfile64(to, from, offset, count);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t count) { return sendfile64(to, from, offset, count); }

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *offset, size_t length, unsigned flags) {
    REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
    UNSEEN(to, "copy_file_range");
    return real_copy_file_range(from, at, to, offset, length, flags);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    REAL(int, fallocate64, int, int, off64_t, off64_t);
    UNSEEN(fd, "fallocate");
    return real_fallocate64(fd, mode, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate64(fd, mode, offset, length); }

void *mmap64(void *at, size_t length, int rights, int flags, int fd, off64_t offset) {
    REAL(void *, mmap64, void *, size_t, int, int, int, off64_t);
    if (fd >= 0 && (flags & MAP_SHARED) && (rights & PROT_WRITE) && handle_of(fd)) {
        char link[64], path[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length_of_path = readlink(link, path, sizeof path - 1);
        path[length_of_path < 0 ? 0 : length_of_path] = 0;
        /* The index of SQLite's WAL: made anew after every crash, so nobody cares what becomes of it. */
        if (length_of_path < 4 || strcmp(path + length_of_path - 4, "-shm")) blind(path, "mmap");
    }
    return real_mmap64(at, length, rights, flags, fd, offset);
}

void *mmap(void *at, size_t length, int rights, int flags, int fd, off_t offset) {
    return mmap64(at, length, rights, flags, fd, offset);
}

/* -- syncing: others may write meanwhile, and that is not synced */

static int synced(int fd, int (*real)(int)) {
    int32_t handle = handle_of(fd);
    if (!handle) return real(fd);
    int64_t number = intent(SYNC, handle, 0, 0, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&turn);
    if (sync_us) usleep(sync_us);
    pthread_mutex_lock(&turn);
    done(number, 0, 0);
    return 0;
}

int fsync(int fd) { REAL(int, fsync, int); return synced(fd, real_fsync); }
int fdatasync(int fd) { REAL(int, fdatasync, int); return synced(fd, real_fdatasync); }

/* sync_file_range promises nothing about a file that grew: it goes through and counts for nothing. */

void sync(void) {
    if (trace < 0) return;
    int64_t number = intent(SYNC_ALL, 0, 0, 0, NULL, NULL, NULL, 0);
    done(number, 0, 0);
}

int syncfs(int fd) {
    REAL(int, syncfs, int);
    if (!handle_of(fd)) return real_syncfs(fd);
    sync();
    return 0;
}

/* -- names */

#define NAMED(kind, flags, folder, path, call) \
    char whole[PATH_MAX]; \
    const char *mine = ours(folder, path, whole); \
    if (!mine) return call; \
    int64_t number = intent(kind, 0, flags, 0, mine, NULL, NULL, 0); \
    int result = call; \
    done(number, result, 0); \
    return result;

int unlink(const char *path) { REAL(int, unlink, const char *); NAMED(UNLINK, 0, AT_FDCWD, path, real_unlink(path)) }
int rmdir(const char *path) { REAL(int, rmdir, const char *); NAMED(RMDIR, 0, AT_FDCWD, path, real_rmdir(path)) }
int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    NAMED(MKDIR, 0, AT_FDCWD, path, real_mkdir(path, mode))
}
int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(int, mkdirat, int, const char *, mode_t);
    NAMED(MKDIR, 0, folder, path, real_mkdirat(folder, path, mode))
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    NAMED(flags & AT_REMOVEDIR ? RMDIR : UNLINK, 0, folder, path, real_unlinkat(folder, path, flags))
}

static int moved(uint32_t kind, int from_folder, const char *from, int to_folder, const char *to, int flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    REAL(int, linkat, int, const char *, int, const char *, int);
    char here[PATH_MAX], there[PATH_MAX];
    const char *mine = ours(from_folder, from, here), *other = ours(to_folder, to, there);
    int64_t number = 0;
    if (mine && other && (kind == LINK || !flags)) number = intent(kind, 0, flags, 0, mine, other, NULL, 0);
    else if (mine || other) blind(mine ? mine : other, "a name that crosses the root, or is exchanged");
    int result = kind == LINK ? real_linkat(from_folder, from, to_folder, to, flags)
                              : real_renameat2(from_folder, from, to_folder, to, (unsigned)flags);
    if (number) done(number, result, 0);
    return result;
}

int rename(const char *from, const char *to) { return moved(RENAME, AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return moved(RENAME, a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    return moved(RENAME, a, from, b, to, (int)flags);
}
int link(const char *from, const char *to) { return moved(LINK, AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int a, const char *from, int b, const char *to, int flags) { return moved(LINK, a, from, b, to, flags); }
int symlinkat(const char *to, int folder, const char *path) {
    REAL(int, symlinkat, const char *, int, const char *);
    char whole[PATH_MAX];
    if (ours(folder, path, whole)) blind(whole, "symlink");
    return real_symlinkat(to, folder, path);
}
int symlink(const char *to, const char *path) { return symlinkat(to, AT_FDCWD, path); }
