// NewsLink over PostgreSQL's LISTEN and NOTIFY.
//
// NOTIFY within the transaction of a change would let one commit at a time through the whole
// database: PostgreSQL takes a lock for it until the commit is on disk (64 clients on two cores:
// 250 commits a second instead of 1,600). So news go out after the commit, over this connection,
// many at once and without waiting for the disk.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/store/postgres/connection.h"
#include "server/store/shared_store.h"

namespace atelier::server::postgres {

class PostgresNewsLink final : public NewsLink {
 public:
  static Result<std::unique_ptr<NewsLink>> Open(ConnectionOptions options);

  Status Send(const std::vector<std::string>& news) override;
  Result<std::vector<std::string>> Receive() override;
  void Wait(int wake, std::chrono::milliseconds timeout) override;
  Result<int64_t> NowMs() override;

 private:
  explicit PostgresNewsLink(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  const std::unique_ptr<Connection> connection_;
};

}  // namespace atelier::server::postgres
