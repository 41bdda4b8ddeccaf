// One of each config message.
#pragma once

#include <vector>

#include "atelier/config/v1/generation.pb.h"
#include "atelier/config/v1/pose.pb.h"
#include "atelier/config/v1/region.pb.h"
#include "atelier/config/v1/server.pb.h"

namespace atelier::config {

inline std::vector<const google::protobuf::Message*> AllConfigs() {
  return {&v1::ServerConfig::default_instance(), &v1::PoseConfig::default_instance(),
          &v1::RegionConfig::default_instance(), &v1::GenerationConfig::default_instance()};
}

}  // namespace atelier::config
