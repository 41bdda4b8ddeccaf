#include "engine/weights/fit_keys.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::engine {
namespace {

constexpr std::string_view kCompileMark = "_orig_mod.";
/// What networks are wrapped in by those who train them in parallel, or within a larger module.
constexpr std::array<std::string_view, 4> kWrappers = {"module.", "model.", "network.", "net."};

bool MayBeMissing(const std::string& key, const LoadOptions& options) {
  return std::ranges::any_of(options.allow_missing_prefixes,
                             [&](const std::string& prefix) { return key.starts_with(prefix); });
}

std::string WithoutCompileMark(std::string key) {
  for (size_t at = 0; (at = key.find(kCompileMark, at)) != std::string::npos;) {
    if (at == 0 || key[at - 1] == '.') {
      key.erase(at, kCompileMark.size());
    } else {
      at += kCompileMark.size();
    }
  }
  return key;
}

FittedKeys WithoutCompileMarks(const TensorMap& tensors) {
  FittedKeys fitted;
  for (const auto& [name, tensor] : tensors) {
    const std::string key = WithoutCompileMark(name);
    // Two keys that differ by the mark alone are two weights: nothing is removed then.
    if (!fitted.tensors.emplace(key, tensor).second) return {.tensors = tensors};
    fitted.origins[key] = name;
  }
  return fitted;
}

/// Every prefix under which all keys of `state` are found.
std::vector<std::string> PrefixesOf(const TensorMap& state, const TensorMap& tensors,
                                    const LoadOptions& options) {
  const auto first = std::ranges::find_if(
      state, [&](const auto& item) { return !MayBeMissing(item.first, options); });
  std::vector<std::string> prefixes;
  if (first == state.end()) return prefixes;
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with(first->first)) continue;
    const std::string prefix = name.substr(0, name.size() - first->first.size());
    if (!prefix.empty() && prefix.back() != '.') continue;
    const bool has_all = std::ranges::all_of(state, [&](const auto& item) {
      return tensors.contains(prefix + item.first) || MayBeMissing(item.first, options);
    });
    if (has_all) prefixes.push_back(prefix);
  }
  return prefixes;
}

/// "ema", "model_ema", "ema_model", "ema2", "shadow_params", "averaged_model": averaged copies.
bool NamesAverages(std::string_view component) {
  for (size_t begin = 0; begin <= component.size();) {
    const size_t end = std::min(component.find('_', begin), component.size());
    std::string word(component.substr(begin, end - begin));
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    while (!word.empty() && std::isdigit(static_cast<unsigned char>(word.back())) != 0) {
      word.pop_back();
    }
    if (word == "ema" || word == "shadow" || word == "averaged") return true;
    begin = end + 1;
  }
  return false;
}

/// Where the keys outside of `prefix` stand whose first component names an averaged copy, when they
/// are as many as a copy would have. Some trainers write such keys without a dot.
std::optional<std::string> AveragesBeside(const std::string& prefix, const TensorMap& state,
                                          const TensorMap& tensors) {
  std::string place;
  size_t count = 0;
  for (const auto& [name, tensor] : tensors) {
    const size_t dot = name.find('.');
    const bool is_outside = prefix.empty() ? !state.contains(name) : !name.starts_with(prefix);
    if (!is_outside || !NamesAverages(name.substr(0, dot))) continue;
    if (count++ == 0) {
      place =
          dot != std::string::npos ? name.substr(0, dot + 1) : name.substr(0, name.find('_') + 1);
    }
  }
  if (2 * count < state.size()) return std::nullopt;
  return place;
}

Unexpected SeveralCopies(const std::vector<std::string>& prefixes) {
  std::string places;
  for (const std::string& prefix : prefixes) {
    places += (places.empty() ? "" : ", ") +
              (prefix.empty() ? "without a prefix" : "under `" + prefix + "`");
  }
  return MakeError(Code::kInvalidArgument, "SEVERAL_COPIES",
                   "the file holds the network's weights more than once, " + places +
                       ": save the copy that is meant alone");
}

/// What lies under `prefix`, without it.
FittedKeys Under(const std::string& prefix, FittedKeys keys) {
  if (prefix.empty()) return keys;
  FittedKeys fitted{.prefix = prefix};
  for (auto& [name, tensor] : keys.tensors) {
    if (!name.starts_with(prefix)) continue;
    const std::string key = name.substr(prefix.size());
    fitted.origins[key] = keys.origins.at(name);
    fitted.tensors.emplace(key, std::move(tensor));
  }
  return fitted;
}

/// The wrappers that every key has, for an error that is about the keys behind them.
std::string WrappersOf(const TensorMap& tensors) {
  std::string prefix;
  const auto all_have = [&](const std::string& longer) {
    return !tensors.empty() && std::ranges::all_of(tensors, [&](const auto& item) {
      return item.first.starts_with(longer);
    });
  };
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view wrapper : kWrappers) {
      const std::string longer = prefix + std::string(wrapper);
      if (!all_have(longer)) continue;
      prefix = longer;
      found = true;
    }
  }
  return prefix;
}

}  // namespace

Result<FittedKeys> FitKeys(const TensorMap& state, const TensorMap& tensors,
                           const LoadOptions& options) {
  FittedKeys keys = WithoutCompileMarks(tensors);
  if (keys.origins.empty()) {
    for (const auto& [name, tensor] : tensors) keys.origins[name] = name;
  }
  const std::vector<std::string> prefixes = PrefixesOf(state, keys.tensors, options);
  if (prefixes.size() > 1) return SeveralCopies(prefixes);
  if (prefixes.empty()) {
    const std::string wrappers = WrappersOf(keys.tensors);
    return Under(wrappers, std::move(keys));
  }
  if (const auto averages = AveragesBeside(prefixes[0], state, keys.tensors)) {
    return SeveralCopies({prefixes[0], *averages});
  }
  return Under(prefixes[0], std::move(keys));
}

Result<TensorMap> KeysUnder(const std::string& prefix, const TensorMap& tensors) {
  if (prefix.empty()) return tensors;
  TensorMap under;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) under.emplace(name.substr(prefix.size()), tensor);
  }
  if (under.empty())
    return MakeError(Code::kInvalidArgument, "NO_SUCH_PREFIX",
                     "none of the file's " + std::to_string(tensors.size()) +
                         " keys begins with `" + prefix + "`: the network is not in it");
  return under;
}

TensorMap WithoutCommonPrefix(const TensorMap& state, const TensorMap& tensors) {
  if (tensors.empty()) return tensors;
  const std::string& first = tensors.begin()->first;
  const auto fits = [&](const std::string& prefix) {
    return std::ranges::all_of(tensors, [&](const auto& item) {
      return item.first.starts_with(prefix) && state.contains(item.first.substr(prefix.size()));
    });
  };
  if (fits("")) return tensors;
  for (size_t dot = first.find('.'); dot != std::string::npos; dot = first.find('.', dot + 1)) {
    const std::string prefix = first.substr(0, dot + 1);
    if (!fits(prefix)) continue;
    TensorMap stripped;
    for (const auto& [name, tensor] : tensors) stripped[name.substr(prefix.size())] = tensor;
    return stripped;
  }
  return tensors;
}

}  // namespace atelier::engine
