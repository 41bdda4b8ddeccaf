// Files in pieces, as streaming calls bring and send them.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "base/result.h"

namespace atelier::server {

inline constexpr size_t kMaxReceivedChunkBytes = 1 << 20;
inline constexpr size_t kSentChunkBytes = 64 << 10;

/// INVALID_ARGUMENT naming `chunk` when it is larger than a caller may send at once.
inline Status CheckChunk(const std::string& chunk) {
  if (chunk.size() <= kMaxReceivedChunkBytes) return {};
  return InvalidField("chunk", "at most " + std::to_string(kMaxReceivedChunkBytes) + " bytes",
                      std::to_string(chunk.size()) + " bytes");
}

/// Sends `bytes` in messages with a `chunk` each; stops when the caller is gone.
template <typename Response>
void SendChunks(const std::string& bytes, grpc::ServerWriter<Response>& writer) {
  Response message;
  for (size_t at = 0; at < bytes.size(); at += kSentChunkBytes) {
    message.set_chunk(bytes.substr(at, kSentChunkBytes));
    if (!writer.Write(message)) return;
  }
}

}  // namespace atelier::server
