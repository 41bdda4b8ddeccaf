#include "engine/perception.h"

#include <ATen/ATen.h>
#include <torch/nn.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/model_folder/load_component.h"
#include "engine/models/face_network.h"
#include "engine/models/heat_peaks.h"
#include "engine/models/pose_network.h"
#include "engine/pipelines/registry.h"

namespace atelier::engine {
namespace {

constexpr int kPartMaps = kBodyPartCount + 1;
Unexpected TorchError(const c10::Error& error) {
  return MakeError(Code::kInternal, "TORCH", error.what_without_backtrace());
}

Status CheckPicture(const Image& picture, const char* field) {
  if (picture.empty() || picture.channels != 3) {
    return InvalidField(field, "an RGB picture",
                        std::to_string(picture.width) + "x" + std::to_string(picture.height) + "x" +
                            std::to_string(picture.channels));
  }
  return {};
}

/// The picture on the network's canvas: as large as fits, in the middle, its border pixels repeated
/// outwards. A picture pixel x lies at canvas pixel left + x * scale_x.
struct Canvas {
  Image image;
  double left = 0, top = 0;
  double scale_x = 1, scale_y = 1;
};

Canvas Fit(const Image& picture, int height, int width) {
  const double scale = std::min(static_cast<double>(height) / picture.height,
                                static_cast<double>(width) / picture.width);
  const int inner_height = std::clamp<int>(std::lround(picture.height * scale), 1, height);
  const int inner_width = std::clamp<int>(std::lround(picture.width * scale), 1, width);
  const int top = (height - inner_height) / 2;
  const int left = (width - inner_width) / 2;
  const Image inner = Resize(picture, inner_height, inner_width, ResizeFilter::kBilinear);
  Canvas canvas{.image = Image(height, width, 3),
                .left = static_cast<double>(left),
                .top = static_cast<double>(top),
                .scale_x = static_cast<double>(inner_width) / picture.width,
                .scale_y = static_cast<double>(inner_height) / picture.height};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const uint8_t* pixel = inner.at(std::clamp(y - top, 0, inner_height - 1),
                                      std::clamp(x - left, 0, inner_width - 1));
      std::copy(pixel, pixel + 3, canvas.image.at(y, x));
    }
  }
  return canvas;
}

/// Bilinear position on one axis of a map.
struct Between {
  int low = 0, high = 0;
  float part = 0;
};

/// Picture pixels -> cells of a half-size map. Cell i was trained on pixel 2 i.
std::vector<Between> HalfPositions(int count, double offset, double scale, int64_t cells) {
  std::vector<Between> positions(count);
  for (int i = 0; i < count; ++i) {
    const double pixel = offset + (i + 0.5) * scale;
    const double cell = std::clamp((pixel - 0.5) / 2, 0.0, static_cast<double>(cells - 1));
    const int low = static_cast<int>(cell);
    positions[i] = {low, static_cast<int>(std::min<int64_t>(low + 1, cells - 1)),
                    static_cast<float>(cell - low)};
  }
  return positions;
}

/// A contiguous [h, w, C] float map.
struct CellMap {
  explicit CellMap(const at::Tensor& maps)  // [1, C, h, w]
      : cells(maps[0].permute({1, 2, 0}).to(at::kFloat).contiguous()),
        data(cells.const_data_ptr<float>()),
        height(cells.size(0)),
        width(cells.size(1)),
        channels(cells.size(2)) {}
  const float* at(int y, int x) const { return data + (y * width + x) * channels; }

  at::Tensor cells;
  const float* data;
  int64_t height, width, channels;
};

uint8_t ToByte(float fraction) {
  return static_cast<uint8_t>(std::clamp(fraction, 0.0f, 1.0f) * 255.0f + 0.5f);
}

/// Fills `iuv`; returns the mean probability of the chosen parts over the person's pixels.
float ReadParts(const PoseMaps& maps, const Canvas& canvas, Image& iuv) {
  const CellMap parts(maps.parts), uv(maps.uv);
  const auto rows = HalfPositions(iuv.height, canvas.top, canvas.scale_y, parts.height);
  const auto columns = HalfPositions(iuv.width, canvas.left, canvas.scale_x, parts.width);
  double total = 0;
  int64_t count = 0;
  std::array<float, kPartMaps> logits;
  for (int y = 0; y < iuv.height; ++y) {
    const Between& row = rows[y];
    for (int x = 0; x < iuv.width; ++x) {
      const Between& column = columns[x];
      const auto blend = [&](const CellMap& map, int64_t c) {
        const float above = map.at(row.low, column.low)[c] * (1 - column.part) +
                            map.at(row.low, column.high)[c] * column.part;
        const float below = map.at(row.high, column.low)[c] * (1 - column.part) +
                            map.at(row.high, column.high)[c] * column.part;
        return above * (1 - row.part) + below * row.part;
      };
      int best = 0;
      for (int part = 0; part < kPartMaps; ++part) {
        logits[part] = blend(parts, part);
        if (logits[part] > logits[best]) best = part;
      }
      if (best == 0) continue;
      float sum = 0;
      for (const float logit : logits) sum += std::exp(logit - logits[best]);
      total += 1.0 / sum;
      ++count;
      uint8_t* pixel = iuv.at(y, x);
      pixel[0] = static_cast<uint8_t>(best);
      pixel[1] = ToByte(blend(uv, best - 1));
      pixel[2] = ToByte(blend(uv, kBodyPartCount + best - 1));
    }
  }
  return count == 0 ? 0.0f : static_cast<float>(total / static_cast<double>(count));
}

Keypoints ReadKeypoints(const PoseMaps& maps, const Canvas& canvas, const Image& picture) {
  const at::Tensor heat = at::sigmoid(maps.heat[0].to(at::kFloat));  // [18, h, w]
  const double cell_x = static_cast<double>(canvas.image.width) / heat.size(2);
  const double cell_y = static_cast<double>(canvas.image.height) / heat.size(1);
  Keypoints keypoints = ReadHeatPeaks(heat);
  for (Keypoint& point : keypoints) {
    point.x = static_cast<float>((point.x * cell_x - canvas.left) / canvas.scale_x);
    point.y = static_cast<float>((point.y * cell_y - canvas.top) / canvas.scale_y);
    const bool inside = point.x >= 0 && point.y >= 0 &&
                        point.x < static_cast<float>(picture.width) &&
                        point.y < static_cast<float>(picture.height);
    if (!inside) point = {};
  }
  return keypoints;
}

class NetworkPoseEstimator final : public PoseEstimator {
 public:
  explicit NetworkPoseEstimator(PoseNetwork network) : network_(std::move(network)) {}

  Result<PoseEstimate> Estimate(const Image& picture) override {
    ATELIER_RETURN_IF_ERROR(CheckPicture(picture, "picture"));
    try {
      const c10::InferenceMode inference;
      const Canvas canvas = Fit(picture, static_cast<int>(network_->config().height),
                                static_cast<int>(network_->config().width));
      const PoseMaps maps = network_->forward(ToTensor(canvas.image) * 2.0 - 1.0);
      PoseEstimate estimate;
      estimate.iuv = Image(picture.height, picture.width, 3);
      estimate.confidence = ReadParts(maps, canvas, estimate.iuv);
      estimate.keypoints = ReadKeypoints(maps, canvas, picture);
      return estimate;
    } catch (const c10::Error& error) {
      return TorchError(error);
    }
  }

 private:
  PoseNetwork network_;
};

class NetworkFaceEmbedder final : public FaceEmbedder {
 public:
  explicit NetworkFaceEmbedder(FaceNetwork network) : network_(std::move(network)) {}

  Result<std::vector<float>> Embed(const Image& crop) override {
    ATELIER_RETURN_IF_ERROR(CheckPicture(crop, "crop"));
    try {
      const c10::InferenceMode inference;
      const int size = static_cast<int>(network_->config().size);
      const Image resized = Resize(crop, size, size, ResizeFilter::kBilinear);
      const at::Tensor embedding =
          network_->Embed(ToTensor(resized) * 2.0 - 1.0)[0].to(at::kFloat).contiguous();
      const float* values = embedding.const_data_ptr<float>();
      return std::vector<float>(values, values + embedding.numel());
    } catch (const c10::Error& error) {
      return TorchError(error);
    }
  }

 private:
  FaceNetwork network_;
};

}  // namespace

Result<std::unique_ptr<PoseEstimator>> PoseEstimator::Load(
    const std::filesystem::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(model_folder));
  ATELIER_ASSIGN_OR_RETURN(const PoseNetworkConfig config,
                           ReadConfig(model, "pose_network", &ParsePoseNetworkConfig));
  try {
    PoseNetwork network(config);
    ATELIER_RETURN_IF_ERROR(LoadComponent(model, "pose_network", *network));
    return std::make_unique<NetworkPoseEstimator>(std::move(network));
  } catch (const c10::Error& error) {
    return TorchError(error);
  }
}

Result<std::vector<std::filesystem::path>> ComponentFiles(const std::filesystem::path& model_folder,
                                                          const std::string& component) {
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(model_folder));
  std::vector<std::filesystem::path> files{model_folder / "model.json"};
  if (!model.Has(component)) return files;
  ATELIER_ASSIGN_OR_RETURN(const ComponentConfig* described, model.Component(component));
  files.insert(files.end(), described->weights.begin(), described->weights.end());
  return files;
}

Result<std::unique_ptr<PoseEstimator>> PoseEstimator::LoadIfAny(
    const std::filesystem::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(model_folder));
  if (!model.Has("pose_network")) return nullptr;
  return Load(model_folder);
}

Result<std::unique_ptr<FaceEmbedder>> FaceEmbedder::Load(
    const std::filesystem::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(model_folder));
  ATELIER_ASSIGN_OR_RETURN(const FaceNetworkConfig config,
                           ReadConfig(model, "face_network", &ParseFaceNetworkConfig));
  try {
    FaceNetwork network(config);
    ATELIER_RETURN_IF_ERROR(LoadComponent(model, "face_network", *network));
    return std::make_unique<NetworkFaceEmbedder>(std::move(network));
  } catch (const c10::Error& error) {
    return TorchError(error);
  }
}

Result<std::unique_ptr<FaceEmbedder>> FaceEmbedder::LoadIfAny(
    const std::filesystem::path& model_folder) {
  ATELIER_ASSIGN_OR_RETURN(const ModelFolder model, ReadModelFolder(model_folder));
  if (!model.Has("face_network")) return nullptr;
  return Load(model_folder);
}

}  // namespace atelier::engine
