// --iuv-channels: in which order IUV files have their channels, as atelier-paint takes it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "atelier/v1/picture.pb.h"

namespace atelier::cli {

/// `files` names the flags of the files.
inline void AddIuvChannelsFlag(CLI::App& command, std::string& channels, const std::string& files) {
  command
      .add_option("--iuv-channels", channels,
                  "What R, G, B of " + files +
                      " are: iuv (default), or vui as OpenCV and published data sets write them")
      ->check(CLI::IsMember({"iuv", "vui"}));
}

/// IUV_CHANNELS_UNSPECIFIED for "".
inline v1::IuvChannels IuvChannelsOf(const std::string& flag) {
  if (flag.empty()) return v1::IUV_CHANNELS_UNSPECIFIED;
  return flag == "vui" ? v1::IUV_CHANNELS_VUI : v1::IUV_CHANNELS_IUV;
}

}  // namespace atelier::cli
