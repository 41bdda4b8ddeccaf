#include "server/blobs/blob_store.h"

#include "base/hex.h"

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

Result<HeldBlob> PutHeld(BlobStore& blobs, std::string_view bytes, BlobStore::Origin origin) {
  ATELIER_ASSIGN_OR_RETURN(std::string digest, blobs.Put(bytes, origin));
  BlobPins::Pin pin = blobs.pins().Hold(digest);
  // Deleted before it was held: now nobody can.
  if (!blobs.Touch(digest)) ATELIER_RETURN_IF_ERROR(blobs.Put(bytes, origin));
  return HeldBlob{std::move(digest), std::move(pin)};
}

std::string AssetName(std::string_view digest) {
  return std::string(kPrefix) + std::string(digest);
}

Unexpected AssetNotFound(std::string_view name) {
  return MakeError(Code::kNotFound, "ASSET_NOT_FOUND", "there is no asset " + std::string(name));
}

}  // namespace atelier::server
