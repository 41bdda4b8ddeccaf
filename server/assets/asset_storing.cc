#include "server/assets/asset_storing.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "digest/sha256.h"
#include "picture/picture_metadata.h"
#include "server/assets/asset_deletion.h"

namespace atelier::server {

namespace {

// Room for what the tenant does not have yet. Results of accepted jobs need none.
Result<std::optional<TenantRoom::Reservation>> Reserve(const std::string& digest, int64_t bytes,
                                                       const std::string& tenant, JobQueue& queue) {
  using MaybeRoom = std::optional<TenantRoom::Reservation>;
  Result<TenantRoom::Reservation> room = queue.tenant_room().Reserve(tenant, bytes);
  if (room) return MaybeRoom(*std::move(room));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners,
                           queue.store().ListAssetOwners(digest));
  const bool owned = std::any_of(owners.begin(), owners.end(),
                                 [&](const AssetOwner& owner) { return owner.tenant == tenant; });
  if (owned) return MaybeRoom();
  return Propagate(room.error());
}

}  // namespace

Result<HeldBlob> StoreAsset(std::string_view picture, const std::string& tenant,
                            BlobStore::Origin origin, BlobStore& blobs, JobQueue& queue) {
  const bool from_client = origin == BlobStore::Origin::kClient;
  // Workers' pictures have none.
  const std::string cleaned = from_client ? RemovePictureMetadata(picture) : std::string();
  const std::string_view bytes = from_client ? cleaned : picture;
  const auto size = static_cast<int64_t>(bytes.size());
  std::string digest = Sha256Hex(bytes);
  std::optional<TenantRoom::Reservation> room;
  if (from_client) {
    ATELIER_ASSIGN_OR_RETURN(auto reserved, Reserve(digest, size, tenant, queue));
    if (reserved) room.emplace(*std::move(reserved));
  }
  ATELIER_ASSIGN_OR_RETURN(BlobPins::Pin held, blobs.pins().Hold(digest));
  std::optional<BlobPins::Pin> pin(std::move(held));
  BlobUse use;
  // Two syncs beside each other.
  PendingWrite owned = queue.store().AddAssetOwner({digest, tenant, queue.WallMs(), size});
  Status stored = blobs.PutAs(digest, bytes, origin, &use);
  const Status owner = owned.Wait();
  if (stored && !owner) stored = owner;
  if (stored) return HeldBlob{std::move(digest), *std::move(pin), use};
  pin.reset();
  TakeBackAsset(digest, use, queue.store(), blobs);
  ForgetOwnersOfGone(digest, queue.store(), blobs);
  return Propagate(stored.error());
}

}  // namespace atelier::server
