#include "film/film_writer.h"
#include "picture/files/byte_order.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cmath>
#include <cstring>

namespace atelier::film {
namespace {

constexpr int kBufferBytes = 64 << 10;
/// Of x264, 0 (no loss) to 51: no loss that one sees.
constexpr char kQuality[] = "18";
/// The user type of an XMP packet's `uuid` box (XMP Specification Part 3).
constexpr std::string_view kXmpUuid(
    "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac", 16);

Unexpected Failed(const std::string& what, int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return MakeError(Code::kInternal, "FILM_NOT_WRITTEN", "the film: " + what + ": " + text);
}

class Mp4Writer final : public FilmWriter {
 public:
  explicit Mp4Writer(FilmSettings settings) : settings_(std::move(settings)) {}
  ~Mp4Writer() override {
    sws_freeContext(scaler_);
    av_packet_free(&packet_);
    av_frame_free(&frame_);
    avcodec_free_context(&codec_);
    avformat_free_context(format_);
    if (io_ != nullptr) av_freep(&io_->buffer);
    avio_context_free(&io_);
  }
  Mp4Writer(const Mp4Writer&) = delete;
  Mp4Writer& operator=(const Mp4Writer&) = delete;

  Status Open() {
    if (const int code = avformat_alloc_output_context2(&format_, nullptr, "mp4", nullptr);
        code < 0) {
      return Failed("no MP4", code);
    }
    auto* const buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
    io_ = avio_alloc_context(buffer, kBufferBytes, 1, this, nullptr, &Mp4Writer::Write,
                             &Mp4Writer::Seek);
    format_->pb = io_;
    format_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
    ATELIER_RETURN_IF_ERROR(OpenCodec());
    AVStream* const stream = avformat_new_stream(format_, nullptr);
    if (int code = avcodec_parameters_from_context(stream->codecpar, codec_); code < 0) {
      return Failed("no stream", code);
    }
    stream->time_base = codec_->time_base;
    if (!settings_.comment.empty()) {
      av_dict_set(&format_->metadata, "comment", settings_.comment.c_str(), 0);
    }
    if (int code = avformat_write_header(format_, nullptr); code < 0) {
      return Failed("no header", code);
    }
    frame_ = av_frame_alloc();
    packet_ = av_packet_alloc();
    frame_->format = AV_PIX_FMT_YUV420P;
    frame_->width = settings_.width;
    frame_->height = settings_.height;
    frame_->color_range = AVCOL_RANGE_MPEG;
    if (int code = av_frame_get_buffer(frame_, 0); code < 0) return Failed("no memory", code);
    scaler_ = sws_getContext(settings_.width, settings_.height, AV_PIX_FMT_RGB24, settings_.width,
                             settings_.height, AV_PIX_FMT_YUV420P, SWS_BICUBIC | SWS_ACCURATE_RND,
                             nullptr, nullptr, nullptr);
    const int* const bt709 = sws_getCoefficients(SWS_CS_ITU709);
    constexpr int kNone = 0, kOne = 1 << 16;
    sws_setColorspaceDetails(scaler_, bt709, 1, bt709, 0, kNone, kOne, kOne);
    return {};
  }

  Status Add(const Image& image) override {
    if (int code = av_frame_make_writable(frame_); code < 0) return Failed("no memory", code);
    const uint8_t* const rows[] = {image.data.data()};
    const int strides[] = {3 * image.width};
    sws_scale(scaler_, rows, strides, 0, image.height, frame_->data, frame_->linesize);
    frame_->pts = frames_++;
    if (int code = avcodec_send_frame(codec_, frame_); code < 0) return Failed("a frame", code);
    return WritePackets();
  }

  Result<std::string> Finish() override {
    if (int code = avcodec_send_frame(codec_, nullptr); code < 0) return Failed("the end", code);
    ATELIER_RETURN_IF_ERROR(WritePackets());
    if (int code = av_write_trailer(format_); code < 0) return Failed("the trailer", code);
    avio_flush(io_);
    if (!settings_.xmp.empty()) AppendXmp();
    return std::move(bytes_);
  }

 private:
  Status OpenCodec() {
    const AVCodec* const codec = avcodec_find_encoder(AV_CODEC_ID_H264);
    if (codec == nullptr) {
      return MakeError(Code::kInternal, "FILM_NOT_WRITTEN", "FFmpeg has no encoder of H.264 here");
    }
    codec_ = avcodec_alloc_context3(codec);
    codec_->width = settings_.width;
    codec_->height = settings_.height;
    codec_->pix_fmt = AV_PIX_FMT_YUV420P;
    codec_->time_base = av_inv_q(av_d2q(settings_.frame_rate, 1 << 16));
    codec_->framerate = av_inv_q(codec_->time_base);
    codec_->color_primaries = AVCOL_PRI_BT709;
    codec_->color_trc = AVCOL_TRC_BT709;
    codec_->colorspace = AVCOL_SPC_BT709;
    codec_->color_range = AVCOL_RANGE_MPEG;
    codec_->thread_count = 1;
    codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    // Others than x264 do not know it.
    (void)av_opt_set(codec_->priv_data, "crf", kQuality, 0);
    if (int code = avcodec_open2(codec_, codec, nullptr); code < 0) {
      return Failed("no encoder of H.264", code);
    }
    return {};
  }

  Status WritePackets() {
    while (true) {
      int code = avcodec_receive_packet(codec_, packet_);
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
      if (code < 0) return Failed("encoding", code);
      if (packet_->duration == 0) packet_->duration = 1;
      av_packet_rescale_ts(packet_, codec_->time_base, format_->streams[0]->time_base);
      packet_->stream_index = 0;
      code = av_interleaved_write_frame(format_, packet_);
      if (code < 0) return Failed("writing", code);
    }
  }

  void AppendXmp() {
    std::string box;
    AppendBigEndian(8 + kXmpUuid.size() + settings_.xmp.size(), 4, box);
    bytes_ += box + "uuid" + std::string(kXmpUuid) + settings_.xmp;
  }

  static int Write(void* opaque, uint8_t* buffer, int size) {
    auto& self = *static_cast<Mp4Writer*>(opaque);
    const size_t end = self.at_ + static_cast<size_t>(size);
    if (self.bytes_.size() < end) self.bytes_.resize(end);
    std::memcpy(self.bytes_.data() + self.at_, buffer, static_cast<size_t>(size));
    self.at_ = end;
    return size;
  }

  static int64_t Seek(void* opaque, int64_t offset, int whence) {
    auto& self = *static_cast<Mp4Writer*>(opaque);
    const auto size = static_cast<int64_t>(self.bytes_.size());
    if (whence == AVSEEK_SIZE) return size;
    const int64_t base = whence == SEEK_SET   ? 0
                         : whence == SEEK_CUR ? static_cast<int64_t>(self.at_)
                                              : size;
    if (base + offset < 0) return AVERROR(EINVAL);
    self.at_ = static_cast<size_t>(base + offset);
    return base + offset;
  }

  const FilmSettings settings_;
  std::string bytes_;
  size_t at_ = 0;
  int64_t frames_ = 0;
  AVIOContext* io_ = nullptr;
  AVFormatContext* format_ = nullptr;
  AVCodecContext* codec_ = nullptr;
  SwsContext* scaler_ = nullptr;
  AVFrame* frame_ = nullptr;
  AVPacket* packet_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<FilmWriter>> MakeMp4Writer(const FilmSettings& settings) {
  av_log_set_level(AV_LOG_QUIET);
  auto writer = std::make_unique<Mp4Writer>(settings);
  ATELIER_RETURN_IF_ERROR(writer->Open());
  return std::unique_ptr<FilmWriter>(std::move(writer));
}

}  // namespace atelier::film
