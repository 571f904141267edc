//go:build cgo && !novpx

#include "shim.h"
#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

struct beside_dec {
  vpx_codec_ctx_t ctx;
  unsigned w, h;
  const vpx_image_t *shown;
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

int beside_dec_frame(beside_dec *d, const uint8_t *data, size_t n) {
  d->shown = NULL; // libvpx owns it and may reuse it now
  if (vpx_codec_decode(&d->ctx, data, n, NULL, 0)) return -1;
  vpx_codec_iter_t it = NULL;
  const vpx_image_t *m = vpx_codec_get_frame(&d->ctx, &it);
  if (!m || m->fmt != VPX_IMG_FMT_I444 || m->d_w != d->w || m->d_h != d->h) return -1;
  if (m->stride[1] != m->stride[0] || m->stride[2] != m->stride[0]) return -1;
  int corrupted = 0;
  if (vpx_codec_control(&d->ctx, VP8D_GET_FRAME_CORRUPTED, &corrupted) || corrupted) return -1;
  d->shown = m;
  return 0;
}

int beside_dec_paint(beside_dec *d, int x, int y, int w, int h, uint8_t *dst, size_t stride) {
  const vpx_image_t *m = d->shown;
  if (!m) return -1;
  size_t at = (size_t)y * m->stride[0] + x;
  beside_to_bgrx(m->planes[0] + at, m->planes[1] + at, m->planes[2] + at, m->stride[0], dst, stride, w, h);
  return 0;
}

void beside_dec_close(beside_dec *d) {
  vpx_codec_destroy(&d->ctx);
  free(d);
}
