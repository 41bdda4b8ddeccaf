#include "server/assets/tenant_blobs.h"

namespace atelier::server {

Status TenantBlobs::Check(std::string_view digest) const {
  if (view_.every_tenant) return {};
  ATELIER_ASSIGN_OR_RETURN(const std::optional<AssetOwner> owner,
                           jobs_.FindAssetOwner(std::string(digest), view_.tenant));
  if (owner) return {};
  return AssetNotFound(AssetName(digest));
}

Result<std::string> TenantBlobs::Get(std::string_view digest) {
  ATELIER_RETURN_IF_ERROR(Check(digest));
  return blobs_.Get(digest);
}

Result<std::string> TenantBlobs::GetFirst(std::string_view digest, int64_t count) {
  ATELIER_RETURN_IF_ERROR(Check(digest));
  return blobs_.GetFirst(digest, count);
}

Result<BlobInfo> TenantBlobs::Stat(std::string_view digest) {
  ATELIER_RETURN_IF_ERROR(Check(digest));
  return blobs_.Stat(digest);
}

}  // namespace atelier::server
