// A network's keys among those of a file: checkpoints have them under what the network was wrapped
// in when they were saved, and may hold other networks and copies beside them.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "engine/weights/load.h"

namespace atelier::engine {

struct FittedKeys {
  /// Under the network's own keys, as far as they could be told.
  TensorMap tensors;
  /// The file's key of each.
  std::map<std::string, std::string> origins;
  /// What stood in front of the file's keys and is passed over, e.g. "module."; empty: nothing.
  std::string prefix;
};

/// The keys of `tensors` that are those of `state`, a network's StateDict().
///
/// `_orig_mod.`, torch.compile()'s mark, is passed over wherever it stands. Where all that the
/// network wants is found under one prefix (`module.`, `model.`, `unet.`, ...), what lies under it
/// is taken and the other networks of the file are not. INVALID_ARGUMENT (SEVERAL_COPIES) names the
/// prefixes when it is found under two, or when an averaged copy (EMA) lies beside it: then nobody
/// can say which is meant. Whether everything fits is for LoadStateDict() to say.
Result<FittedKeys> FitKeys(const TensorMap& state, const TensorMap& tensors,
                           const LoadOptions& options = {});

/// The keys of one network among those of a file that holds several: those that begin with
/// `prefix`, without it. All of them when `prefix` is empty. INVALID_ARGUMENT (NO_SUCH_PREFIX) when
/// none begins with it.
Result<TensorMap> KeysUnder(const std::string& prefix, const TensorMap& tensors);

/// `tensors` of one of several files, without the prefix with which every key of them begins, where
/// each is a key of `state` without it; as they are otherwise.
TensorMap WithoutCommonPrefix(const TensorMap& state, const TensorMap& tensors);

}  // namespace atelier::engine
