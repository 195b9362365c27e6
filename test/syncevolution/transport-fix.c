/*
 * Preloaded into the SyncEvolution command line by device.ts.
 *
 * Debian's SyncEvolution 2.0.0 passes lambda objects where libcurl's variadic curl_easy_setopt() wants C functions for
 * sending and receiving, so its HTTP transport jumps into its own stack at the first message. The member functions that were meant are
 * exported by libsyncevolution; this library puts plain functions around them in the place of the two broken arguments.
 * A build that has no such members keeps the arguments it passed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>

enum { OPTION_WRITE_FUNCTION = 20011, OPTION_READ_FUNCTION = 20012 };

size_t agent_read(void *agent, void *buffer, size_t bytes)
    __asm__("_ZN7SyncEvo18CurlTransportAgent8readDataEPvm") __attribute__((weak));
size_t agent_write(void *agent, void *buffer, size_t bytes)
    __asm__("_ZN7SyncEvo18CurlTransportAgent9writeDataEPvm") __attribute__((weak));

static size_t on_read(char *buffer, size_t size, size_t count, void *agent) {
    return agent_read(agent, buffer, size * count);
}

static size_t on_write(char *buffer, size_t size, size_t count, void *agent) {
    return agent_write(agent, buffer, size * count);
}

int curl_easy_setopt(void *handle, int option, ...) {
    static int (*next)(void *, int, ...);
    va_list rest;
    void *argument;

    va_start(rest, option);
    argument = va_arg(rest, void *);
    va_end(rest);

    if (next == NULL) next = (int (*)(void *, int, ...))dlsym(RTLD_NEXT, "curl_easy_setopt");
    if (next == NULL) return 48; /* CURLE_UNKNOWN_OPTION */
    if (option == OPTION_READ_FUNCTION && agent_read != NULL) argument = (void *)on_read;
    if (option == OPTION_WRITE_FUNCTION && agent_write != NULL) argument = (void *)on_write;
    return next(handle, option, argument);
}
