// The C side of the doors to libvpx and libdav1d: their structures, whose layouts change between versions, end here. What
// Rust sees is flat. One object is one stream and is used by one thread at a time.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <dav1d/dav1d.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

enum { DOOR_FAILED = -1, DOOR_NONE = 0, DOOR_PICTURE = 1, DOOR_FORMAT = 2 };

// An 8-bit 4:2:0 picture in the decoder's own memory. Valid until the decoder is called again.
typedef struct {
  const uint8_t *planes[3];
  ptrdiff_t strides[3];
  uint32_t width;
  uint32_t height;
} DoorPicture;

// libvpx, decoding.

// References, and what the decoder works on: VP9_MAXIMUM_REF_BUFFERS + VPX_MAXIMUM_WORK_BUFFERS, and some air.
enum { FRAME_BUFFERS = 20 };

typedef struct {
  uint8_t *data;
  size_t size;
  int in_use;
} FrameBuffer;

typedef struct {
  vpx_codec_ctx_t codec;
  size_t frame_bytes_max;
  FrameBuffer buffers[FRAME_BUFFERS];
} DoorVpxDecoder;

// VP9 frames may change their size without a keyframe, which only the request for memory tells.
static int get_buffer(void *cookie, size_t min_size, vpx_codec_frame_buffer_t *frame) {
  DoorVpxDecoder *decoder = cookie;
  if (min_size > decoder->frame_bytes_max) return -1;
  for (int i = 0; i < FRAME_BUFFERS; i++) {
    FrameBuffer *buffer = &decoder->buffers[i];
    if (buffer->in_use) continue;
    if (buffer->size < min_size) {
      free(buffer->data);
      buffer->data = calloc(1, min_size);
      buffer->size = buffer->data ? min_size : 0;
      if (!buffer->data) return -1;
    }
    buffer->in_use = 1;
    frame->data = buffer->data;
    frame->size = buffer->size;
    frame->priv = buffer;
    return 0;
  }
  return -1;
}

static int release_buffer(void *cookie, vpx_codec_frame_buffer_t *frame) {
  (void)cookie;
  FrameBuffer *buffer = frame->priv;
  if (buffer) buffer->in_use = 0;
  frame->priv = NULL;
  return 0;
}

void door_vpx_decoder_free(DoorVpxDecoder *decoder) {
  if (!decoder) return;
  vpx_codec_destroy(&decoder->codec);
  for (int i = 0; i < FRAME_BUFFERS; i++) free(decoder->buffers[i].data);
  free(decoder);
}

DoorVpxDecoder *door_vpx_decoder_new(int is_vp9, size_t frame_bytes_max) {
  DoorVpxDecoder *decoder = calloc(1, sizeof *decoder);
  if (!decoder) return NULL;
  decoder->frame_bytes_max = frame_bytes_max;
  vpx_codec_dec_cfg_t config = {.threads = 1};
  vpx_codec_iface_t *interface = is_vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx();
  if (vpx_codec_dec_init(&decoder->codec, interface, &config, 0) != VPX_CODEC_OK) {
    free(decoder);
    return NULL;
  }
  if (is_vp9 && vpx_codec_set_frame_buffer_functions(&decoder->codec, get_buffer, release_buffer, decoder) != VPX_CODEC_OK) {
    door_vpx_decoder_free(decoder);
    return NULL;
  }
  return decoder;
}

// The size of a VP9 keyframe; 0 for other frames.
int door_vp9_key_size(const uint8_t *data, size_t len, uint32_t *width, uint32_t *height) {
  vpx_codec_stream_info_t info = {.sz = sizeof info};
  if (len > UINT32_MAX || vpx_codec_peek_stream_info(vpx_codec_vp9_dx(), data, (unsigned)len, &info) != VPX_CODEC_OK) return 0;
  *width = info.w;
  *height = info.h;
  return info.is_kf != 0;
}

int door_vpx_decode(DoorVpxDecoder *decoder, const uint8_t *data, size_t len, DoorPicture *out) {
  if (len > UINT32_MAX || vpx_codec_decode(&decoder->codec, data, (unsigned)len, NULL, 0) != VPX_CODEC_OK) return DOOR_FAILED;
  vpx_codec_iter_t iterator = NULL;
  const vpx_image_t *image = NULL;
  for (const vpx_image_t *next; (next = vpx_codec_get_frame(&decoder->codec, &iterator));) image = next;
  if (!image) return DOOR_NONE;
  if (image->fmt != VPX_IMG_FMT_I420 || image->bit_depth > 8) return DOOR_FORMAT;
  for (int i = 0; i < 3; i++) {
    out->planes[i] = image->planes[i];
    out->strides[i] = image->stride[i];
  }
  out->width = image->d_w;
  out->height = image->d_h;
  return DOOR_PICTURE;
}

// libvpx, encoding VP8.

typedef struct {
  vpx_codec_ctx_t codec;
  vpx_codec_enc_cfg_t config;
} DoorVp8Encoder;

// Timestamps are RTP's.
enum { CLOCK_HZ = 90000 };

void door_vp8_encoder_free(DoorVp8Encoder *encoder) {
  if (!encoder) return;
  vpx_codec_destroy(&encoder->codec);
  free(encoder);
}

static int configure(DoorVp8Encoder *encoder, uint32_t fps, int speed) {
  vpx_codec_ctx_t *codec = &encoder->codec;
  // A keyframe may take as much as this share of a frame's mean, in percent: half of the optimal buffer.
  unsigned intra_percent = encoder->config.rc_buf_optimal_sz * fps / 20;
  if (intra_percent < 300) intra_percent = 300;
  return vpx_codec_control(codec, VP8E_SET_CPUUSED, speed) == VPX_CODEC_OK &&
         vpx_codec_control(codec, VP8E_SET_STATIC_THRESHOLD, 1) == VPX_CODEC_OK &&
         vpx_codec_control(codec, VP8E_SET_NOISE_SENSITIVITY, 0) == VPX_CODEC_OK &&
         vpx_codec_control(codec, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION) == VPX_CODEC_OK &&
         vpx_codec_control(codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, intra_percent) == VPX_CODEC_OK;
}

DoorVp8Encoder *door_vp8_encoder_new(uint32_t width, uint32_t height, uint32_t fps, uint32_t bitrate_kbps, int speed) {
  DoorVp8Encoder *encoder = calloc(1, sizeof *encoder);
  if (!encoder) return NULL;
  vpx_codec_enc_cfg_t *config = &encoder->config;
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config, 0) != VPX_CODEC_OK) {
    free(encoder);
    return NULL;
  }
  config->g_w = width;
  config->g_h = height;
  config->g_timebase.num = 1;
  config->g_timebase.den = CLOCK_HZ;
  config->g_threads = 1;
  config->g_lag_in_frames = 0;
  config->g_pass = VPX_RC_ONE_PASS;
  config->rc_end_usage = VPX_CBR;
  config->rc_target_bitrate = bitrate_kbps;
  config->rc_dropframe_thresh = 0;
  config->rc_resize_allowed = 0;
  config->rc_min_quantizer = 2;
  config->rc_max_quantizer = 56;
  config->rc_undershoot_pct = 100;
  config->rc_overshoot_pct = 15;
  config->rc_buf_initial_sz = 500;
  config->rc_buf_optimal_sz = 600;
  config->rc_buf_sz = 1000;
  config->kf_mode = VPX_KF_DISABLED;
  if (vpx_codec_enc_init(&encoder->codec, vpx_codec_vp8_cx(), config, 0) != VPX_CODEC_OK) {
    free(encoder);
    return NULL;
  }
  if (!configure(encoder, fps, speed)) {
    door_vp8_encoder_free(encoder);
    return NULL;
  }
  return encoder;
}

int door_vp8_encoder_set_bitrate(DoorVp8Encoder *encoder, uint32_t bitrate_kbps) {
  encoder->config.rc_target_bitrate = bitrate_kbps;
  return vpx_codec_enc_config_set(&encoder->codec, &encoder->config) == VPX_CODEC_OK ? DOOR_NONE : DOOR_FAILED;
}

// `data` points into the encoder's memory, valid until it is called again. DOOR_NONE: the frame was left out.
int door_vp8_encode(DoorVp8Encoder *encoder, const DoorPicture *picture, int64_t time, uint32_t duration, int force_key,
                    const uint8_t **data, size_t *len, int *is_key) {
  vpx_image_t image;
  memset(&image, 0, sizeof image);
  image.fmt = VPX_IMG_FMT_I420;
  image.bit_depth = 8;
  image.bps = 12;
  image.w = image.d_w = picture->width;
  image.h = image.d_h = picture->height;
  image.x_chroma_shift = image.y_chroma_shift = 1;
  for (int i = 0; i < 3; i++) {
    // The encoder reads only.
    image.planes[i] = (uint8_t *)picture->planes[i];
    image.stride[i] = (int)picture->strides[i];
  }
  vpx_enc_frame_flags_t flags = force_key ? VPX_EFLAG_FORCE_KF : 0;
  if (vpx_codec_encode(&encoder->codec, &image, time, duration, flags, VPX_DL_REALTIME) != VPX_CODEC_OK) return DOOR_FAILED;
  vpx_codec_iter_t iterator = NULL;
  for (const vpx_codec_cx_pkt_t *packet; (packet = vpx_codec_get_cx_data(&encoder->codec, &iterator));) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    *data = packet->data.frame.buf;
    *len = packet->data.frame.sz;
    *is_key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    return DOOR_PICTURE;
  }
  return DOOR_NONE;
}

// libdav1d.

typedef struct {
  Dav1dContext *context;
  Dav1dPicture picture;
} DoorAv1Decoder;

void door_av1_decoder_free(DoorAv1Decoder *decoder) {
  if (!decoder) return;
  dav1d_picture_unref(&decoder->picture);
  dav1d_close(&decoder->context);
  free(decoder);
}

DoorAv1Decoder *door_av1_decoder_new(uint32_t pixels_max) {
  DoorAv1Decoder *decoder = calloc(1, sizeof *decoder);
  if (!decoder) return NULL;
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.all_layers = 0;
  settings.frame_size_limit = pixels_max;
  settings.logger.callback = NULL;
  if (dav1d_open(&decoder->context, &settings) < 0) {
    free(decoder);
    return NULL;
  }
  return decoder;
}

// Takes out all pictures that are ready and keeps the last. Returns whether there was one.
static int take_pictures(DoorAv1Decoder *decoder, int *failed) {
  int taken = 0;
  for (;;) {
    Dav1dPicture picture;
    memset(&picture, 0, sizeof picture);
    int result = dav1d_get_picture(decoder->context, &picture);
    if (result < 0) {
      if (result != DAV1D_ERR(EAGAIN)) *failed = 1;
      return taken;
    }
    dav1d_picture_unref(&decoder->picture);
    decoder->picture = picture;
    taken = 1;
  }
}

// The largest size that a sequence header in `data` allows; 0 when there is none.
int door_av1_sequence_size(const uint8_t *data, size_t len, uint32_t *width, uint32_t *height) {
  Dav1dSequenceHeader header;
  if (dav1d_parse_sequence_header(&header, data, len) != 0) return 0;
  *width = (uint32_t)header.max_width;
  *height = (uint32_t)header.max_height;
  return 1;
}

int door_av1_decode(DoorAv1Decoder *decoder, const uint8_t *bytes, size_t len, DoorPicture *out) {
  Dav1dData data;
  memset(&data, 0, sizeof data);
  uint8_t *room = dav1d_data_create(&data, len);
  if (!room) return DOOR_FAILED;
  memcpy(room, bytes, len);
  int taken = 0, failed = 0;
  while (data.sz && !failed) {
    size_t before = data.sz;
    int result = dav1d_send_data(decoder->context, &data);
    if (result < 0 && result != DAV1D_ERR(EAGAIN)) failed = 1;
    int more = take_pictures(decoder, &failed);
    taken |= more;
    // Neither eaten nor drained: it would never end.
    if (data.sz == before && !more) failed = 1;
  }
  dav1d_data_unref(&data);
  if (failed) {
    dav1d_flush(decoder->context);
    return DOOR_FAILED;
  }
  if (!taken) return DOOR_NONE;
  const Dav1dPicture *picture = &decoder->picture;
  if (picture->p.layout != DAV1D_PIXEL_LAYOUT_I420 || picture->p.bpc != 8) return DOOR_FORMAT;
  for (int i = 0; i < 3; i++) {
    out->planes[i] = picture->data[i];
    out->strides[i] = picture->stride[i ? 1 : 0];
  }
  out->width = (uint32_t)picture->p.w;
  out->height = (uint32_t)picture->p.h;
  return DOOR_PICTURE;
}
