#include "client/cli/edit/read_regions.h"

namespace atelier::cli {

namespace {

bool IsFitted(const v1::EstimatePoseResponse& pose) {
  return pose.fit().has_body() && !pose.person_mask_png().empty();
}

}  // namespace

std::string FileNameOf(const v1::RegionName& region) {
  if (region.has_part()) return "PART_" + std::to_string(region.part());
  constexpr std::string_view kPrefix = "BODY_REGION_";
  const std::string& name = v1::BodyRegion_Name(region.region());
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : std::to_string(region.region());
}

Result<v1::EstimatePoseResponse> ReadFitted(client::Client& client,
                                            const v1::EstimatePoseRequest& request,
                                            const std::string& path) {
  ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client.EstimatePose(request));
  if (!IsFitted(pose) && request.estimator() == v1::ESTIMATOR_UNSPECIFIED) {
    v1::EstimatePoseRequest as_photograph = request;
    as_photograph.set_estimator(v1::ESTIMATOR_PHOTOGRAPH);
    ATELIER_ASSIGN_OR_RETURN(pose, client.EstimatePose(as_photograph));
  }
  if (IsFitted(pose)) return pose;
  return MakeError(Code::kFailedPrecondition, "NOT_FITTED",
                   "no body was fitted to the person in " + path);
}

Result<v1::DescribeRegionsResponse> DescribeRegions(client::Client& client,
                                                    const v1::Picture& picture,
                                                    const v1::EstimatePoseResponse& pose,
                                                    const std::vector<v1::RegionName>& regions) {
  v1::DescribeRegionsRequest request;
  *request.mutable_picture() = picture;
  *request.mutable_body() = pose.fit().body();
  request.set_person_mask_png(pose.person_mask_png());
  for (const v1::RegionName& region : regions) *request.add_regions() = region;
  return client.DescribeRegions(request);
}

v1::DescribeRegionsResponse WithoutPictures(v1::DescribeRegionsResponse regions) {
  for (v1::RegionDescription& region : *regions.mutable_regions()) {
    region.clear_mask_png();
    region.clear_crop_png();
  }
  return regions;
}

}  // namespace atelier::cli
