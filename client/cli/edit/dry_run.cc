#include "client/cli/edit/dry_run.h"

#include <cstdio>
#include <optional>
#include <vector>

#include "client/cli/display/warnings.h"
#include "client/cli/edit/read_regions.h"
#include "client/cli/edit/region_table.h"
#include "client/cli/files/outputs.h"
#include "client/local_file.h"

namespace atelier::cli {

namespace {

/// A person whose picture the edit reads.
struct Subject {
  /// "base", "swap-1".
  std::string name;
  v1::Picture picture;
  v1::EstimatePoseRequest request;
  std::vector<v1::RegionName> regions;
};

v1::EstimatePoseRequest RequestFor(const v1::EditSpec& spec, const v1::Picture& picture,
                                   v1::Estimator estimator) {
  v1::EstimatePoseRequest request;
  *request.mutable_picture() = picture;
  request.set_estimator(estimator);
  request.set_model(spec.model());
  return request;
}

Subject BaseOf(const v1::EditSpec& spec) {
  Subject base{"base", spec.base(), RequestFor(spec, spec.base(), spec.base_estimator()), {}};
  if (spec.has_base_person()) *base.request.mutable_person() = spec.base_person();
  for (const v1::RegionSwap& swap : spec.swaps()) base.regions.push_back(swap.region());
  return base;
}

Subject DonorOf(const v1::EditSpec& spec, int index) {
  const v1::RegionSwap& swap = spec.swaps(index);
  Subject donor{"swap-" + std::to_string(index + 1),
                swap.person(),
                RequestFor(spec, swap.person(), swap.estimator()),
                {swap.region()}};
  if (swap.has_person_choice()) *donor.request.mutable_person() = swap.person_choice();
  return donor;
}

/// Whether a texture map has a place for the region.
bool HasTexture(const v1::RegionName& region) {
  switch (region.region()) {
    case v1::BODY_REGION_HAIR:
    case v1::BODY_REGION_SKIN:
    case v1::BODY_REGION_SHOES:
    case v1::BODY_REGION_BACKGROUND:
      return false;
    default:
      return true;
  }
}

class DryRunner {
 public:
  DryRunner(const CommonFlags& flags, const v1::EditSpec& spec, std::filesystem::path folder,
            bool force)
      : flags_(flags),
        spec_(spec),
        folder_(std::move(folder)),
        force_(force),
        client_(flags.client()) {}

  Status Run() {
    ATELIER_RETURN_IF_ERROR(MakeFolder());
    const Subject base = BaseOf(spec_);
    ATELIER_ASSIGN_OR_RETURN(const v1::EstimatePoseResponse pose, Read(base));
    ATELIER_ASSIGN_OR_RETURN(const v1::DescribeRegionsResponse described, WriteMasks(base, pose));
    v1::ComposeTextureRequest compose;
    ATELIER_RETURN_IF_ERROR(ReadDonors(compose));
    if (!compose.patches().empty()) ATELIER_RETURN_IF_ERROR(WriteTexture(base, pose, compose));
    if (flags_.json) {
      PrintJson(WithoutPictures(described));
      return {};
    }
    if (!described.regions().empty()) std::fputs(RegionTable(described).c_str(), stdout);
    return {};
  }

 private:
  Status MakeFolder() {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (!error && std::filesystem::is_directory(folder_, error)) return {};
    return MakeError(Code::kFailedPrecondition, std::string(client::kLocalFileReason),
                     folder_.string() + ": cannot be made a folder: " + error.message());
  }

  Result<v1::EstimatePoseResponse> Read(const Subject& subject) {
    ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client_.EstimatePose(subject.request));
    ShowWarnings(pose.warnings(), flags_.json);
    return pose;
  }

  Status Write(const std::string& name, const std::string& png) {
    const std::filesystem::path path = folder_ / name;
    ATELIER_RETURN_IF_ERROR(client::WriteFile(path, png, OverwriteOf(force_)));
    if (!flags_.json) std::printf("%s\n", path.c_str());
    return {};
  }

  Result<v1::DescribeRegionsResponse> WriteMasks(const Subject& subject,
                                                 const v1::EstimatePoseResponse& pose) {
    if (!pose.fit().has_body() || pose.person_mask_png().empty()) {
      Note("NOT_FITTED", subject.name + ": no body is fitted to the person, so there are no masks",
           flags_.json);
      return v1::DescribeRegionsResponse();
    }
    ATELIER_ASSIGN_OR_RETURN(v1::DescribeRegionsResponse described,
                             DescribeRegions(client_, subject.picture, pose, subject.regions));
    for (const v1::RegionDescription& region : described.regions()) {
      const std::string name = FileNameOf(region.name());
      if (region.mask_png().empty()) {
        Note("REGION_ABSENT", subject.name + " shows no " + name, flags_.json);
        continue;
      }
      ATELIER_RETURN_IF_ERROR(Write(subject.name + "-" + name + ".png", region.mask_png()));
    }
    return described;
  }

  /// Masks of the other people, and their texture maps as patches.
  Status ReadDonors(v1::ComposeTextureRequest& compose) {
    for (int i = 0; i < spec_.swaps_size(); ++i) {
      if (!spec_.swaps(i).has_person()) continue;
      const Subject donor = DonorOf(spec_, i);
      ATELIER_ASSIGN_OR_RETURN(const v1::EstimatePoseResponse pose, Read(donor));
      ATELIER_RETURN_IF_ERROR(WriteMasks(donor, pose));
      if (!HasTexture(donor.regions.front())) continue;
      ATELIER_ASSIGN_OR_RETURN(const v1::ExtractRegionsResponse texture, Texture(donor, pose));
      v1::TexturePatch& patch = *compose.add_patches();
      *patch.mutable_region() = donor.regions.front();
      patch.set_texture_png(texture.texture_png());
      patch.set_texture_validity_png(texture.texture_validity_png());
    }
    return {};
  }

  Result<v1::ExtractRegionsResponse> Texture(const Subject& subject,
                                             const v1::EstimatePoseResponse& pose) {
    v1::ExtractRegionsRequest request;
    *request.mutable_picture() = subject.picture;
    request.set_iuv_png(pose.iuv_png());
    request.set_model(spec_.model());
    request.add_parts(v1::REGION_PART_TEXTURE_MAP);
    if (pose.iuv_estimator() == kBodyFitEstimator) {
      *request.mutable_body() = pose.fit().body();
      request.set_person_mask_png(pose.person_mask_png());
    }
    ATELIER_ASSIGN_OR_RETURN(v1::ExtractRegionsResponse texture, client_.ExtractRegions(request));
    if (!texture.texture_png().empty()) return texture;
    return MakeError(Code::kFailedPrecondition, "NO_TEXTURE",
                     subject.name + " shows no texture of a person");
  }

  Status WriteTexture(const Subject& base, const v1::EstimatePoseResponse& pose,
                      v1::ComposeTextureRequest& compose) {
    ATELIER_ASSIGN_OR_RETURN(const v1::ExtractRegionsResponse texture, Texture(base, pose));
    compose.set_texture_png(texture.texture_png());
    compose.set_texture_validity_png(texture.texture_validity_png());
    compose.set_model(spec_.model());
    ATELIER_ASSIGN_OR_RETURN(const v1::ComposeTextureResponse composed,
                             client_.ComposeTexture(compose));
    ATELIER_RETURN_IF_ERROR(Write("texture.png", composed.texture_png()));
    return Write("texture-validity.png", composed.texture_validity_png());
  }

  const CommonFlags& flags_;
  const v1::EditSpec& spec_;
  const std::filesystem::path folder_;
  const bool force_;
  client::Client client_;
};

}  // namespace

Status DryRun(const CommonFlags& flags, const v1::EditSpec& spec,
              const std::filesystem::path& folder, bool force) {
  return DryRunner(flags, spec, folder, force).Run();
}

}  // namespace atelier::cli
