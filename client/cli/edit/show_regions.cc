#include "client/cli/edit/show_regions.h"

#include <fmt/format.h>

#include <cstdio>
#include <vector>

#include "client/cli/display/warnings.h"
#include "client/cli/edit/read_regions.h"
#include "client/cli/edit/region_table.h"
#include "client/cli/files/outputs.h"
#include "client/cli/files/region_sheet.h"
#include "client/local_file.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && fs::is_directory(folder, error)) return {};
  return MakeError(Code::kFailedPrecondition, std::string(client::kLocalFileReason),
                   folder.string() + ": cannot be made a folder: " + error.message());
}

std::vector<SheetRegion> SheetRegionsOf(const v1::DescribeRegionsResponse& described) {
  std::vector<SheetRegion> regions;
  for (const v1::RegionDescription& region : described.regions()) {
    if (!region.present()) continue;
    const bool background = region.name().region() == v1::BODY_REGION_BACKGROUND;
    const v1::Colour& colour = region.mean_colour();
    regions.push_back({region.mask_png(),
                       {FileNameOf(region.name()),
                        fmt::format("{:.0f} % of the {}", 100 * region.share(),
                                    background ? "picture" : "person"),
                        fmt::format("seen {:.0f} %, border {:.2f}", 100 * region.visibility(),
                                    region.border_confidence())},
                       colour.red(),
                       colour.green(),
                       colour.blue()});
  }
  return regions;
}

/// The files of one folder, one for each region that is there.
Status WriteEach(const v1::DescribeRegionsResponse& described, const fs::path& folder, bool force,
                 const std::string& (v1::RegionDescription::*png)() const) {
  ATELIER_RETURN_IF_ERROR(MakeFolder(folder));
  for (const v1::RegionDescription& region : described.regions()) {
    if (!region.present()) continue;
    const fs::path path = folder / (FileNameOf(region.name()) + ".png");
    ATELIER_RETURN_IF_ERROR(client::WriteFile(path, (region.*png)(), OverwriteOf(force)));
  }
  return {};
}

Status WriteSheet(const v1::Picture& picture, const v1::DescribeRegionsResponse& described,
                  const ShownRegions& shown, bool force) {
  if (shown.out.empty()) return {};
  ATELIER_ASSIGN_OR_RETURN(const std::string sheet,
                           MakeRegionSheet(picture.data(), SheetRegionsOf(described)));
  if (!IsFolder(shown.out)) return WriteOutput({"--out", shown.out}, sheet, force);
  ATELIER_RETURN_IF_ERROR(WriteEach(described, shown.out, force, &v1::RegionDescription::crop_png));
  return client::WriteFile(fs::path(shown.out) / "regions.png", sheet, OverwriteOf(force));
}

}  // namespace

bool IsFolder(const std::string& path) {
  std::error_code error;
  return path.ends_with('/') || fs::is_directory(path, error);
}

Status ShowRegions(const CommonFlags& flags, const v1::EstimatePoseRequest& request,
                   const std::string& path, const ShownRegions& shown, bool force) {
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::EstimatePoseResponse pose, ReadFitted(client, request, path));
  ShowWarnings(pose.warnings(), flags.json);
  ATELIER_ASSIGN_OR_RETURN(const v1::DescribeRegionsResponse described,
                           DescribeRegions(client, request.picture(), pose, {}));
  ATELIER_RETURN_IF_ERROR(WriteSheet(request.picture(), described, shown, force));
  if (!shown.masks.empty()) {
    ATELIER_RETURN_IF_ERROR(
        WriteEach(described, shown.masks, force, &v1::RegionDescription::mask_png));
  }
  if (flags.json) {
    PrintJson(WithoutPictures(described));
    return {};
  }
  std::FILE* const out = IsStandardOutput(shown.out) ? stderr : stdout;
  std::fputs(RegionTable(described).c_str(), out);
  return {};
}

}  // namespace atelier::cli
