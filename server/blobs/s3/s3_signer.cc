#include "server/blobs/s3/s3_signer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <span>

#include "base/hex.h"
#include "digest/sha256.h"

namespace atelier::server::s3 {
namespace {

constexpr char kAlgorithm[] = "AWS4-HMAC-SHA256";

std::string Hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return std::string(reinterpret_cast<const char*>(mac.data()), size);
}

// "20130524T000000Z".
std::string TimeText(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text;
  const size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return std::string(text.data(), size);
}

// Without spaces at either end.
std::string Trimmed(std::string_view value) {
  const size_t first = value.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(value.substr(first, value.find_last_not_of(' ') - first + 1));
}

}  // namespace

std::string UriEncode(std::string_view text, bool is_path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 128 && std::isalnum(byte)) || c == '-' || c == '.' || c == '_' ||
                       c == '~' || (is_path && c == '/');
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

std::string QueryString(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(UriEncode(name), UriEncode(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    text += name + '=' + value;
  }
  return text;
}

Pairs Sign(const SignedRequest& request, const Credentials& credentials, std::string_view region,
           std::chrono::system_clock::time_point now) {
  const std::string time = TimeText(now);
  const std::string date = time.substr(0, 8);
  Pairs added = {{"x-amz-content-sha256", request.payload_sha256}, {"x-amz-date", time}};
  if (!credentials.session_token.empty())
    added.emplace_back("x-amz-security-token", credentials.session_token);
  Pairs headers = request.headers;
  headers.emplace_back("host", request.host);
  headers.insert(headers.end(), added.begin(), added.end());
  std::sort(headers.begin(), headers.end());
  std::string header_lines, names;
  for (const auto& [name, value] : headers) {
    header_lines += name + ':' + Trimmed(value) + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = request.method + '\n' + request.path + '\n' +
                                QueryString(request.query) + '\n' + header_lines + '\n' + names +
                                '\n' + request.payload_sha256;
  const std::string scope = date + '/' + std::string(region) + "/s3/aws4_request";
  const std::string to_sign =
      std::string(kAlgorithm) + '\n' + time + '\n' + scope + '\n' + Sha256Hex(canonical);
  std::string key = Hmac("AWS4" + credentials.secret_key, date);
  key = Hmac(Hmac(Hmac(key, region), "s3"), "aws4_request");
  const std::string mac = Hmac(key, to_sign);
  const std::string signature =
      ToHex(std::span(reinterpret_cast<const uint8_t*>(mac.data()), mac.size()));
  added.emplace_back("authorization", std::string(kAlgorithm) +
                                          " Credential=" + credentials.access_key + '/' + scope +
                                          ", SignedHeaders=" + names + ", Signature=" + signature);
  return added;
}

}  // namespace atelier::server::s3
