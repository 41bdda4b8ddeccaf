#include "perception/face/arcface.h"

#include <algorithm>
#include <cmath>

#include "perception/face/face_alignment.h"
#include "perception/photograph/dnn_network.h"
#include "perception/photograph/roi.h"

namespace atelier::perception {
namespace {

using photograph::DnnNetwork;

constexpr size_t kMinNumbers = 64;
constexpr size_t kMaxNumbers = 4096;

class ArcFace final : public engine::FaceEmbedder {
 public:
  explicit ArcFace(DnnNetwork network) : network_(std::move(network)) {}

  Result<std::vector<float>> Numbers(const Image& face) {
    return photograph::CatchOpenCv([&]() -> Result<std::vector<float>> {
      const photograph::CutOptions options{{kAlignedSize, kAlignedSize},
                                           photograph::Outside::kBlack,
                                           cv::Vec3f::all(-1),
                                           cv::Vec3f::all(1)};
      const auto cut = photograph::CutOut(face, photograph::SquareAround(face), options);
      ATELIER_ASSIGN_OR_RETURN(const std::vector<cv::Mat> outputs,
                               network_.Run(cut.blob, network_.outputs()));
      if (outputs.size() != 1) return std::vector<float>();
      ATELIER_RETURN_IF_ERROR(
          photograph::RequireFloats(outputs[0], outputs[0].total(), network_.outputs()[0]));
      const float* numbers = outputs[0].ptr<float>();
      return std::vector<float>(numbers, numbers + outputs[0].total());
    });
  }

  Result<std::vector<float>> Embed(const Image& face) override {
    if (face.height != kAlignedSize || face.width != kAlignedSize || face.channels != 3) {
      return InvalidField("face", "an aligned RGB face of 112 x 112",
                          std::to_string(face.width) + " x " + std::to_string(face.height));
    }
    ATELIER_ASSIGN_OR_RETURN(std::vector<float> embedding, Numbers(face));
    const bool finite = std::all_of(embedding.begin(), embedding.end(),
                                    [](float number) { return std::isfinite(number); });
    if (!finite) {
      return MakeError(Code::kInternal, "NETWORK_OUTPUT",
                       "the face embedder returned something else than numbers");
    }
    return embedding;
  }

 private:
  DnnNetwork network_;
};

}  // namespace

Result<std::unique_ptr<engine::FaceEmbedder>> LoadArcFace(const std::filesystem::path& file) {
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork network, DnnNetwork::Load(file));
  auto embedder = std::make_unique<ArcFace>(std::move(network));
  const auto tried = embedder->Numbers(Image(kAlignedSize, kAlignedSize, 3, 128));
  if (!tried) return Propagate(tried.error(), file.string());
  if (tried->size() < kMinNumbers || tried->size() > kMaxNumbers) {
    return MakeError(Code::kInvalidArgument, "UNKNOWN_FACE_EMBEDDER",
                     file.string() + " must have one output of 64 to 4096 numbers. Given: " +
                         std::to_string(tried->size()));
  }
  return embedder;
}

}  // namespace atelier::perception
