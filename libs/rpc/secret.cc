#include "rpc/secret.h"

#include <spdlog/spdlog.h>

#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "base/hex.h"
#include "base/random_bytes.h"
#include "system/atomic_file.h"
#include "system/input_file.h"

namespace atelier::rpc {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr std::string_view kWhiteSpace = " \t\r\n";

std::string NewSecret() {
  const std::string bytes = RandomBytes(kSecretBytes);
  return ToHex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace

bool SameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Volatile: the compiler may not leave the loop early.
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

Result<std::string> ReadSecret(const std::filesystem::path& path, std::string_view setting) {
  ATELIER_ASSIGN_OR_RETURN(std::string text, ReadWhole(path, setting, 2 * kMaxSecretLength));
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  const size_t end = text.find_last_not_of(kWhiteSpace);
  text = begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
  bool printable = true;
  for (const char c : text) printable = printable && c > 0x20 && c < 0x7f;
  if (printable && text.size() >= kMinSecretLength && text.size() <= kMaxSecretLength) return text;
  return InvalidField(std::string(setting), "a file with 32 to 512 printable ASCII characters",
                      path.string());
}

Result<std::string> ReadOrMakeSecret(const std::filesystem::path& path, std::string_view setting) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return ReadSecret(path, setting);
  const std::string secret = NewSecret();
  AtomicFile file(AtomicFile::NameBeside(path), 0600);
  file.Write(secret + "\n");
  file.Sync();
  const int failure = file.MoveToFree(path);
  // Somebody else made it in the same moment.
  if (failure == EEXIST) return ReadSecret(path, setting);
  if (failure == 0) return secret;
  return MakeError(Code::kUnavailable, "SECRET_NOT_WRITTEN",
                   path.string() + ": " + std::strerror(failure));
}

namespace {

class FileSecret {
 public:
  FileSecret(std::filesystem::path path, std::string setting)
      : path_(std::move(path)), setting_(std::move(setting)) {}

  std::string Get() {
    const MutexLock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    // While there is none every call may be the one that it was made for.
    if (!secret_.empty() && now - read_ < kReadAgainAfter) return secret_;
    const Result<std::string> secret = ReadSecret(path_, setting_);
    if (secret) {
      secret_ = *secret;
    } else if (secret_.empty() && now - told_ > kTellAgainAfter) {
      spdlog::warn("{}", secret.error().message);
      told_ = now;
    }
    read_ = now;
    return secret_;
  }

 private:
  static constexpr std::chrono::seconds kReadAgainAfter{5};
  static constexpr std::chrono::minutes kTellAgainAfter{1};

  const std::filesystem::path path_;
  const std::string setting_;
  Mutex mutex_;
  std::string secret_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point read_ GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point told_ GUARDED_BY(mutex_) =
      std::chrono::steady_clock::now() - 2 * kTellAgainAfter;
};

}  // namespace

SecretSource SecretOfFile(std::filesystem::path path, std::string setting) {
  const auto file = std::make_shared<FileSecret>(std::move(path), std::move(setting));
  return [file] { return file->Get(); };
}

SecretSource FixedSecret(std::string secret) {
  if (secret.empty()) return nullptr;
  return [secret = std::move(secret)] { return secret; };
}

}  // namespace atelier::rpc
