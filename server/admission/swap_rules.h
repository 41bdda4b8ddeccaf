// The rules of an edit's swaps: which source goes with which region, and which swaps change the
// same place.
#pragma once

#include <bitset>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/body.h"
#include "base/result.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

/// The skin, the hair and the cloth of each part of the body, and the background.
inline constexpr int kLayersOfPart = 3;
using Place = std::bitset<kLayersOfPart * kBodyPartCount + 1>;

/// What a swap of this region changes. REQUIRES: CheckSwaps() takes a name like it.
Place PlaceOf(const v1::RegionName& name);

/// "UPPER_GARMENT", "part 3"; "none" where nothing is named.
std::string DescribeRegion(const v1::RegionName& name);

/// INVALID_ARGUMENT naming the field below `prefix`, e.g. "spec.edit.swaps[1].colour": no swap, one
/// without a region or a source, a source that does not go with its region, or two swaps that
/// change the same place (both are named). Pictures and numbers are not looked at.
Status CheckSwaps(const google::protobuf::RepeatedPtrField<v1::RegionSwap>& given,
                  const std::string& prefix);

/// CheckPicture() of every picture of the swaps.
Status CheckSwapPictures(const google::protobuf::RepeatedPtrField<v1::RegionSwap>& given,
                         const std::string& prefix, BlobReader& blobs);

/// Adds every picture of the swaps to `pictures`.
void AddSwapPictures(google::protobuf::RepeatedPtrField<v1::RegionSwap>& swaps,
                     std::vector<v1::Picture*>& pictures);

}  // namespace atelier::server
