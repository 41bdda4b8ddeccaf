#include "film/film_reader.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "picture/film/film_header.h"

namespace atelier::film {
namespace {

constexpr int kBufferBytes = 64 << 10;
/// Seconds.
constexpr double kSameTime = 1e-6;

Unexpected NotRead(std::string_view field, const std::string& why) {
  Error error{Code::kFailedPrecondition, "FILM_NOT_READ",
              std::string(field) + ": the film cannot be read: " + why, std::string(field)};
  return Unexpected(std::move(error));
}

std::string AvText(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

/// FFmpeg names one demuxer by several names.
const char* DemuxerOf(FilmContainer container) {
  switch (container) {
    case FilmContainer::kMp4:
      return "mp4";
    case FilmContainer::kWebm:
      return "webm";
    case FilmContainer::kGif:
      return "gif";
  }
  return "";
}

/// Codecs that cameras and tools put into these containers. FFmpeg has hundreds, most of them
/// seldom looked after.
bool IsKnownCodec(AVCodecID id) {
  constexpr AVCodecID kCodecs[] = {AV_CODEC_ID_H264,  AV_CODEC_ID_HEVC, AV_CODEC_ID_VP8,
                                   AV_CODEC_ID_VP9,   AV_CODEC_ID_AV1,  AV_CODEC_ID_MPEG4,
                                   AV_CODEC_ID_MJPEG, AV_CODEC_ID_GIF};
  return std::find(std::begin(kCodecs), std::end(kCodecs), id) != std::end(kCodecs);
}

Image TurnedClockwise(const Image& image, int quarter_turns) {
  if (quarter_turns == 0) return image;
  const bool swaps = quarter_turns % 2 == 1;
  Image turned;
  turned.height = swaps ? image.width : image.height;
  turned.width = swaps ? image.height : image.width;
  turned.channels = image.channels;
  turned.data.resize(image.data.size());
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const int to_y = quarter_turns == 1   ? x
                       : quarter_turns == 2 ? image.height - 1 - y
                                            : image.width - 1 - x;
      const int to_x = quarter_turns == 1   ? image.height - 1 - y
                       : quarter_turns == 2 ? image.width - 1 - x
                                            : y;
      const auto from = static_cast<size_t>(3 * (y * image.width + x));
      const auto to = static_cast<size_t>(3 * (to_y * turned.width + to_x));
      std::copy_n(image.data.begin() + static_cast<ptrdiff_t>(from), 3,
                  turned.data.begin() + static_cast<ptrdiff_t>(to));
    }
  }
  return turned;
}

}  // namespace

class FilmReader::Decoder {
 public:
  Decoder(std::string bytes, std::string_view field, double frame_rate)
      : bytes_(std::move(bytes)), field_(field), frame_rate_(frame_rate) {}
  ~Decoder() {
    sws_freeContext(scaler_);
    av_packet_free(&packet_);
    av_frame_free(&frame_);
    av_frame_free(&shown_);
    avcodec_free_context(&codec_);
    avformat_close_input(&format_);
    if (io_ != nullptr) av_freep(&io_->buffer);
    avio_context_free(&io_);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Status Open() {
    ATELIER_ASSIGN_OR_RETURN(const FilmHeader header, ReadFilmHeader(bytes_, field_));
    ATELIER_RETURN_IF_ERROR(OpenFormat(header.container));
    ATELIER_RETURN_IF_ERROR(OpenCodec());
    frame_ = av_frame_alloc();
    shown_ = av_frame_alloc();
    packet_ = av_packet_alloc();
    if (!frame_ || !shown_ || !packet_) return NotRead(field_, "memory ran out");
    return {};
  }

  Result<std::optional<Image>> Next() {
    const double time = static_cast<double>(given_) / frame_rate_;
    // What is shown at `time` is the last frame that does not begin after it.
    while (true) {
      if (!has_next_ && !ended_) ATELIER_RETURN_IF_ERROR(Decode());
      if (!has_next_ || next_time_ > time + kSameTime) break;
      std::swap(frame_, shown_);
      has_shown_ = true;
      has_next_ = false;
    }
    if (!has_shown_) return InvalidField(field_, "a film of 1 frame or more", "0 frames");
    const bool over = ended_ && !has_next_ && time >= end_time_ - kSameTime;
    if (over && given_ > 0) return std::optional<Image>();
    ++given_;
    ATELIER_ASSIGN_OR_RETURN(Image image, ToImage());
    return std::optional<Image>(std::move(image));
  }

 private:
  static int Read(void* opaque, uint8_t* buffer, int size) {
    auto& self = *static_cast<Decoder*>(opaque);
    const size_t left = self.bytes_.size() - self.at_;
    if (left == 0) return AVERROR_EOF;
    const size_t count = std::min(left, static_cast<size_t>(size));
    std::memcpy(buffer, self.bytes_.data() + self.at_, count);
    self.at_ += count;
    return static_cast<int>(count);
  }

  static int64_t Seek(void* opaque, int64_t offset, int whence) {
    auto& self = *static_cast<Decoder*>(opaque);
    const auto size = static_cast<int64_t>(self.bytes_.size());
    if (whence == AVSEEK_SIZE) return size;
    const int64_t base = whence == SEEK_SET   ? 0
                         : whence == SEEK_CUR ? static_cast<int64_t>(self.at_)
                                              : size;
    if (offset < -base || offset > size - base) return AVERROR(EINVAL);
    self.at_ = static_cast<size_t>(base + offset);
    return base + offset;
  }

  Status OpenFormat(FilmContainer container) {
    auto* const buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
    io_ =
        avio_alloc_context(buffer, kBufferBytes, 0, this, &Decoder::Read, nullptr, &Decoder::Seek);
    format_ = avformat_alloc_context();
    if (!io_ || !format_) return NotRead(field_, "memory ran out");
    format_->pb = io_;
    // Nothing but the bytes is opened, whatever they name.
    format_->flags |= AVFMT_FLAG_CUSTOM_IO;
    const AVInputFormat* const demuxer = av_find_input_format(DemuxerOf(container));
    // A GIF goes round once, whatever it says.
    int code = avformat_open_input(&format_, nullptr, demuxer, nullptr);
    if (code >= 0) code = avformat_find_stream_info(format_, nullptr);
    if (code < 0) return NotRead(field_, AvText(code));
    return {};
  }

  Status OpenCodec() {
    const AVCodec* codec = nullptr;
    stream_ = av_find_best_stream(format_, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (stream_ < 0 || codec == nullptr) return NotRead(field_, "it has no pictures");
    const AVStream& stream = *format_->streams[stream_];
    if (!IsKnownCodec(codec->id)) {
      return NotRead(field_, std::string("its pictures are coded as ") + codec->name +
                                 "; H.264, HEVC, VP8, VP9, AV1, MPEG-4, MJPEG and GIF are read");
    }
    ATELIER_RETURN_IF_ERROR(CheckStream(stream));
    codec_ = avcodec_alloc_context3(codec);
    if (!codec_ || avcodec_parameters_to_context(codec_, stream.codecpar) < 0) {
      return NotRead(field_, "memory ran out");
    }
    codec_->thread_count = 1;
    codec_->max_pixels = kMaxFilmPixels;
    const int code = avcodec_open2(codec_, codec, nullptr);
    if (code < 0) return NotRead(field_, AvText(code));
    time_base_ = av_q2d(stream.time_base);
    turns_ = QuarterTurns(stream);
    return {};
  }

  Status CheckStream(const AVStream& stream) {
    FilmHeader told;
    told.height = stream.codecpar->height;
    told.width = stream.codecpar->width;
    if (format_->duration > 0) told.seconds = static_cast<double>(format_->duration) / AV_TIME_BASE;
    return CheckFilmLimits(told, field_);
  }

  static int QuarterTurns(const AVStream& stream) {
    const uint8_t* const matrix =
        av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
    if (matrix == nullptr) return 0;
    int32_t copy[9];
    std::memcpy(copy, matrix, sizeof copy);
    const double clockwise = -av_display_rotation_get(copy);
    if (!std::isfinite(clockwise)) return 0;
    return ((static_cast<int>(std::lround(clockwise / 90)) % 4) + 4) % 4;
  }

  /// The next frame of the file into `frame_`; `ended_` after the last.
  Status Decode() {
    while (true) {
      const int code = avcodec_receive_frame(codec_, frame_);
      if (code == 0) return NoteFrame();
      if (code == AVERROR_EOF) {
        ended_ = true;
        return {};
      }
      if (code != AVERROR(EAGAIN)) return NotRead(field_, AvText(code));
      ATELIER_RETURN_IF_ERROR(SendPacket());
    }
  }

  Status SendPacket() {
    while (true) {
      const int code = av_read_frame(format_, packet_);
      if (code == AVERROR_EOF) {
        (void)avcodec_send_packet(codec_, nullptr);
        return {};
      }
      if (code < 0) return NotRead(field_, AvText(code));
      const bool ours = packet_->stream_index == stream_;
      const int sent = ours ? avcodec_send_packet(codec_, packet_) : 0;
      av_packet_unref(packet_);
      if (sent < 0) return NotRead(field_, AvText(sent));
      if (ours) return {};
    }
  }

  Status NoteFrame() {
    const AVFrame& frame = *frame_;
    const double last = next_time_;
    const double length = static_cast<double>(frame.pkt_duration) * time_base_;
    double time = static_cast<double>(frame.best_effort_timestamp) * time_base_;
    if (decoded_ == 0) first_time_ = frame.best_effort_timestamp == AV_NOPTS_VALUE ? 0 : time;
    time -= first_time_;
    if (frame.best_effort_timestamp == AV_NOPTS_VALUE || (decoded_ > 0 && time < last)) {
      time = last + std::max(length, 1e-3);
    }
    ++decoded_;
    next_time_ = time;
    end_time_ = time + (length > 0 ? length : decoded_ > 1 ? time - last : 1.0 / frame_rate_);
    has_next_ = true;
    FilmHeader found;
    found.height = frame.height;
    found.width = frame.width;
    found.seconds = end_time_;
    // A second of grace, over which a rate is measured.
    if (end_time_ > 1) found.frames = decoded_;
    return CheckFilmLimits(found, field_);
  }

  Result<Image> ToImage() {
    const AVFrame& frame = *shown_;
    // One size for all of them: the first one's.
    if (height_ == 0) {
      height_ = frame.height;
      width_ = frame.width;
    }
    scaler_ = sws_getCachedContext(
        scaler_, frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), width_,
        height_, AV_PIX_FMT_RGB24, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
    if (scaler_ == nullptr) return NotRead(field_, "its pixels are of an unknown kind");
    Image image;
    image.height = height_;
    image.width = width_;
    image.channels = 3;
    image.data.resize(size_t{3} * static_cast<size_t>(height_) * static_cast<size_t>(width_));
    uint8_t* const rows[] = {image.data.data()};
    const int strides[] = {3 * width_};
    sws_scale(scaler_, frame.data, frame.linesize, 0, frame.height, rows, strides);
    return TurnedClockwise(image, turns_);
  }

  const std::string bytes_;
  const std::string field_;
  const double frame_rate_;
  size_t at_ = 0;
  AVIOContext* io_ = nullptr;
  AVFormatContext* format_ = nullptr;
  AVCodecContext* codec_ = nullptr;
  SwsContext* scaler_ = nullptr;
  AVPacket* packet_ = nullptr;
  /// What was decoded last, and what is shown until it begins.
  AVFrame* frame_ = nullptr;
  AVFrame* shown_ = nullptr;
  int stream_ = -1;
  int turns_ = 0;
  double time_base_ = 0;
  double first_time_ = 0;
  int64_t decoded_ = 0;
  int64_t given_ = 0;
  bool has_shown_ = false;
  bool has_next_ = false;
  bool ended_ = false;
  double next_time_ = 0;
  double end_time_ = 0;
  int height_ = 0, width_ = 0;
};

Result<std::unique_ptr<FilmReader>> FilmReader::Open(std::string bytes, std::string_view field,
                                                     double frame_rate) {
  av_log_set_level(AV_LOG_QUIET);
  auto decoder = std::make_unique<Decoder>(std::move(bytes), field, frame_rate);
  ATELIER_RETURN_IF_ERROR(decoder->Open());
  return std::unique_ptr<FilmReader>(new FilmReader(std::move(decoder)));
}

FilmReader::FilmReader(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}
FilmReader::~FilmReader() = default;
Result<std::optional<Image>> FilmReader::Next() { return decoder_->Next(); }

}  // namespace atelier::film
