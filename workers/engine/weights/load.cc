#include "engine/weights/load.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "engine/weights/torch_file.h"

namespace atelier::engine {
namespace {

constexpr size_t kListedKeys = 20;

bool HasPrefix(const std::string& name, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return name.starts_with(prefix); });
}

/// "3 missing: a, b, c"; empty for none.
std::string Listed(const char* what, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  std::ostringstream text;
  text << keys.size() << ' ' << what << ": ";
  for (size_t i = 0; i < std::min(keys.size(), kListedKeys); ++i) {
    text << (i == 0 ? "" : ", ") << keys[i];
  }
  if (keys.size() > kListedKeys) text << " and " << keys.size() - kListedKeys << " more";
  return text.str();
}

std::string Shape(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

enum class Contents { kTensors, kShapes };

Result<TensorMap> ReadByExtension(const std::filesystem::path& path, Contents contents) {
  const bool shapes = contents == Contents::kShapes;
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") {
    ATELIER_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(path));
    return shapes ? file.Shapes() : file.All();
  }
  if (extension == ".pth" || extension == ".pt" || extension == ".bin" || extension == ".ckpt") {
    ATELIER_ASSIGN_OR_RETURN(TorchFile file, TorchFile::Open(path));
    auto tensors = shapes ? file.Shapes() : file.All();
    if (!tensors.has_value()) return Propagate(tensors.error(), path.string());
    return tensors;
  }
  return MakeError(
      Code::kUnimplemented, "WEIGHT_FORMAT",
      path.string() +
          ": weights must be .safetensors, .pth, .pt, .bin or .ckpt. Given: " + extension);
}

}  // namespace

TensorMap StateDict(const torch::nn::Module& module) {
  TensorMap state;
  for (const auto& item : module.named_parameters()) state[item.key()] = item.value().detach();
  for (const auto& item : module.named_buffers()) state[item.key()] = item.value().detach();
  return state;
}

std::vector<KeyMismatch> CompareStateDict(const TensorMap& state, const TensorMap& tensors,
                                          const LoadOptions& options) {
  using Kind = KeyMismatch::Kind;
  std::vector<KeyMismatch> mismatches;
  for (const auto& [name, target] : state) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      if (HasPrefix(name, options.allow_missing_prefixes)) continue;
      mismatches.push_back({Kind::kMissing, name, target.sizes().vec(), {}});
    } else if (found->second.sizes() != target.sizes()) {
      mismatches.push_back(
          {Kind::kMisshapen, name, target.sizes().vec(), found->second.sizes().vec()});
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (state.contains(name) || options.allow_extra) continue;
    if (HasPrefix(name, options.allow_extra_prefixes)) continue;
    mismatches.push_back({Kind::kExtra, name, {}, tensor.sizes().vec()});
  }
  return mismatches;
}

Status LoadStateDict(torch::nn::Module& module, const TensorMap& tensors,
                     const LoadOptions& options) {
  const TensorMap state = StateDict(module);
  std::vector<std::string> missing, extra, misshapen;
  for (const KeyMismatch& each : CompareStateDict(state, tensors, options)) {
    if (each.kind == KeyMismatch::Kind::kMissing) missing.push_back(each.key);
    if (each.kind == KeyMismatch::Kind::kExtra) extra.push_back(each.key);
    if (each.kind == KeyMismatch::Kind::kMisshapen) {
      misshapen.push_back(each.key + " is " + Shape(each.found) + ", must be " +
                          Shape(each.expected));
    }
  }
  std::string message;
  for (const std::string& part :
       {Listed("missing", missing), Listed("extra", extra), Listed("misshapen", misshapen)}) {
    if (!part.empty()) message += (message.empty() ? "" : "; ") + part;
  }
  if (!message.empty()) {
    return MakeError(Code::kInvalidArgument, "STATE_DICT_MISMATCH",
                     "keys do not fit the network: " + message);
  }
  try {
    const at::NoGradGuard no_grad;
    for (const auto& [name, target] : state) {
      const auto found = tensors.find(name);
      if (found == tensors.end()) continue;
      at::Tensor(target).copy_(found->second);
      MappedFile::Release(found->second.const_data_ptr(), found->second.nbytes());
    }
  } catch (const c10::Error& error) {
    return MakeError(Code::kInternal, "TORCH", error.what_without_backtrace());
  }
  return {};
}

Result<TensorMap> ReadWeights(const std::filesystem::path& path) {
  return ReadByExtension(path, Contents::kTensors);
}

Result<TensorMap> ReadShapes(const std::filesystem::path& path) {
  return ReadByExtension(path, Contents::kShapes);
}

Result<TensorMap> ReadWeights(const std::vector<std::filesystem::path>& paths) {
  TensorMap all;
  for (const std::filesystem::path& path : paths) {
    ATELIER_ASSIGN_OR_RETURN(TensorMap tensors, ReadWeights(path));
    for (auto& [name, tensor] : tensors) all.insert_or_assign(name, std::move(tensor));
  }
  return all;
}

TensorMap WithCurrentVaeKeys(const TensorMap& tensors) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kRenamed = {
      {{".query.", ".to_q."},
       {".key.", ".to_k."},
       {".value.", ".to_v."},
       {".proj_attn.", ".to_out.0."}}};
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    std::string current = name;
    if (name.find(".attentions.") != std::string::npos) {
      for (const auto& [old_part, new_part] : kRenamed) {
        const size_t position = current.find(old_part);
        if (position == std::string::npos) continue;
        current.replace(position, std::string(old_part).size(), new_part);
      }
    }
    renamed.insert_or_assign(current, tensor);
  }
  return renamed;
}

}  // namespace atelier::engine
