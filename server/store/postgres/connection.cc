#include "server/store/postgres/connection.h"

#include <poll.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace atelier::server::postgres {
namespace {

// PostgreSQL's numbers of types (pg_type.h, which libpq-dev does not bring).
constexpr Oid kBytea = 17, kInt8 = 20, kText = 25;
constexpr int kBinary = 1;
// Of pg_advisory_lock.
constexpr int64_t kUseLock = 0x6174656c75736564;

// Longest time in which a server says nothing in the middle of a transaction. One that stands still
// there holds locks which the others wait for; the transaction is undone then, and made again when
// the server goes on.
constexpr int kServersIdleMs = 1000;

int64_t BigEndian(int64_t value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  return static_cast<int64_t>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

Oid TypeOf(const Value& value) {
  constexpr std::array<Oid, 3> kTypes = {kInt8, kText, kBytea};
  return kTypes[value.index()];
}

// SQLSTATE classes and codes: PostgreSQL's manual, appendix A.
Error ErrorOf(std::string_view state, const std::string& message) {
  const auto is = [&](std::initializer_list<std::string_view> codes) {
    for (const std::string_view code : codes)
      if (state == code) return true;
    return false;
  };
  const std::string text = "PostgreSQL: " + message;
  if (is({"53100"})) return {Code::kResourceExhausted, "STORAGE_FULL", text, ""};
  // Serialization failure, deadlock; a unique key that another transaction took meanwhile.
  if (is({"40001", "40P01", "23505"})) return {Code::kUnavailable, kBusy, text, ""};
  // Connections, shutdown and start, read-only (a replica), too many connections, a timeout.
  const bool away = state.empty() || state.starts_with("08") ||
                    is({"57P01", "57P02", "57P03", "25006", "53300", "57014", "55P03", "25P03"});
  if (away) return {Code::kUnavailable, kUnavailable, text, ""};
  if (is({"22021", "22P05"}))
    return {Code::kInvalidArgument, "NOT_UTF8", "texts must be UTF-8 without zeros", ""};
  return {Code::kInternal, "STORE_FAILED", text, ""};
}

std::string WithoutNewline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

int64_t Rows::changed() const {
  const char* count = Pq().cmdTuples(result_.get());
  return *count == '\0' ? 0 : std::strtoll(count, nullptr, 10);
}

int64_t Rows::Integer(int row, int column) const {
  if (Pq().getisnull(result_.get(), row, column) != 0) return 0;
  int64_t value = 0;
  std::memcpy(&value, Pq().getvalue(result_.get(), row, column), sizeof(value));
  return BigEndian(value);
}

std::string Rows::Bytes(int row, int column) const {
  const char* bytes = Pq().getvalue(result_.get(), row, column);
  return {bytes, static_cast<size_t>(Pq().getlength(result_.get(), row, column))};
}

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  ATELIER_RETURN_IF_ERROR(LoadLibPq());
  // What stands before the URL are defaults, which it may change.
  std::vector<const char*> keys = {"connect_timeout", "target_session_attrs", "application_name"};
  std::vector<const char*> values = {"5", "read-write",
                                     options.may_fall_silent ? "atelier-news" : "atelier"};
  if (options.may_fall_silent) {
    keys.insert(keys.end(),
                {"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"});
    values.insert(values.end(), {"4", "2", "3", "10000"});
  }
  keys.insert(keys.end(), {"dbname", "client_encoding", nullptr});
  values.insert(values.end(), {options.url.c_str(), "UTF8", nullptr});
  std::unique_ptr<Connection> connection(
      new Connection(Pq().connectdbParams(keys.data(), values.data(), /*expand_dbname=*/1)));
  if (!connection->alive()) return connection->Failure(nullptr);
  connection->turns_ = options.turns;
  // Not to the standard error: what matters comes as an error.
  Pq().setNoticeProcessor(connection->connection_.get(), [](void*, const char*) {}, nullptr);
  ATELIER_RETURN_IF_ERROR(connection->Execute(
      "SET statement_timeout = " + std::to_string(options.statement_timeout_ms) +
      "; SET idle_in_transaction_session_timeout = " +
      std::to_string(options.is_servers ? kServersIdleMs : 2 * options.statement_timeout_ms) +
      "; SET default_transaction_isolation = 'read committed'"
      "; SET client_min_messages = warning"));
  if (options.is_servers) ATELIER_RETURN_IF_ERROR(connection->ShareUse());
  return connection;
}

bool Connection::alive() const { return !lost_ && Pq().status(connection_.get()) == CONNECTION_OK; }

bool Connection::has_news() const {
  pollfd file{socket(), POLLIN, 0};
  return ::poll(&file, 1, 0) != 0;
}

bool Connection::in_transaction() const {
  return Pq().transactionStatus(connection_.get()) != PQTRANS_IDLE;
}

Unexpected Connection::Failure(const PGresult* result) {
  const char* state = result ? Pq().resultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const char* message =
      result ? Pq().resultErrorMessage(result) : Pq().errorMessage(connection_.get());
  // What has no SQLSTATE came from the client's side: libpq may call a connection whose server said
  // goodbye first a good one until it is used again.
  const std::string_view code = state ? state : "";
  if (code.empty() || code.starts_with("57P")) lost_ = true;
  return Unexpected(ErrorOf(code, WithoutNewline(message)));
}

Status Connection::Execute(const std::string& sql) {
  if (!under_way_.empty()) ATELIER_RETURN_IF_ERROR(Flush());
  if (turns_) ++*turns_;
  const Rows rows(Pq().exec(connection_.get(), sql.c_str()));
  const bool empty = Pq().resultStatus(rows.result()) == PGRES_EMPTY_QUERY;
  return rows.failed() && !empty ? Status(Failure(rows.result())) : Status();
}

Result<bool> Connection::NoServerRuns() {
  // Every connection of a server holds the lock as one of many.
  ATELIER_ASSIGN_OR_RETURN(
      const Rows taken,
      Run("SELECT pg_try_advisory_xact_lock($1)::INT::BIGINT", {Value(kUseLock)}));
  return taken.Integer(0, 0) != 0;
}

Status Connection::ShareUse() {
  ATELIER_RETURN_IF_ERROR(Run("SELECT pg_advisory_lock_shared($1)", {Value(kUseLock)}));
  return {};
}

Result<std::vector<std::string>> Connection::TakeNotifications() {
  if (Pq().consumeInput(connection_.get()) == 0) return Failure(nullptr);
  std::vector<std::string> texts;
  const int own = Pq().backendPID(connection_.get());
  while (PGnotify* notification = Pq().notifies(connection_.get())) {
    if (notification->be_pid != own) texts.emplace_back(notification->extra);
    Pq().freemem(notification);
  }
  return texts;
}

Status Connection::Begin() {
  committed_ = false;
  return RunLater("BEGIN");
}

Status Connection::Await() {
  if (under_way_.empty()) return {};
  const Result<Rows> last = Flush();
  return last ? Status() : Status(Unexpected(last.error()));
}

Result<Rows> Connection::RunAndCommit(std::string_view sql, std::initializer_list<Value> values) {
  Rows rows;
  ATELIER_RETURN_IF_ERROR(RunLater(sql, values, &rows));
  ATELIER_RETURN_IF_ERROR(Commit());
  return rows;
}

Status Connection::Commit() {
  committed_ = true;
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, Run("COMMIT"));
  // A transaction in which a statement failed is rolled back by its COMMIT, which succeeds.
  if (rows.command() != "COMMIT")
    return MakeError(Code::kInternal, "STORE_FAILED", "PostgreSQL: the transaction had failed");
  return {};
}

void Connection::Rollback() {
  if (alive() && !under_way_.empty()) (void)Flush();
  if (alive() && in_transaction()) (void)Execute("ROLLBACK");
}

Status Connection::Prepare(std::string_view sql, std::initializer_list<Value> values) {
  std::vector<Oid> types;
  for (const Value& value : values) types.push_back(TypeOf(value));
  std::string text(sql);
  std::string name = "s" + std::to_string(prepared_++);
  if (Pq().sendPrepare(connection_.get(), name.c_str(), text.c_str(),
                       static_cast<int>(types.size()), types.data()) == 0)
    return Failure(nullptr);
  under_way_.push_back({.prepared = text});
  statements_.emplace(std::move(text), std::move(name));
  return {};
}

Status Connection::Send(const std::string& name, std::initializer_list<Value> values) {
  std::vector<int64_t> integers;
  integers.reserve(values.size());  // its elements are pointed to
  std::vector<const char*> bytes;
  std::vector<int> lengths;
  for (const Value& value : values) {
    std::string_view text;
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      integers.push_back(BigEndian(*integer));
      text = {reinterpret_cast<const char*>(&integers.back()), sizeof(int64_t)};
    } else {
      const auto* blob = std::get_if<Blob>(&value);
      text = blob ? blob->bytes : std::get<std::string_view>(value);
    }
    // A null pointer would be NULL, which an empty string_view may hold.
    bytes.push_back(text.empty() ? "" : text.data());
    lengths.push_back(static_cast<int>(text.size()));
  }
  const std::vector<int> formats(values.size(), kBinary);
  if (Pq().sendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
                             bytes.data(), lengths.data(), formats.data(), kBinary) == 0)
    return Failure(nullptr);
  under_way_.emplace_back();
  return {};
}

Status Connection::RunLater(std::string_view sql, std::initializer_list<Value> values, Rows* rows) {
  if (under_way_.empty() && Pq().enterPipelineMode(connection_.get()) == 0) return Failure(nullptr);
  if (!statements_.contains(sql)) ATELIER_RETURN_IF_ERROR(Prepare(sql, values));
  ATELIER_RETURN_IF_ERROR(Send(statements_.find(sql)->second, values));
  under_way_.back().rows = rows;
  return {};
}

Result<Rows> Connection::Run(std::string_view sql, std::initializer_list<Value> values) {
  ATELIER_RETURN_IF_ERROR(RunLater(sql, values));
  return Flush();
}

Result<Rows> Connection::Flush() {
  const std::vector<UnderWay> under_way = std::exchange(under_way_, {});
  if (turns_) ++*turns_;
  if (Pq().pipelineSync(connection_.get()) == 0) return Failure(nullptr);
  std::optional<Unexpected> failure;
  Rows last(nullptr);
  for (const auto& [prepared, rows] : under_way) {
    last = Rows(Pq().getResult(connection_.get()));
    if (last.failed()) {
      // What comes after the first failure is not run.
      if (!failure) failure = Failure(last.result());
      if (!alive()) return *std::move(failure);
      if (!prepared.empty()) statements_.erase(prepared);
    }
    // The mark that its answer is complete.
    while (PGresult* more = Pq().getResult(connection_.get())) Pq().clear(more);
    if (rows) *rows = std::exchange(last, Rows(nullptr));
  }
  const Rows end(Pq().getResult(connection_.get()));
  const bool ended = Pq().resultStatus(end.result()) == PGRES_PIPELINE_SYNC &&
                     Pq().exitPipelineMode(connection_.get()) != 0;
  if (!ended) return Failure(nullptr);
  if (failure) return *std::move(failure);
  return last;
}

}  // namespace atelier::server::postgres
