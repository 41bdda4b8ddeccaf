#include "server/store/postgres/news_link.h"

#include <poll.h>

#include <array>

#include "server/store/postgres/shared_rows.h"

namespace atelier::server::postgres {
namespace {

// Channels are the database's: one for each schema, as the queues are.
constexpr std::string_view kListen =
    "SELECT 'LISTEN ' || quote_ident('atelier_' || md5(current_schema()))";
constexpr std::string_view kNotify =
    "SELECT COUNT(pg_notify('atelier_' || md5(current_schema()), news))"
    " FROM unnest(string_to_array($1, ',')) AS news";

}  // namespace

Result<std::unique_ptr<NewsLink>> PostgresNewsLink::Open(ConnectionOptions options) {
  options.may_fall_silent = true;
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(options));
  ATELIER_RETURN_IF_ERROR(connection->Execute("SET synchronous_commit = off"));
  ATELIER_ASSIGN_OR_RETURN(const Rows listen, connection->Run(kListen));
  ATELIER_RETURN_IF_ERROR(connection->Execute(listen.Bytes(0, 0)));
  return std::unique_ptr<NewsLink>(new PostgresNewsLink(std::move(connection)));
}

Status PostgresNewsLink::Send(const std::vector<std::string>& news) {
  std::string joined;
  for (const std::string& text : news) joined += joined.empty() ? text : "," + text;
  ATELIER_RETURN_IF_ERROR(connection_->Run(kNotify, {joined}));
  return {};
}

Result<std::vector<std::string>> PostgresNewsLink::Receive() {
  return connection_->TakeNotifications();
}

void PostgresNewsLink::Wait(int wake, std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> files = {pollfd{connection_->socket(), POLLIN, 0}, pollfd{wake, POLLIN, 0}};
  // Whatever ended it, the caller looks.
  (void)::poll(files.data(), files.size(), static_cast<int>(timeout.count()));
}

Result<int64_t> PostgresNewsLink::NowMs() { return postgres::NowMs(*connection_); }

}  // namespace atelier::server::postgres
