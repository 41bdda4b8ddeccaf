// FakeS3: an S3 server in memory that misbehaves when a test says so. It knows what the client
// under test needs, and checks every signature.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "server/blobs/s3/s3_client.h"
#include "support/temp_dir.h"

namespace atelier::server::s3 {

/// What happens to one request instead of, or after, its being done.
enum class Fault {
  kNone,
  /// 503 SlowDown; nothing is done.
  kBusy,
  /// The connection is closed; nothing is done.
  kCut,
  /// It is done, and the connection closed without an answer.
  kCutAfter,
  /// Half of the answer's body, then the connection is closed.
  kHalf,
  /// A byte of the answer's body is another.
  kWrongByte,
  /// No answer until the client leaves.
  kSilent,
  /// 403 AccessDenied.
  kDenied,
  /// An upload's end answers 200 with an error inside.
  kErrorInside,
};

class FakeS3 {
 public:
  FakeS3();
  ~FakeS3();
  FakeS3(const FakeS3&) = delete;
  FakeS3& operator=(const FakeS3&) = delete;

  /// For its bucket, with short pauses and time limits.
  ClientOptions Options() const;

  /// The next requests meet these, one each.
  void Expect(std::vector<Fault> faults);
  /// Every request meets it from now on.
  void Always(Fault fault) { always_ = fault; }
  /// Its clock is so far ahead of ours; requests more than 15 minutes off are refused.
  void SetClockAhead(std::chrono::seconds by) { clock_ahead_ = by; }

  std::map<std::string, std::string> objects();
  void SetObject(const std::string& key, const std::string& bytes);
  /// "METHOD KEY?QUERY" of all requests so far.
  std::vector<std::string> requests();
  int connections() const { return connections_; }
  size_t unfinished_uploads();

 private:
  struct Request {
    std::string method, path, query, body;
    std::map<std::string, std::string> headers = {};
  };
  struct Answer {
    int status = 200;
    std::string body = {};
    Pairs headers = {};
  };

  void Accept();
  void Serve(int connection);
  bool ReadRequest(int connection, std::string& buffer, Request& request) const;
  Answer Do(const Request& request);
  Answer DoPut(const std::string& key, const Request& request) REQUIRES(mutex_);
  Answer DoPost(const std::string& key, const Request& request) REQUIRES(mutex_);
  Answer DoGet(const std::string& key, const Request& request) REQUIRES(mutex_);
  bool IsSigned(const Request& request) const;
  bool IsInTime(const Request& request) const;
  Fault NextFault();

  testing::TempDir folder_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_ = false;
  std::atomic<int> connections_ = 0;
  std::atomic<Fault> always_ = Fault::kNone;
  std::atomic<std::chrono::seconds> clock_ahead_{std::chrono::seconds(0)};
  Mutex mutex_;
  std::deque<Fault> faults_ GUARDED_BY(mutex_);
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> objects_ GUARDED_BY(mutex_);
  std::map<std::string, std::map<int, std::string>> uploads_ GUARDED_BY(mutex_);
  int last_upload_ GUARDED_BY(mutex_) = 0;
  std::vector<int> open_ GUARDED_BY(mutex_);
  std::vector<std::thread> serving_ GUARDED_BY(mutex_);
  std::thread accepting_;
};

}  // namespace atelier::server::s3
