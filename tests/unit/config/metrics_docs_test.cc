// docs/metrics.md shows the metrics as the code has them. ATELIER_WRITE_DOCS=1 config_test
// "[metrics]" brings its types and meanings up to date; rows come and go by hand.
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "support/temp_dir.h"
#include "telemetry/metrics.h"

namespace atelier::telemetry {
namespace {

const std::string kOperations = std::string(ATELIER_SOURCE_DIR) + "/docs/operations.md";
const std::string kPath = std::string(ATELIER_SOURCE_DIR) + "/docs/metrics.md";
const std::string kRules =
    std::string(ATELIER_SOURCE_DIR) + "/deploy/helm/atelier/files/alerts.yaml";
const std::string kDashboards = std::string(ATELIER_SOURCE_DIR) + "/deploy/helm/atelier/dashboards";

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The cells of a Markdown row, without spaces around them; empty for any other line.
std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| `")) return cells;
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

/// Brings what appears with its first label onto the page.
void UseEveryLabel(Metrics& metrics) {
  metrics.QueuedJobs("models/m").Set(1);
  metrics.OldestQueuedSeconds("models/m").Set(1);
  metrics.Workers("models/m").Set(1);
  metrics.RefusedSubmits("QUEUE_FULL").Increment();
  metrics.TenantDeviceSeconds("acme").Increment();
  metrics.TenantPictures("acme").Increment();
  metrics.TenantStoredBytes("acme").Set(1);
  metrics.RefusedCalls("NO_RIGHT").Increment();
  metrics.FailedJobs("NO_RESULT").Increment();
  metrics.JobWarnings("SEVERAL_PEOPLE").Increment();
  metrics.DataDiskFreeBytes().Set(1);
  metrics.DataDiskSizeBytes().Set(2);
  metrics.GpuMemoryUsedBytes("cuda:0").Set(1);
  metrics.GpuMemorySizeBytes("cuda:0").Set(2);
  metrics.CountRpc("/a.B/C", Code::kOk, 0.1);
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
  UseEveryLabel(metrics);
  auto listed = ByName(metrics.families());
  for (const prometheus::MetricFamily& family : metrics.Collect()) {
    INFO(family.name);
    REQUIRE(listed.count("`" + family.name + "`") == 1);
    CHECK(listed.at("`" + family.name + "`").help == family.help);
    listed.erase("`" + family.name + "`");
  }
  // And nothing is in the list that never comes onto the page.
  for (const auto& [name, family] : listed) {
    INFO(name);
    CHECK(false);
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
  UseEveryLabel(metrics);
  const std::string page = prometheus::TextSerializer().Serialize(metrics.Collect());
  CHECK_FALSE(page.empty());
  // Debian's package takes 96 MiB, too much to ask of everybody who builds.
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) return;
  const testing::TempDir dir;
  const std::string path = (dir.path() / "page").string();
  std::ofstream(path) << page;
  CHECK(std::system(("promtool check metrics <" + path).c_str()) == 0);
}

// What makes each alert fire and not fire is tests/deploy/alerts_test.yaml; tools/check-deploy runs
// it.
TEST_CASE("Every alert has a section of docs/operations.md, and every such section an alert",
          "[metrics]") {
  const std::string docs = ReadText(kOperations);
  const std::string sections = docs.substr(docs.find("\n## Alerts\n"));
  const std::string rules = ReadText(kRules);
  const auto names_after = [](const std::string& text, const std::string& key) {
    std::vector<std::string> names;
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      const size_t begin = at + key.size();
      names.push_back(text.substr(begin, text.find('\n', begin) - begin));
    }
    return names;
  };
  const std::vector<std::string> alerts = names_after(rules, "- alert: ");
  CHECK(alerts.size() > 10);
  CHECK(names_after(sections, "\n### ") == alerts);
}

TEST_CASE("Whatever docs, alerts and dashboards tell to watch is a metric", "[metrics]") {
  const Metrics metrics;
  const auto listed = ByName(metrics.families());
  std::vector<std::string> paths = {kOperations, kRules};
  for (const auto& file : std::filesystem::directory_iterator(kDashboards)) {
    paths.push_back(file.path().string());
  }
  CHECK(paths.size() > 3);
  const std::regex name_start("\\b(atelier|process)_[a-z]");
  for (const std::string& path : paths) {
    const std::string text = ReadText(path);
    int found = 0;
    for (std::sregex_iterator match(text.begin(), text.end(), name_start), last; match != last;
         ++match) {
      const auto at = static_cast<size_t>(match->position());
      const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at);
      std::string name = text.substr(at, end - at);
      INFO(path << ": " << name);
      for (const std::string suffix : {"_bucket", "_count", "_sum"}) {
        const bool whole = listed.count("`" + name + "`") == 1;
        if (!whole && name.ends_with(suffix)) name.resize(name.size() - suffix.size());
      }
      CHECK(listed.count("`" + name + "`") == 1);
      ++found;
    }
    INFO(path);
    CHECK(found > 5);
  }
}

}  // namespace atelier::telemetry
