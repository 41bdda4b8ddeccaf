#include "server/assets/asset_storing.h"

#include <optional>
#include <utility>

#include "digest/sha256.h"
#include "picture/picture_metadata.h"
#include "server/assets/asset_deletion.h"

namespace atelier::server {

Result<HeldBlob> StoreAsset(std::string_view picture, const std::string& tenant,
                            BlobStore::Origin origin, BlobStore& blobs, JobQueue& queue) {
  // Workers' pictures have none.
  const std::string cleaned =
      origin == BlobStore::Origin::kClient ? RemovePictureMetadata(picture) : std::string();
  const std::string_view bytes = origin == BlobStore::Origin::kClient ? cleaned : picture;
  std::string digest = Sha256Hex(bytes);
  std::optional<BlobPins::Pin> pin(blobs.pins().Hold(digest));
  // Two syncs beside each other.
  PendingWrite owned = queue.store().AddAssetOwner({digest, tenant, queue.WallMs()});
  Status stored = blobs.PutAs(digest, bytes, origin);
  const Status owner = owned.Wait();
  if (stored && !owner) stored = owner;
  if (stored) return HeldBlob{std::move(digest), *std::move(pin)};
  pin.reset();
  ForgetOwnersOfGone(digest, queue.store(), blobs);
  return Propagate(stored.error());
}

}  // namespace atelier::server
