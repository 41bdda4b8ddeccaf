#include "server/blobs/blob_store.h"

#include "base/hex.h"
#include "digest/sha256.h"

namespace atelier::server {
namespace {

constexpr std::string_view kPrefix = "assets/";

}  // namespace

Result<std::string> DigestOfAsset(std::string_view name) {
  const std::string_view digest = name.substr(name.starts_with(kPrefix) ? kPrefix.size() : 0);
  if (!name.starts_with(kPrefix) || digest.size() != 64 || !IsHex(digest))
    return AssetNotFound(name);
  return std::string(digest);
}

Result<std::string> BlobStore::Put(std::string_view bytes, Origin origin) {
  std::string digest = Sha256Hex(bytes);
  ATELIER_RETURN_IF_ERROR(PutAs(digest, bytes, origin));
  return digest;
}

std::string AssetName(std::string_view digest) {
  return std::string(kPrefix) + std::string(digest);
}

Unexpected AssetNotFound(std::string_view name) {
  return MakeError(Code::kNotFound, "ASSET_NOT_FOUND", "there is no asset " + std::string(name));
}

}  // namespace atelier::server
