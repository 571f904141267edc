// The whole of libvpx that Beside uses. Nothing here is safe for concurrent use of one
// encoder or decoder. Functions answer 0, or -1 if libvpx failed or memory was short.
#ifndef BESIDE_VPX_SHIM_H
#define BESIDE_VPX_SHIM_H
#include <stddef.h>
#include <stdint.h>

typedef struct beside_enc beside_enc;
typedef struct beside_dec beside_dec;

enum { BESIDE_KEY = 0, BESIDE_LAST = 1, BESIDE_GOLDEN = 2 };

beside_enc *beside_enc_open(int w, int h, int kbits);
int beside_enc_rate(beside_enc *e, int kbits);
// src is BGRX, or RGBX if rgb. *out is valid until the next call with e.
// ticks, of 1/90000 s, is the time since the frame before.
int beside_enc_frame(beside_enc *e, const uint8_t *src, size_t stride, int rgb, int from, int keep, int ticks,
                     const uint8_t **out, size_t *n);
// Writes what a decoder shows after the last frame, as BGRX.
int beside_enc_shown(beside_enc *e, uint8_t *dst, size_t stride);
void beside_enc_close(beside_enc *e);

beside_dec *beside_dec_open(int w, int h);
// data must be exactly one frame with its superframe index.
int beside_dec_frame(beside_dec *d, const uint8_t *data, size_t n);
// Writes the part x, y, w, h of the last frame, as BGRX.
int beside_dec_paint(beside_dec *d, int x, int y, int w, int h, uint8_t *dst, size_t stride);
void beside_dec_close(beside_dec *d);

// BT.709 full range, 4:4:4. The planes have the same stride.
void beside_to_yuv(const uint8_t *src, size_t stride, int rgb, uint8_t *y, uint8_t *u, uint8_t *v, size_t pstride, int w, int h);
void beside_to_bgrx(const uint8_t *y, const uint8_t *u, const uint8_t *v, size_t pstride, uint8_t *dst, size_t stride, int w, int h);
#endif
