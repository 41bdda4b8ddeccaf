#include "perception/dense_pose/dense_pose.h"

#include <torch/script.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "perception/dense_pose/torchvision_operators.h"

namespace atelier::perception {
namespace {

constexpr int kParts = 25;  // 24 and the background

Unexpected BadOutput(const std::string& rule, const std::string& given) {
  return MakeError(Code::kFailedPrecondition, "DENSEPOSE_OUTPUT",
                   "the DensePose network must return " + rule + ". Given: " + given);
}

std::string ShapeText(const at::Tensor& tensor) {
  std::string text = "[";
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(tensor.size(i));
  }
  return text + "]";
}

/// What the network says of one picture. N persons.
struct Persons {
  at::Tensor boxes;   // [N, 4]
  at::Tensor scores;  // [N]
  at::Tensor coarse;  // [N, C, h, w]
  at::Tensor fine;    // [N, 25, h, w]
  at::Tensor u;       // [N, 25, h, w]
  at::Tensor v;       // [N, 25, h, w]
};

/// `name` as floats; `shape` of -1 is any size. Undefined when an optional one is not there.
Result<at::Tensor> Field(const c10::Dict<c10::IValue, c10::IValue>& answer, const std::string& name,
                         const std::vector<int64_t>& shape) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->value().isTensor()) {
    return BadOutput("a tensor `" + name + "`", "none");
  }
  at::Tensor tensor = found->value().toTensor().detach().to(at::kCPU, at::kFloat);
  bool fits = tensor.dim() == static_cast<int64_t>(shape.size());
  for (size_t i = 0; fits && i < shape.size(); ++i) {
    fits = shape[i] < 0 ? tensor.size(i) > 0 : tensor.size(i) == shape[i];
  }
  if (fits) return tensor;
  std::string rule;
  for (const int64_t size : shape) {
    rule += (rule.empty() ? "" : ", ") + (size < 0 ? std::string("any") : std::to_string(size));
  }
  return BadOutput("`" + name + "` as [" + rule + "]", ShapeText(tensor));
}

Result<Persons> PersonsOf(const c10::IValue& answer) {
  if (!answer.isGenericDict()) return BadOutput("Dict[str, Tensor]", answer.tagKind());
  const auto fields = answer.toGenericDict();
  if (!fields.keyType()->isSubtypeOf(*c10::StringType::get())) {
    return BadOutput("Dict[str, Tensor]", "other keys");
  }
  const auto boxes = fields.find("pred_boxes");
  if (boxes == fields.end() || !boxes->value().isTensor() || boxes->value().toTensor().dim() != 2) {
    return BadOutput("a tensor `pred_boxes` [N, 4]", "none");
  }
  const int64_t count = boxes->value().toTensor().size(0);
  Persons persons;
  if (count == 0) return persons;  // Without persons the maps may have any shape.
  ATELIER_ASSIGN_OR_RETURN(persons.boxes, Field(fields, "pred_boxes", {count, 4}));
  persons.scores = at::ones({count});
  if (fields.contains("scores")) {
    ATELIER_ASSIGN_OR_RETURN(persons.scores, Field(fields, "scores", {count}));
  }
  ATELIER_ASSIGN_OR_RETURN(persons.coarse,
                           Field(fields, "pred_densepose_coarse_segm", {count, -1, -1, -1}));
  ATELIER_ASSIGN_OR_RETURN(persons.fine,
                           Field(fields, "pred_densepose_fine_segm", {count, kParts, -1, -1}));
  ATELIER_ASSIGN_OR_RETURN(persons.u, Field(fields, "pred_densepose_u", {count, kParts, -1, -1}));
  ATELIER_ASSIGN_OR_RETURN(persons.v, Field(fields, "pred_densepose_v", {count, kParts, -1, -1}));
  if (!at::isfinite(persons.boxes).all().item<bool>()) {
    return BadOutput("`pred_boxes` of finite numbers", "others");
  }
  return persons;
}

/// [1, C, h, w] -> [C, height, width], contiguous.
at::Tensor Stretch(const at::Tensor& maps, int64_t height, int64_t width) {
  return at::upsample_bilinear2d(maps, {height, width}, /*align_corners=*/false)[0].contiguous();
}

/// Cut, not rounded, as detectron2 writes its IUV.
uint8_t ToByte(float fraction) {
  return static_cast<uint8_t>(std::clamp(fraction, 0.0f, 1.0f) * 255.0f);
}

/// A box in whole pixels, as detectron2 cuts it: the corner and the size each rounded down.
struct PixelBox {
  int64_t left = 0, top = 0, width = 1, height = 1;
};

PixelBox PixelBoxOf(const at::Tensor& box, const Image& picture) {
  const float* side = box.const_data_ptr<float>();
  const auto clamped = [](float value, int limit) {
    return static_cast<int64_t>(std::clamp(value, 0.0f, static_cast<float>(limit)));
  };
  PixelBox pixels;
  pixels.left = clamped(side[0], picture.width - 1);
  pixels.top = clamped(side[1], picture.height - 1);
  pixels.width = std::max<int64_t>(clamped(side[2] - side[0], picture.width), 1);
  pixels.height = std::max<int64_t>(clamped(side[3] - side[1], picture.height), 1);
  return pixels;
}

/// Draws one person into `reading.iuv`.
void Draw(const Persons& persons, int64_t person, IuvReading& reading) {
  Image& iuv = reading.iuv;
  const PixelBox box = PixelBoxOf(persons.boxes[person].contiguous(), iuv);
  const auto maps = [&](const at::Tensor& all) {
    return Stretch(all.slice(0, person, person + 1), box.height, box.width);
  };
  const at::Tensor probabilities = maps(persons.fine).softmax(0);  // [25, h, w]
  const at::Tensor inside = maps(persons.coarse).argmax(0).gt(0).to(at::kFloat).contiguous();
  const at::Tensor part = probabilities.argmax(0).to(at::kInt).contiguous();
  const at::Tensor sure = std::get<0>(probabilities.max(0)).contiguous();
  const at::Tensor u = maps(persons.u), v = maps(persons.v);
  const int64_t area = box.height * box.width;
  double total = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < area; ++i) {
    const int64_t x = box.left + i % box.width, y = box.top + i / box.width;
    const int here = part.const_data_ptr<int>()[i];
    if (here == 0 || inside.const_data_ptr<float>()[i] == 0) continue;
    if (x >= iuv.width || y >= iuv.height) continue;
    total += sure.const_data_ptr<float>()[i];
    ++count;
    uint8_t* pixel = iuv.at(static_cast<int>(y), static_cast<int>(x));
    pixel[0] = static_cast<uint8_t>(here);
    pixel[1] = ToByte(u.const_data_ptr<float>()[here * area + i]);
    pixel[2] = ToByte(v.const_data_ptr<float>()[here * area + i]);
  }
  if (count > 0) reading.confidence = static_cast<float>(total / static_cast<double>(count));
}

int64_t Foremost(const Persons& persons) {
  const at::Tensor sides = persons.boxes.slice(1, 2, 4) - persons.boxes.slice(1, 0, 2);  // [N, 2]
  return (sides.clamp_min(0).prod(1) * persons.scores).argmax().item<int64_t>();
}

/// [H, W, 3] uint8, blue first. Owns its pixels.
at::Tensor BgrOf(const Image& picture) {
  return at::from_blob(const_cast<uint8_t*>(picture.data.data()),
                       {picture.height, picture.width, picture.channels}, at::kByte)
      .flip({2})
      .contiguous();
}

class ScriptedDensePose final : public DensePose {
 public:
  explicit ScriptedDensePose(torch::jit::Module module) : module_(std::move(module)) {}

  Result<IuvReading> Estimate(const Image& picture) override {
    try {
      const c10::InferenceMode inference;
      ATELIER_ASSIGN_OR_RETURN(const Persons persons, PersonsOf(module_.forward({BgrOf(picture)})));
      IuvReading reading{.iuv = Image(picture.height, picture.width, 3)};
      if (persons.boxes.defined()) Draw(persons, Foremost(persons), reading);
      return reading;
    } catch (const c10::Error& error) {
      return Broken(error.what_without_backtrace());
    } catch (const std::exception& error) {  // What the program itself raises.
      return Broken(error.what());
    }
  }

 private:
  static Unexpected Broken(const std::string& why) {
    return MakeError(Code::kInternal, "DENSEPOSE_RUN", "the DensePose network broke: " + why);
  }

  torch::jit::Module module_;
};

Unexpected Unreadable(const std::filesystem::path& file, const std::string& why) {
  return MakeError(Code::kInvalidArgument, "UNREADABLE_NETWORK",
                   file.string() + " cannot be read as TorchScript: " + why);
}

}  // namespace

Result<std::unique_ptr<DensePose>> DensePose::Load(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return MakeError(Code::kNotFound, "NO_NETWORK_FILE", file.string() + " is no file");
  }
  RegisterTorchvisionOperators();
  try {
    torch::jit::Module module = torch::jit::load(file.string(), at::kCPU);
    // Half-precision exports run in single precision on processors.
    module.to(at::kFloat);
    module.eval();
    const auto forward = module.find_method("forward");
    if (!forward) return Unreadable(file, "it has no forward()");
    const auto& arguments = forward->function().getSchema().arguments();
    int required = -1;  // self
    for (const auto& argument : arguments) required += !argument.default_value().has_value();
    if (arguments.size() < 2 || required > 1) {
      return Unreadable(file, "its forward() does not take one tensor");
    }
    return std::make_unique<ScriptedDensePose>(std::move(module));
  } catch (const c10::Error& failure) {
    return Unreadable(file, failure.what_without_backtrace());
  } catch (const std::exception& failure) {
    return Unreadable(file, failure.what());
  }
}

}  // namespace atelier::perception
