// docs/metrics.md shows the metrics as the code has them. ATELIER_WRITE_DOCS=1 config_test
// "[metrics]" brings its types and meanings up to date; rows come and go by hand.
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "support/temp_dir.h"
#include "telemetry/metrics.h"

namespace atelier::telemetry {
namespace {

const std::string kPath = std::string(ATELIER_SOURCE_DIR) + "/docs/metrics.md";

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The cells of a Markdown row, without spaces around them; empty for any other line.
std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| `atelier_")) return cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) {
    const size_t begin = cell.find_first_not_of(' ');
    const size_t end = cell.find_last_not_of(' ');
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return cells;
}

std::map<std::string, MetricFamily> ByName(const std::vector<MetricFamily>& families) {
  std::map<std::string, MetricFamily> map;
  for (const MetricFamily& family : families) map["`" + family.name + "`"] = family;
  return map;
}

/// The rules of `promtool check metrics` for a family: "" when it keeps them.
/// https://github.com/prometheus/client_golang/tree/main/prometheus/testutil/promlint
std::string Lint(const MetricFamily& family) {
  const std::string& name = family.name;
  std::vector<std::string> words;
  std::istringstream stream(name);
  for (std::string word; std::getline(stream, word, '_');) words.push_back(word);
  const auto has_word = [&](std::initializer_list<const char*> list) {
    return std::any_of(list.begin(), list.end(), [&](const char* word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    });
  };
  const bool snake = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!snake) return "a name is in snake_case, without colons";
  if (family.help.empty()) return "a metric has a help text";
  if ((family.type == "counter") != name.ends_with("_total")) {
    return "counters and they alone end in _total";
  }
  for (const char* reserved : {"_count", "_sum", "_bucket"}) {
    if (name.ends_with(reserved)) return "only histograms' series end in _count, _sum or _bucket";
  }
  if (has_word({"counter", "gauge", "histogram", "summary", "untyped"})) {
    return "a name does not tell its type";
  }
  if (has_word({"milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks",
                "kilobytes", "megabytes", "gigabytes", "kibibytes", "mebibytes", "gibibytes",
                "bits", "percent", "milliamperes", "kilometers", "millimeters"})) {
    return "a name uses the base unit";
  }
  if (has_word({"s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"})) {
    return "a unit is not abbreviated";
  }
  return {};
}

}  // namespace

TEST_CASE("docs/metrics.md has every metric with the type and help of the code, and no other",
          "[metrics]") {
  const Metrics metrics;
  std::map<std::string, MetricFamily> missing = ByName(metrics.families());
  REQUIRE(missing.size() == metrics.families().size());
  const bool write = std::getenv("ATELIER_WRITE_DOCS") != nullptr;
  std::string written;
  std::istringstream docs(ReadText(kPath));
  for (std::string line; std::getline(docs, line);) {
    const std::vector<std::string> cells = CellsOf(line);
    INFO(line);
    if (!cells.empty()) {
      REQUIRE(cells.size() == 5);
      const auto family = missing.find(cells[0]);
      REQUIRE(family != missing.end());
      const auto& [name, type, help] = family->second;
      CHECK((write || cells[1] == type));
      CHECK((write || cells[4] == help));
      line = "| " + cells[0] + " | " + type + " | " + cells[2] + " | " + cells[3] + " | " + help +
             " |";
      missing.erase(family);
    }
    written += line + "\n";
  }
  for (const auto& [name, family] : missing) {
    INFO(name << " is not in docs/metrics.md");
    CHECK(false);
  }
  if (write) std::ofstream(kPath) << written;
}

TEST_CASE("Nothing is on the page that the list of metrics does not have", "[metrics]") {
  Metrics metrics;
  metrics.FinishedJobs("failed").Increment();
  metrics.Rpcs("a.B/C", "OK").Increment();
  const auto listed = ByName(metrics.families());
  for (const prometheus::MetricFamily& family : metrics.registry()->Collect()) {
    INFO(family.name);
    REQUIRE(listed.count("`" + family.name + "`") == 1);
    CHECK(listed.at("`" + family.name + "`").help == family.help);
  }
}

TEST_CASE("Every metric's name keeps Prometheus' rules", "[metrics]") {
  const Metrics metrics;
  for (const MetricFamily& family : metrics.families()) {
    INFO(family.name);
    CHECK(Lint(family) == "");
  }
  // The rules themselves can fail.
  CHECK(Lint({"atelier_jobs", "counter", "h"}) != "");
  CHECK(Lint({"atelier_jobs_total", "gauge", "h"}) != "");
  CHECK(Lint({"atelier_step_ms", "histogram", "h"}) != "");
  CHECK(Lint({"atelier_step_milliseconds", "histogram", "h"}) != "");
  CHECK(Lint({"atelier_queue_gauge", "gauge", "h"}) != "");
  CHECK(Lint({"atelierQueue", "gauge", "h"}) != "");
  CHECK(Lint({"atelier_queue_count", "gauge", "h"}) != "");
  CHECK(Lint({"atelier_queue", "gauge", ""}) != "");
}

TEST_CASE("promtool finds nothing to say, where it is installed", "[metrics]") {
  Metrics metrics;
  metrics.FinishedJobs("failed").Increment();
  metrics.Rpcs("a.B/C", "OK").Increment();
  const std::string page = prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
  CHECK_FALSE(page.empty());
  // Debian's package takes 96 MiB, too much to ask of everybody who builds.
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) return;
  const testing::TempDir dir;
  const std::string path = (dir.path() / "page").string();
  std::ofstream(path) << page;
  CHECK(std::system(("promtool check metrics <" + path).c_str()) == 0);
}

TEST_CASE("Whatever docs/operations.md tells to watch is a metric", "[metrics]") {
  const Metrics metrics;
  const auto listed = ByName(metrics.families());
  const std::string docs = ReadText(std::string(ATELIER_SOURCE_DIR) + "/docs/operations.md");
  int found = 0;
  for (size_t at = docs.find("atelier_"); at != std::string::npos;
       at = docs.find("atelier_", at + 1)) {
    const size_t end = docs.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at);
    std::string name = docs.substr(at, end - at);
    INFO(name);
    for (const std::string suffix : {"_bucket", "_count", "_sum"}) {
      const bool whole = listed.count("`" + name + "`") == 1;
      if (!whole && name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    }
    CHECK(listed.count("`" + name + "`") == 1);
    ++found;
  }
  CHECK(found > 5);
}

}  // namespace atelier::telemetry
