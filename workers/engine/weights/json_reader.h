// JsonReader: reads the members of one JSON object into variables, naming what is wrong.
//
//   JsonReader reader(json, "vae.config");
//   reader.Optional("layers_per_block", config.layers_per_block, 1, 16);
//   ATELIER_RETURN_IF_ERROR(reader.Finish());
//
// The first error is kept and returned by Finish(); later reads do nothing. A member that is absent
// leaves its variable alone.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

class JsonReader {
 public:
  /// `path` names the object in messages: "components.vae". Keeps a reference to `object`.
  JsonReader(const nlohmann::json& object, std::string path);

  void Optional(const std::string& key, int64_t& out, int64_t min, int64_t max);
  void Optional(const std::string& key, int& out, int64_t min, int64_t max);
  void Optional(const std::string& key, double& out, double min, double max);
  void Optional(const std::string& key, bool& out);
  void Optional(const std::string& key, std::string& out,
                const std::vector<std::string>& allowed = {});
  /// Array of whole numbers, not empty, each within min..max.
  void Optional(const std::string& key, std::vector<int64_t>& out, int64_t min, int64_t max);
  /// A member that another reader will read; nullptr when absent. The error is this reader's when
  /// it is not an object.
  const nlohmann::json* Object(const std::string& key);
  /// Whatever is there, unchecked; nullptr when absent.
  const nlohmann::json* Any(const std::string& key);
  /// The error says that `key` is missing unless the object has it.
  void Require(const std::string& key);
  /// Refuses `key` with this rule.
  void Refuse(const std::string& key, const std::string& rule, const std::string& given);

  /// The first error, if any.
  Status Finish() const;
  /// Finish(), and a member that nothing read is an error that names it.
  Status FinishStrict() const;

 private:
  const nlohmann::json* Find(const std::string& key);
  std::string Name(const std::string& key) const;

  const nlohmann::json& object_;
  std::string path_;
  std::set<std::string> known_;
  Status status_;
};

}  // namespace atelier::engine
