// From weight files to modules: reading by what a file holds, and copying into a module by key.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/weights/safetensors.h"

namespace atelier::engine {

struct LoadOptions {
  /// Keys of the module that may be absent from the file: those that start with one of these.
  std::vector<std::string> allow_missing_prefixes;
  /// Keys of the file that the module need not have. CLIP's old files carry
  /// "vision_model.embeddings.position_ids", which says nothing.
  std::vector<std::string> allow_extra_prefixes;
  /// Every extra key is passed over.
  bool allow_extra = false;
};

/// How one key of a file does not fit a network.
struct KeyMismatch {
  /// kWholeNumbers: where the network has real ones, as quantised files do.
  enum class Kind { kMissing, kExtra, kMisshapen, kWholeNumbers };
  Kind kind = Kind::kMissing;
  std::string key;
  /// Shape the network wants (none for kExtra), and the file's (none for kMissing).
  std::vector<int64_t> expected, found;
};

/// Every key of `state` (a network's StateDict()) and of `tensors` (a file's) that does not fit:
/// missing and misshapen ones sorted by key, then extra ones. Values are not read.
std::vector<KeyMismatch> CompareStateDict(const TensorMap& state, const TensorMap& tensors,
                                          const LoadOptions& options = {});

/// Copies `tensors` into the module's parameters and buffers of the same name, converting dtype and
/// device, one tensor at a time: a mapped file's pages are given back as they are read. Nothing is
/// copied unless everything fits: INVALID_ARGUMENT / STATE_DICT_MISMATCH lists missing, extra and
/// misshapen keys, the first 20 of each.
Status LoadStateDict(torch::nn::Module& module, const TensorMap& tensors,
                     const LoadOptions& options = {});

/// The module's parameters and buffers by name, detached but not copied.
TensorMap StateDict(const torch::nn::Module& module);

/// A whole weight file, memory-mapped: safetensors, or what torch.save() writes (torch_file.h),
/// whatever the name; or all the files of a `*.index.json`, also where the index alone is there.
/// What is no weight file is named for what it is: the error's reason is FileTrouble's
/// (file_kind.h). UNIMPLEMENTED for other formats.
Result<TensorMap> ReadWeights(const std::filesystem::path& path);

/// Keys, shapes and dtypes of a weight file of the same formats, without memory: the tensors are on
/// the "meta" device, and of the file its headers alone are read, however large it is.
Result<TensorMap> ReadShapes(const std::filesystem::path& path);

/// Several files; a key of a later one overrides an earlier one's.
Result<TensorMap> ReadWeights(const std::vector<std::filesystem::path>& paths);

/// Renames the VAE attention keys of diffusers before 0.15 (query, key, value, proj_attn) to
/// today's (to_q, to_k, to_v, to_out.0); others stay.
TensorMap WithCurrentVaeKeys(const TensorMap& tensors);

/// A buffer of old CLIP files that holds 0, 1, 2, ...: not a key of ours.
inline constexpr const char* kClipPositionIds = "vision_model.embeddings.position_ids";

}  // namespace atelier::engine
