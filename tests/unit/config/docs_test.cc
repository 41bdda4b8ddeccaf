// docs/config.md shows the schema as it is. ATELIER_WRITE_DOCS=1 config_test "[docs]" writes it
// anew.
#include "config/docs.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "config_messages.h"

namespace atelier::config {
namespace {

const std::string kPath = std::string(ATELIER_SOURCE_DIR) + "/docs/config.md";

std::string ReadDocs() {
  std::ifstream file(kPath);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Where the text between two marks begins and ends; {0, 0} when a mark is missing.
std::pair<size_t, size_t> Between(const std::string& text, const std::string& begin,
                                  const std::string& end) {
  const size_t from = text.find(begin);
  if (from == std::string::npos) return {0, 0};
  const size_t to = text.find(end, from);
  if (to == std::string::npos) return {0, 0};
  return {from + begin.size(), to};
}

}  // namespace

TEST_CASE("docs/config.md shows every setting as the schema has it, and no other", "[docs]") {
  std::string docs = ReadDocs();
  REQUIRE_FALSE(docs.empty());
  for (const google::protobuf::Message* message : AllConfigs()) {
    const std::string name = message->GetDescriptor()->name();
    INFO(name);
    const auto [from, to] =
        Between(docs, "<!-- " + name + " -->\n", "<!-- end of " + name + " -->");
    REQUIRE(from != 0);
    const std::string table = SettingsTable(*message->GetDescriptor());
    const bool write = std::getenv("ATELIER_WRITE_DOCS") != nullptr;
    if (write) docs.replace(from, to - from, table);
    CHECK((write || docs.substr(from, to - from) == table));
  }
  if (std::getenv("ATELIER_WRITE_DOCS") != nullptr) std::ofstream(kPath) << docs;
}

}  // namespace atelier::config
