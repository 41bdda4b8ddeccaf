// What DescribeRegions answers, as a table for people.
#pragma once

#include <string>

#include "atelier/v1/region.pb.h"

namespace atelier::cli {

/// A line for each region: its share of the person, how much of it is seen, its colour, how sure
/// its border is, and what it shares pixels with. Absent regions say so.
std::string RegionTable(const v1::DescribeRegionsResponse& regions);

}  // namespace atelier::cli
