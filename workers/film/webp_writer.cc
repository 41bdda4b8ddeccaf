#include <webp/encode.h>
#include <webp/mux.h>

#include <cmath>
#include <utility>

#include "film/film_writer.h"

namespace atelier::film {
namespace {

Unexpected Failed(const std::string& what) {
  return MakeError(Code::kInternal, "FILM_NOT_WRITTEN", "the film: " + what);
}

class WebpWriter final : public FilmWriter {
 public:
  explicit WebpWriter(FilmSettings settings) : settings_(std::move(settings)) {}
  ~WebpWriter() override { WebPAnimEncoderDelete(encoder_); }
  WebpWriter(const WebpWriter&) = delete;
  WebpWriter& operator=(const WebpWriter&) = delete;

  Status Open() {
    WebPAnimEncoderOptions options;
    if (WebPAnimEncoderOptionsInit(&options) == 0) return Failed("another libwebp");
    encoder_ = WebPAnimEncoderNew(settings_.width, settings_.height, &options);
    return encoder_ != nullptr ? Status() : Failed("no memory");
  }

  Status Add(const Image& frame) override {
    constexpr float kQuality = 85;
    WebPConfig config;
    WebPPicture picture;
    if (WebPConfigInit(&config) == 0 || WebPPictureInit(&picture) == 0) {
      return Failed("another libwebp");
    }
    config.quality = kQuality;
    picture.use_argb = 1;
    picture.width = frame.width;
    picture.height = frame.height;
    const bool added = WebPPictureImportRGB(&picture, frame.data.data(), 3 * frame.width) != 0 &&
                       WebPAnimEncoderAdd(encoder_, &picture, TimeOf(frames_), &config) != 0;
    WebPPictureFree(&picture);
    ++frames_;
    return added ? Status() : Failed(WebPAnimEncoderGetError(encoder_));
  }

  Result<std::string> Finish() override {
    if (WebPAnimEncoderAdd(encoder_, nullptr, TimeOf(frames_), nullptr) == 0) {
      return Failed(WebPAnimEncoderGetError(encoder_));
    }
    WebPData data;
    WebPDataInit(&data);
    if (WebPAnimEncoderAssemble(encoder_, &data) == 0) {
      return Failed(WebPAnimEncoderGetError(encoder_));
    }
    if (!settings_.xmp.empty()) AddXmp(data);
    std::string bytes(reinterpret_cast<const char*>(data.bytes), data.size);
    WebPDataClear(&data);
    return bytes;
  }

 private:
  int TimeOf(int frame) const {
    return static_cast<int>(std::lround(1000.0 * frame / settings_.frame_rate));
  }

  /// Leaves the file as it is where there is no memory.
  void AddXmp(WebPData& data) const {
    WebPMux* const mux = WebPMuxCreate(&data, 1);
    if (mux == nullptr) return;
    const WebPData xmp{reinterpret_cast<const uint8_t*>(settings_.xmp.data()),
                       settings_.xmp.size()};
    WebPData with_xmp;
    WebPDataInit(&with_xmp);
    if (WebPMuxSetChunk(mux, "XMP ", &xmp, 1) == WEBP_MUX_OK &&
        WebPMuxAssemble(mux, &with_xmp) == WEBP_MUX_OK) {
      std::swap(data, with_xmp);
    }
    WebPDataClear(&with_xmp);
    WebPMuxDelete(mux);
  }

  const FilmSettings settings_;
  WebPAnimEncoder* encoder_ = nullptr;
  int frames_ = 0;
};

}  // namespace

Result<std::unique_ptr<FilmWriter>> MakeWebpWriter(const FilmSettings& settings) {
  auto writer = std::make_unique<WebpWriter>(settings);
  ATELIER_RETURN_IF_ERROR(writer->Open());
  return std::unique_ptr<FilmWriter>(std::move(writer));
}

}  // namespace atelier::film
