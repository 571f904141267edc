//go:build cgo && !novpx

#include "shim.h"
#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

struct beside_dec {
  vpx_codec_ctx_t ctx;
  unsigned w, h;
};

beside_dec *beside_dec_open(int w, int h) {
  beside_dec *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  vpx_codec_dec_cfg_t cfg = {.threads = 1, .w = w, .h = h};
  d->w = w;
  d->h = h;
  if (vpx_codec_dec_init(&d->ctx, vpx_codec_vp9_dx(), &cfg, 0)) {
    free(d);
    return NULL;
  }
  return d;
}

int beside_dec_frame(beside_dec *d, const uint8_t *data, size_t n, uint8_t *dst, size_t stride) {
  if (vpx_codec_decode(&d->ctx, data, n, NULL, 0)) return -1;
  vpx_codec_iter_t it = NULL;
  const vpx_image_t *m = vpx_codec_get_frame(&d->ctx, &it);
  if (!m || m->fmt != VPX_IMG_FMT_I444 || m->d_w != d->w || m->d_h != d->h) return -1;
  if (m->stride[1] != m->stride[0] || m->stride[2] != m->stride[0]) return -1;
  int corrupted = 0;
  if (vpx_codec_control(&d->ctx, VP8D_GET_FRAME_CORRUPTED, &corrupted) || corrupted) return -1;
  beside_to_bgrx(m->planes[0], m->planes[1], m->planes[2], m->stride[0], dst, stride, d->w, d->h);
  return 0;
}

void beside_dec_close(beside_dec *d) {
  vpx_codec_destroy(&d->ctx);
  free(d);
}
