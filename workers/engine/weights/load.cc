#include "engine/weights/load.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <utility>

#include "engine/weights/file_kind.h"
#include "engine/weights/sharded_weights.h"
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

Result<TensorMap> ReadSafetensors(const std::filesystem::path& path, Contents contents) {
  ATELIER_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(path));
  return contents == Contents::kShapes ? file.Shapes() : file.All();
}

Result<TensorMap> ReadTorch(const std::filesystem::path& path, Contents contents) {
  ATELIER_ASSIGN_OR_RETURN(TorchFile file, TorchFile::Open(path));
  auto tensors = contents == Contents::kShapes ? file.Shapes() : file.All();
  if (!tensors.has_value()) return Propagate(tensors.error(), path.string());
  return tensors;
}

/// By what the file holds; by its name where that does not tell.
Result<TensorMap> ReadByFormat(const std::filesystem::path& path, Contents contents) {
  const std::string extension = path.extension().string();
  const WeightFormat format = RecogniseWeights(path);
  if (format == WeightFormat::kSafetensors) return ReadSafetensors(path, contents);
  if (format == WeightFormat::kTorch) return ReadTorch(path, contents);
  if (extension == ".safetensors") return ReadSafetensors(path, contents);
  if (extension == ".pth" || extension == ".pt" || extension == ".bin" || extension == ".ckpt") {
    return ReadTorch(path, contents);
  }
  return MakeError(
      Code::kUnimplemented, "WEIGHT_FORMAT",
      path.string() +
          ": weights must be .safetensors, .pth, .pt, .bin or .ckpt. Given: " + extension);
}

/// `error` of reading `path`, with what the file is where that explains it.
Unexpected Explained(const std::filesystem::path& path, Error error) {
  const std::optional<FileTrouble> trouble = InspectFile(path);
  if (!trouble || trouble->reason == "WRONG_EXTENSION") return Unexpected(std::move(error));
  const std::string prefix = path.string() + ": ";
  const bool has_path = error.message.starts_with(prefix);
  const std::string reading = has_path ? error.message.substr(prefix.size()) : error.message;
  error.message = prefix + trouble->text + " (" + reading + ")";
  error.reason = trouble->reason;
  return Unexpected(std::move(error));
}

Result<TensorMap> ReadOne(const std::filesystem::path& path, Contents contents) {
  auto tensors = ReadByFormat(path, contents);
  if (!tensors) return Explained(path, tensors.error());
  return tensors;
}

Result<TensorMap> ReadSharded(const std::filesystem::path& index, Contents contents) {
  ATELIER_ASSIGN_OR_RETURN(const Shards shards, ReadShardIndex(index));
  TensorMap all;
  for (const auto& [path, keys] : shards) {
    ATELIER_ASSIGN_OR_RETURN(TensorMap tensors, ReadOne(path, contents));
    for (const std::string& key : keys) {
      const auto found = tensors.find(key);
      if (found == tensors.end()) {
        return MakeError(Code::kDataLoss, "BAD_SHARD_INDEX",
                         index.string() + ": " + path.filename().string() + " lacks `" + key +
                             "`, which the index says is there");
      }
      all.emplace(key, std::move(found->second));
    }
  }
  return all;
}

Result<TensorMap> Read(const std::filesystem::path& given, Contents contents) {
  const std::filesystem::path path = IndexInPlaceOf(given);
  return IsShardIndex(path) ? ReadSharded(path, contents) : ReadOne(path, contents);
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
    } else if (target.is_floating_point() && !found->second.is_floating_point()) {
      mismatches.push_back(
          {Kind::kWholeNumbers, name, target.sizes().vec(), found->second.sizes().vec()});
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
  std::vector<std::string> missing, extra, misshapen, whole;
  for (const KeyMismatch& each : CompareStateDict(state, tensors, options)) {
    if (each.kind == KeyMismatch::Kind::kMissing) missing.push_back(each.key);
    if (each.kind == KeyMismatch::Kind::kExtra) extra.push_back(each.key);
    if (each.kind == KeyMismatch::Kind::kWholeNumbers) whole.push_back(each.key);
    if (each.kind == KeyMismatch::Kind::kMisshapen) {
      misshapen.push_back(each.key + " is " + Shape(each.found) + ", must be " +
                          Shape(each.expected));
    }
  }
  std::string message;
  for (const std::string& part :
       {Listed("missing", missing), Listed("extra", extra), Listed("misshapen", misshapen),
        Listed("of whole numbers (quantised weights are not read)", whole)}) {
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
  return Read(path, Contents::kTensors);
}

Result<TensorMap> ReadShapes(const std::filesystem::path& path) {
  return Read(path, Contents::kShapes);
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
