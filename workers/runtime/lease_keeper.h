// LeaseKeeper: everything this worker tells the server about the jobs it holds: heartbeats,
// progress and ends. Thread-safe.
//
// Reports leave on the keeper's own threads, so that a slow network never holds up a denoising
// step, and several at once, so that many leases are extended in time where each call takes long;
// of several reports that wait for one job only the latest leaves. Pictures are stored and jobs
// completed on another thread, one after the other in the order they came, so that painting goes on
// meanwhile; a lease lives on until its completion is answered, however long that takes. A lease
// the server calls lost is left in silence; a cancelled one is acknowledged at once, on a thread of
// its own: an acknowledgement that is tried again holds up no heartbeat.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "base/mutex.h"
#include "runtime/dispatch_client.h"
#include "runtime/lease.h"
#include "runtime/timers.h"

namespace atelier::runtime {

/// A finished picture and its place among its job's.
struct IndexedPicture {
  size_t index = 0;
  PaintedPicture picture;
  /// Whether it is recorded as soon as it is stored (PreparedJob::records_pictures).
  bool records = false;
};

class LeaseKeeper {
 public:
  /// References must outlive the keeper.
  LeaseKeeper(DispatchClient& client, Timers& timers, const BackoffOptions& backoff);
  /// Stops heartbeats; leases still held run out.
  ~LeaseKeeper();

  /// Heartbeats go out every third of it. Call before Keep().
  void set_lease_duration(std::chrono::milliseconds duration);

  /// Heartbeats for `lease` from now until it is left.
  void Keep(std::shared_ptr<Lease> lease);
  /// Sends `progress` soon. A preview is not lost to a later report that has none.
  void Post(const Lease& lease, v1::JobProgress progress);

  /// Stores a picture soon; waits only while many pictures wait already. Nothing happens once the
  /// lease is left. Tries again until `stop` while the server is not reachable, its disk is full or
  /// nobody says whether the result may leave;
  /// a picture that cannot be stored fails the job at its end.
  void Store(std::shared_ptr<Lease> lease, IndexedPicture picture, std::stop_token stop);
  /// Leaves the lease if it is still held and, once its pictures are stored, ends it with them. The
  /// last one comes here and not through Store(): unless it is large it is stored by the completing
  /// call, which saves a call and a transaction. Its lease is kept alive meanwhile. Waits and
  /// retries as Store() does.
  void Complete(std::shared_ptr<Lease> lease, std::optional<IndexedPicture> last, ResultNotes notes,
                std::stop_token stop);
  /// Returns when every picture of the lease that came to Store() is stored, or nobody wants it.
  void FlushOf(const Lease& lease);
  /// Returns when every Complete() so far has come to its end, and every acknowledgement.
  void Flush();
  /// Ends the lease at once if it is still held. Retries as Store() does.
  void Fail(Lease& lease, const JobFailure& failure, std::stop_token stop);
  /// Of every lease that is held or whose end is not answered yet.
  std::vector<std::string> Tokens();

 private:
  struct Kept {
    std::shared_ptr<Lease> lease;
    bool due = false;
    /// Whether a report of it is in the row or on its way: the next one waits, so that none
    /// overtakes another.
    bool reporting = false;
    std::optional<v1::JobProgress> progress;
  };
  struct Report {
    std::shared_ptr<Lease> lease;
    std::optional<v1::JobProgress> progress;
    /// Its result waits to be sent.
    bool ending = false;
  };

  /// A picture to store, a job to complete, or both.
  struct Outgoing {
    std::shared_ptr<Lease> lease;
    std::optional<IndexedPicture> picture;
    bool completes = false;
    ResultNotes notes;
    std::stop_token stop;
  };

  /// Ends a lease that left kHeld already.
  void SendFailure(const Lease& lease, JobFailure failure, std::stop_token stop);
  void AcknowledgeLoop(std::stop_token stop);
  void SendLoop(std::stop_token stop);
  void StorePicture(const Outgoing& next);
  /// Stores the film of `notes`, if there is one, and puts its asset in.
  Status StoreFilm(const Outgoing& next, ResultNotes& notes);
  /// `along`: the call brings the picture.
  void CompleteJob(const Outgoing& next, bool along);
  void BeatLoop(std::stop_token stop);
  void ReportLoop(std::stop_token stop);
  /// Waits for a report that is due and takes it; nothing once `stop` is requested.
  std::optional<Report> TakeDue(std::stop_token stop);
  /// Puts all that is due in a row; so none waits for long because others come again and again.
  void CollectDue() REQUIRES(mutex_);
  /// Null when it is not kept any more.
  Kept* Find(const Lease& lease) REQUIRES(mutex_);
  void Send(const Report& report, std::stop_token stop);
  /// What `call` came to in the end.
  template <typename Call>
  Status CallWithRetries(const Lease& lease, std::stop_token stop, const Call& call);
  /// The same for calls that end the lease; a failure is logged.
  template <typename Call>
  Status EndWithRetries(const Lease& lease, std::stop_token stop, const Call& call);

  DispatchClient& client_;
  Timers& timers_;
  const BackoffOptions backoff_;
  std::atomic<std::chrono::milliseconds> beat_;
  Mutex mutex_;
  StoppableCondition changed_;
  std::vector<Kept> kept_ GUARDED_BY(mutex_);
  std::deque<Outgoing> outgoing_ GUARDED_BY(mutex_);  // the first is being sent
  bool waiting_due_ GUARDED_BY(mutex_) = false;       // heartbeats for jobs that wait in it
  std::deque<Report> due_ GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Lease>> cancelled_ GUARDED_BY(mutex_);  // the first is acknowledged
  std::vector<const Lease*> failing_ GUARDED_BY(mutex_);
  std::jthread send_thread_;
  std::jthread acknowledge_thread_;
  std::vector<std::jthread> report_threads_;
  std::jthread beat_thread_;
};

}  // namespace atelier::runtime
