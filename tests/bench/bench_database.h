// BenchDatabase: where the queue of a measured server lies: a schema of a PostgreSQL for each.
#pragma once

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/bench_figures.h"
#include "server/store/postgres/connection.h"
#include "stores/postgres_process.h"

namespace atelier::bench {

class BenchDatabase {
 public:
  /// Of the PostgreSQL at `url`; with an empty one, of one of its own, which syncs.
  explicit BenchDatabase(std::string url) : url_(std::move(url)) {
    if (!url_.empty()) return;
    process_ = std::make_unique<testing::PostgresProcess>(testing::PostgresOptions{.syncs = true});
    Must(process_->Start());
    url_ = testing::PostgresProcess::Url(process_->folder());
  }
  ~BenchDatabase() {
    for (const std::string& schema : schemas_) Execute(url_, "DROP SCHEMA " + schema + " CASCADE");
  }
  BenchDatabase(const BenchDatabase&) = delete;
  BenchDatabase& operator=(const BenchDatabase&) = delete;

  /// Of a fresh, empty schema.
  std::string FreshUrl() {
    schemas_.push_back("bench_" + std::to_string(getpid()) + "_" + std::to_string(schemas_.size()));
    Execute(url_, "CREATE SCHEMA " + schemas_.back());
    if (url_.find("://") == std::string::npos)
      return url_ + " options='-c search_path=" + schemas_.back() + "'";
    const char* next = url_.find('?') == std::string::npos ? "?" : "&";
    return url_ + next + "options=-csearch_path%3D" + schemas_.back();
  }

  static void Execute(const std::string& url, const std::string& sql) {
    constexpr int kHalfAnHourMs = 1'800'000;
    const auto connection = Must(
        server::postgres::Connection::Open({.url = url, .statement_timeout_ms = kHalfAnHourMs}));
    Must(connection->Execute(sql));
  }

 private:
  std::unique_ptr<testing::PostgresProcess> process_;
  std::string url_;
  std::vector<std::string> schemas_;
};

}  // namespace atelier::bench
