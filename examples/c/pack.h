/* As much of msgpack as a publisher needs: it writes maps of strings and numbers, and reads what receipts are made of. */
#ifndef PACK_H
#define PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes into a buffer of the caller's. What does not fit is not written, and `full` says so. */
struct pack {
    uint8_t *bytes;
    size_t size, used;
    bool full;
};

void pack_array(struct pack *to, uint32_t count);
void pack_map(struct pack *to, uint8_t count); /* at most 15 */
void pack_string(struct pack *to, const char *text);
void pack_uint(struct pack *to, uint64_t value);
void pack_double(struct pack *to, double value);

/* Reads from a buffer of the caller's. What is cut off or of another type reads as nothing, and `bad` says so. */
struct unpack {
    const uint8_t *bytes;
    size_t size, at;
    bool bad;
};

struct text {
    const char *start; /* within the buffer; no zero at its end */
    size_t length;
};

uint32_t unpack_map(struct unpack *from);
uint32_t unpack_array(struct unpack *from);
struct text unpack_string(struct unpack *from);
uint64_t unpack_uint(struct unpack *from);
bool unpack_is_uint(const struct unpack *from);
void unpack_skip(struct unpack *from); /* one value of any type */

#endif
