// Parser: tells the regions of a person apart, in photographs and renderings alike.
//
// No network: how often renderings of people show each region at a place of the body (the prior),
// the colours of the person themselves, where a sleeve or trouser leg most likely ends along each
// limb, and the picture's edges.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "edit/person/regions.h"

namespace atelier::edit {

/// What answers and receipts call it; a change that changes its regions changes the number.
inline constexpr std::string_view kParserName = "colour-prior/3";

/// Thread rule: immutable after Load().
class Parser {
 public:
  /// `prior`: the file that atelier-people writes. NOT_FOUND; DATA_LOSS (PRIOR_FILE_INVALID) when
  /// it is not whole or of another body.
  static Result<std::shared_ptr<const Parser>> Load(std::shared_ptr<const people::Body> body,
                                                    const std::filesystem::path& prior);
  ~Parser();

  Regions Parse(const Person& person) const;

 private:
  struct Parts;
  explicit Parser(std::unique_ptr<const Parts> parts);
  std::unique_ptr<const Parts> parts_;
};

}  // namespace atelier::edit
