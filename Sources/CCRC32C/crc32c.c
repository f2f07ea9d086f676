#include "CCRC32C.h"

#include <pthread.h>
#include <string.h>

// Slicing by eight: tables[k][b] is what the byte b does to the remainder k bytes later.
static uint32_t tables[8][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t remainder = byte;
        for (int bit = 0; bit < 8; bit++) {
            remainder = remainder & 1 ? remainder >> 1 ^ 0x82F63B78u : remainder >> 1;
        }
        tables[0][byte] = remainder;
    }
    for (int slice = 1; slice < 8; slice++) {
        for (int byte = 0; byte < 256; byte++) {
            uint32_t shorter = tables[slice - 1][byte];
            tables[slice][byte] = shorter >> 8 ^ tables[0][shorter & 0xFF];
        }
    }
}

uint32_t ccrc32c_by_tables(uint32_t before, const void *bytes, size_t count) {
    pthread_once(&made, make_tables);
    const unsigned char *next = bytes;
    uint32_t crc = ~before;
    for (; count >= 8; next += 8, count -= 8) {
        uint32_t low = crc ^ ((uint32_t)next[0] | (uint32_t)next[1] << 8 |
                              (uint32_t)next[2] << 16 | (uint32_t)next[3] << 24);
        crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^
              tables[4][low >> 24] ^ tables[3][next[4]] ^ tables[2][next[5]] ^
              tables[1][next[6]] ^ tables[0][next[7]];
    }
    for (; count > 0; next++, count--) crc = crc >> 8 ^ tables[0][(crc ^ *next) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_instruction(
    uint32_t before, const unsigned char *next, size_t count) {
    uint64_t crc = ~before;
    for (; count >= 8; next += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; count > 0; next++, count--) {
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *next);
    }
    return ~(uint32_t)crc;
}

uint32_t ccrc32c(uint32_t before, const void *bytes, size_t count) {
    if (!__builtin_cpu_supports("sse4.2")) return ccrc32c_by_tables(before, bytes, count);
    return by_instruction(before, bytes, count);
}

#elif defined(__ARM_FEATURE_CRC32)

uint32_t ccrc32c(uint32_t before, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    uint32_t crc = ~before;
    for (; count >= 8; next += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        crc = __builtin_arm_crc32cd(crc, word);
    }
    for (; count > 0; next++, count--) crc = __builtin_arm_crc32cb(crc, *next);
    return ~crc;
}

#else

uint32_t ccrc32c(uint32_t before, const void *bytes, size_t count) {
    return ccrc32c_by_tables(before, bytes, count);
}

#endif
