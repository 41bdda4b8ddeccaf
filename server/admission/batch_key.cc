#include "server/admission/batch_key.h"

namespace atelier::server {

std::string BatchKey(const v1::SynthesisSpec& spec) {
  const std::string unset = "-";
  std::string key = spec.model();
  key.append("|").append(spec.has_height() ? std::to_string(spec.height()) : unset);
  key.append("|").append(spec.has_width() ? std::to_string(spec.width()) : unset);
  key.append("|").append(spec.has_steps() ? std::to_string(spec.steps()) : unset);
  key.append("|").append(spec.scheduler().empty() ? unset : spec.scheduler());
  if (!spec.has_guidance()) return key.append("|").append(unset);
  return key.append(spec.guidance() > 1 ? "|guided" : "|plain");
}

}  // namespace atelier::server
