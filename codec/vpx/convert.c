//go:build cgo && !novpx

// Plain loops that the compiler turns into vector code. Integers only: both ends get the
// same bits, whatever their processors.
#include "shim.h"
#include <string.h>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

static inline uint32_t load(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap32(v);
#endif
  return v;
}

static inline void store(uint8_t *p, uint32_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap32(v);
#endif
  memcpy(p, &v, 4);
}

static inline int clamp(int v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

#define SHIFT 14
#define HALF (1 << (SHIFT - 1))

WIDE static void row_to_yuv(const uint8_t *restrict s, int rs, int bs, uint8_t *restrict y, uint8_t *restrict u,
                            uint8_t *restrict v, int w) {
  for (int x = 0; x < w; x++) {
    uint32_t p = load(s + 4 * x);
    int b = p >> bs & 255, g = p >> 8 & 255, r = p >> rs & 255;
    y[x] = (uint8_t)((3483 * r + 11718 * g + 1183 * b + HALF) >> SHIFT);
    u[x] = (uint8_t)clamp((-1877 * r - 6315 * g + 8192 * b + (128 << SHIFT) + HALF) >> SHIFT);
    v[x] = (uint8_t)clamp((8192 * r - 7441 * g - 751 * b + (128 << SHIFT) + HALF) >> SHIFT);
  }
}

WIDE static void row_to_bgrx(const uint8_t *restrict y, const uint8_t *restrict u, const uint8_t *restrict v,
                             uint8_t *restrict d, int w) {
  for (int x = 0; x < w; x++) {
    int a = (y[x] << SHIFT) + HALF, b = u[x] - 128, c = v[x] - 128;
    int blue = clamp((a + 30402 * b) >> SHIFT);
    int green = clamp((a - 3069 * b - 7670 * c) >> SHIFT);
    int red = clamp((a + 25802 * c) >> SHIFT);
    store(d + 4 * x, (uint32_t)blue | (uint32_t)green << 8 | (uint32_t)red << 16 | 0xFF000000u);
  }
}

void beside_to_yuv(const uint8_t *src, size_t stride, int rgb, uint8_t *y, uint8_t *u, uint8_t *v, size_t pstride, int w,
                   int h) {
  int rs = rgb ? 0 : 16, bs = rgb ? 16 : 0;
  for (int i = 0; i < h; i++, src += stride, y += pstride, u += pstride, v += pstride) row_to_yuv(src, rs, bs, y, u, v, w);
}

void beside_to_bgrx(const uint8_t *y, const uint8_t *u, const uint8_t *v, size_t pstride, uint8_t *dst, size_t stride, int w,
                    int h) {
  for (int i = 0; i < h; i++, dst += stride, y += pstride, u += pstride, v += pstride) row_to_bgrx(y, u, v, dst, w);
}
