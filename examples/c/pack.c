#include "pack.h"

#include <string.h>

enum { DEPTH_MAX = 8 }; /* of what is skipped */

static void put(struct pack *to, const void *bytes, size_t size) {
    if (to->full || size > to->size - to->used) {
        to->full = true;
        return;
    }
    memcpy(to->bytes + to->used, bytes, size);
    to->used += size;
}

/* A type and a number of `size` bytes after it, the highest first, as msgpack has all its numbers. */
static void put_number(struct pack *to, uint8_t type, uint64_t value, int size) {
    uint8_t bytes[9] = {type};
    for (int n = 0; n < size; n++) bytes[1 + n] = (uint8_t)(value >> (8 * (size - 1 - n)));
    put(to, bytes, 1 + (size_t)size);
}

void pack_array(struct pack *to, uint32_t count) {
    if (count < 16) put_number(to, (uint8_t)(0x90 | count), 0, 0);
    else put_number(to, 0xdd, count, 4);
}

void pack_map(struct pack *to, uint8_t count) { put_number(to, (uint8_t)(0x80 | (count & 15)), 0, 0); }

void pack_string(struct pack *to, const char *text) {
    size_t length = strlen(text);
    if (length < 32) put_number(to, (uint8_t)(0xa0 | length), 0, 0);
    else put_number(to, 0xdb, length, 4);
    put(to, text, length);
}

void pack_uint(struct pack *to, uint64_t value) {
    if (value < 128) put_number(to, (uint8_t)value, 0, 0);
    else put_number(to, 0xcf, value, 8);
}

void pack_double(struct pack *to, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(to, 0xcb, bits, 8);
}

static uint64_t take(struct unpack *from, size_t size) {
    uint64_t value = 0;
    if (from->bad || size > from->size - from->at) {
        from->bad = true;
        return 0;
    }
    while (size--) value = value << 8 | from->bytes[from->at++];
    return value;
}

static uint32_t nothing(struct unpack *from) {
    from->bad = true;
    return 0;
}

uint32_t unpack_map(struct unpack *from) {
    uint8_t type = (uint8_t)take(from, 1);
    if ((type & 0xf0) == 0x80) return type & 15;
    return type == 0xde ? (uint32_t)take(from, 2) : nothing(from);
}

uint32_t unpack_array(struct unpack *from) {
    uint8_t type = (uint8_t)take(from, 1);
    if ((type & 0xf0) == 0x90) return type & 15;
    return type == 0xdc ? (uint32_t)take(from, 2) : nothing(from);
}

struct text unpack_string(struct unpack *from) {
    uint8_t type = (uint8_t)take(from, 1);
    size_t length = 0;
    if ((type & 0xe0) == 0xa0) length = type & 31;
    else if (type >= 0xd9 && type <= 0xdb) length = take(from, (size_t)1 << (type - 0xd9));
    else nothing(from);
    if (from->bad || length > from->size - from->at) {
        nothing(from);
        return (struct text){"", 0};
    }
    struct text found = {(const char *)from->bytes + from->at, length};
    from->at += length;
    return found;
}

uint64_t unpack_uint(struct unpack *from) {
    uint8_t type = (uint8_t)take(from, 1);
    if (type < 0x80) return type;
    return type >= 0xcc && type <= 0xcf ? take(from, (size_t)1 << (type - 0xcc)) : nothing(from);
}

bool unpack_is_uint(const struct unpack *from) {
    if (from->bad || from->at >= from->size) return false;
    uint8_t type = from->bytes[from->at];
    return type < 0x80 || (type >= 0xcc && type <= 0xcf);
}

static void skip_bytes(struct unpack *from, uint64_t size) {
    if (from->bad || size > from->size - from->at) nothing(from);
    else from->at += size;
}

/* How many bytes follow a type that has a fixed size; -1 where it has none, or is none of ours. */
static int fixed_size(uint8_t type) {
    if (type < 0x80 || type >= 0xe0 || type == 0xc0 || type == 0xc2 || type == 0xc3) return 0;
    if (type == 0xca || type == 0xcb) return type == 0xca ? 4 : 8;
    if (type >= 0xcc && type <= 0xd3) return 1 << ((type - 0xcc) & 3);
    return -1;
}

static void skip(struct unpack *from, int depth) {
    if (from->bad || from->at >= from->size || depth > DEPTH_MAX) {
        nothing(from);
        return;
    }
    uint8_t type = from->bytes[from->at];
    bool map = (type & 0xf0) == 0x80 || type == 0xde;
    bool list = (type & 0xf0) == 0x90 || type == 0xdc;
    if (map || list) {
        uint32_t left = map ? 2 * unpack_map(from) : unpack_array(from);
        while (left-- && !from->bad) skip(from, depth + 1);
    } else if (fixed_size(type) >= 0) {
        skip_bytes(from, 1 + (uint64_t)fixed_size(type));
    } else {
        unpack_string(from);
    }
}

void unpack_skip(struct unpack *from) { skip(from, 0); }
