#include "client/cli/edit/region_table.h"

#include <fmt/format.h>

#include "client/cli/edit/read_regions.h"

namespace atelier::cli {

std::string RegionTable(const v1::DescribeRegionsResponse& regions) {
  std::string table = fmt::format("{:<14} {:>6} {:>6} {:>8} {:>6}  {}\n", "region", "share", "seen",
                                  "colour", "border", "overlaps");
  for (const v1::RegionDescription& region : regions.regions()) {
    const std::string name = FileNameOf(region.name());
    if (!region.present()) {
      table += fmt::format("{:<14} not in the picture\n", name);
      continue;
    }
    const v1::Colour& colour = region.mean_colour();
    std::string overlaps;
    for (const v1::RegionOverlap& overlap : region.overlaps()) {
      overlaps += fmt::format("{}{} {:.0f} %", overlaps.empty() ? "" : ", ",
                              FileNameOf(overlap.name()), 100 * overlap.share());
    }
    const std::string line =
        fmt::format("{:<14} {:>4.0f} % {:>4.0f} %  #{:02x}{:02x}{:02x} {:>6.2f}  {}", name,
                    100 * region.share(), 100 * region.visibility(), colour.red(), colour.green(),
                    colour.blue(), region.border_confidence(), overlaps);
    table += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return table;
}

}  // namespace atelier::cli
