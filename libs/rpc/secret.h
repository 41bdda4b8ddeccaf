// Secrets that processes share through files, and how they are compared.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"

namespace atelier::rpc {

/// Fewest characters of a secret in a file.
inline constexpr size_t kMinSecretLength = 32;
inline constexpr size_t kMaxSecretLength = 512;

/// Where a secret comes from when it is needed: may be called from any thread. Empty text: there is
/// none now. A null function: there never is one.
using SecretSource = std::function<std::string()>;

/// Whether both are the same text, in a time that does not tell where they differ.
bool SameSecret(std::string_view a, std::string_view b);

/// The secret in a file, without the white space around it. INVALID_ARGUMENT naming `setting` when
/// there is no such file or it holds no 32 to 512 printable ASCII characters; the message does not
/// show what it holds.
Result<std::string> ReadSecret(const std::filesystem::path& path, std::string_view setting);

/// The secret in a file, which is made with 256 random bits, for its owner's eyes alone, when it is
/// not there. Errors: ReadSecret()'s; UNAVAILABLE (SECRET_NOT_WRITTEN).
Result<std::string> ReadOrMakeSecret(const std::filesystem::path& path, std::string_view setting);

/// A source that reads `path` when it is asked, and again after some seconds, so that the file may
/// come later and change. A file that cannot be read is told in the log, and there is no secret.
SecretSource SecretOfFile(std::filesystem::path path, std::string setting);

/// A source of one text; null for an empty one.
SecretSource FixedSecret(std::string secret);

}  // namespace atelier::rpc
