// SHA-256 of bytes (OpenSSL): the names of content-addressed blobs and of cached conditions.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

/// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace atelier
