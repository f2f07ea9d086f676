#ifndef CCRC32C_H
#define CCRC32C_H

// CRC-32C (Castagnoli; RFC 3720 §B.4): the processor's instruction where it has one, which Swift
// cannot say, else tables.

#include <stddef.h>
#include <stdint.h>

/// The checksum of what came before and `count` bytes more; 0 is the checksum of nothing.
uint32_t ccrc32c(uint32_t before, const void *bytes, size_t count);

/// The same by tables alone.
uint32_t ccrc32c_by_tables(uint32_t before, const void *bytes, size_t count);

#endif
