#include "server/blobs/s3/s3_credentials.h"

#include <cstdlib>
#include <system_error>

#include "system/input_file.h"

namespace atelier::server::s3 {
namespace {

constexpr char kField[] = "s3_credentials_file";
constexpr uintmax_t kMaxFileBytes = 64 << 10;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool Complete(const Credentials& keys) {
  return !keys.access_key.empty() && !keys.secret_key.empty();
}

}  // namespace

Credentials ParseCredentials(std::string_view text) {
  Credentials keys;
  bool is_ours = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('[')) is_ours = line == "[default]";
    const size_t equals = line.find('=');
    if (!is_ours || line.starts_with('#') || equals == std::string_view::npos) continue;
    const std::string_view name = Trimmed(line.substr(0, equals));
    const std::string value(Trimmed(line.substr(equals + 1)));
    if (name == "aws_access_key_id") keys.access_key = value;
    if (name == "aws_secret_access_key") keys.secret_key = value;
    if (name == "aws_session_token") keys.session_token = value;
  }
  return keys;
}

Result<Credentials> CredentialsSource::Get() {
  if (file_.empty()) {
    Credentials keys{Variable("AWS_ACCESS_KEY_ID"), Variable("AWS_SECRET_ACCESS_KEY"),
                     Variable("AWS_SESSION_TOKEN")};
    if (Complete(keys)) return keys;
    return InvalidField(kField,
                        "given, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
                        "neither");
  }
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file_, error);
  const MutexLock lock(mutex_);
  if (Complete(last_) && (error || time == read_time_)) return last_;
  const Result<std::string> text = ReadWhole(file_, kField, kMaxFileBytes);
  const Credentials keys = text ? ParseCredentials(*text) : Credentials();
  if (Complete(keys)) {
    last_ = keys;
    read_time_ = time;
  }
  if (Complete(last_)) return last_;
  if (!text) return Propagate(text.error());
  return InvalidField(kField, "a file with aws_access_key_id and aws_secret_access_key", file_);
}

}  // namespace atelier::server::s3
