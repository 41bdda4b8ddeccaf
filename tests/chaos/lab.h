// Lab: a server and workers over a fresh folder, for a fault to be made in, and the book-keeping
// that says afterwards whether a job was lost. Processes die with the thread that starts them, so
// one thread owns a Lab; the Peer alone may be called from others.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "chaos/fault_panel.h"
#include "chaos/figures.h"
#include "chaos/peer.h"
#include "integration/process.h"
#include "support/temp_dir.h"

namespace atelier::chaos {

inline constexpr char kModel[] = "models/chaos";
/// Seed of the job that kills every worker which was started with Worker::poisonous.
inline constexpr uint64_t kPoisonSeed = 666;

struct LabOptions {
  std::chrono::milliseconds lease{2000};
  int max_attempts = 3;
  /// atelier-generation with pose and region behind it, over the tiny test model, in place of
  /// chaos_worker.
  bool real_workers = false;
  /// host:port where workers fetch their jobs; empty: the socket in the data folder.
  std::string dispatch = {};
};

struct WorkerOptions {
  int max_jobs = 2;
  int step_milliseconds = 20;
  bool poisonous = false;
  /// What its command begins with, to run it elsewhere: FarNetwork::Inside().
  std::vector<std::string> inside = {};
};

class Lab {
 public:
  Lab(const LabOptions& options, Figures& figures, uint64_t seed);
  /// Prints the ends of the logs when something was broken.
  ~Lab();

  /// Starts the server, or starts it again at the same address over the same folder. False, and
  /// broken, when it does not get ready.
  bool StartServer();
  /// kill -9.
  void KillServer();
  bool StartWorker(const WorkerOptions& options = {});
  /// Starts the workers again that have ended. Returns how many.
  int ReviveWorkers();

  testing::Process& server() { return *server_; }
  /// Of real workers.
  testing::Process& pose() { return *pose_; }
  testing::Process& region() { return *region_; }
  testing::Process& worker(size_t index) { return *workers_[index].process; }
  size_t worker_count() const { return workers_.size(); }
  /// Faults of the server and of workers that are started from now on.
  FaultPanel& panel() { return panel_; }
  Peer& peer() { return *peer_; }
  Random& random() { return random_; }
  Figures& figures() { return figures_; }
  const LabOptions& options() const { return options_; }
  const std::string& address() const { return address_; }
  std::filesystem::path data() const { return dir_.path() / "data"; }
  /// Where workers fetch their jobs.
  std::string dispatch() const;
  /// A metric of the running server; -1 when it is absent.
  double Metric(const std::string& name) const;

  /// A synthesis of `steps` steps in this lab's kind of pictures.
  v1::JobSpec Spec(int steps);
  /// A request id nobody used.
  std::string NextRequest();
  /// Submits until it is acknowledged, and books it. "" , and broken, when it never is.
  std::string Submit(const v1::JobSpec& spec, const std::string& request_id);
  std::string Submit(int steps) { return Submit(Spec(steps), NextRequest()); }
  /// Books what a client was told: `request_id` became `job`.
  void Book(const std::string& request_id, const std::string& job);
  /// This job must fail with `reason`, not succeed.
  void ExpectFailure(const std::string& job, const std::string& reason);

  /// Running jobs and their attempts.
  std::map<std::string, int> Running();
  /// Waits until `condition`, which is asked every few milliseconds; false after `limit`.
  bool Until(Seconds limit, const std::function<bool()>& condition);
  /// Lets a seeded time between the two pass: faults come when they come.
  void Pause(Seconds from, Seconds to);

  /// Waits until every booked job has ended as it should, then adds jobs, losses and second
  /// recordings to the figures. Workers that ended are started again meanwhile.
  void Settle(Seconds limit = Seconds(60));

 private:
  struct Worker {
    WorkerOptions options;
    std::unique_ptr<testing::Process> process;
  };

  std::unique_ptr<testing::Process> Start(const std::vector<std::string>& command,
                                          const std::string& ready, std::string* line);
  bool StartRealParts();
  std::vector<std::string> WorkerCommand(const WorkerOptions& options) const;
  bool Ended(const v1::Job& job) const;
  void CountLosses();

  const LabOptions options_;
  Figures& figures_;
  Random random_;
  const testing::TempDir dir_;
  FaultPanel panel_;
  std::string address_;
  std::string metrics_address_;
  std::string pose_address_ = "127.0.0.1:1";
  std::string region_address_ = "127.0.0.1:1";
  int starts_ = 0;
  int requests_ = 0;
  bool audited_ = false;
  std::vector<std::filesystem::path> logs_;
  std::unique_ptr<testing::Process> pose_, region_, server_;
  std::vector<Worker> workers_;
  std::unique_ptr<Peer> peer_;
  std::map<std::string, std::string> booked_;   // request id -> job
  std::map<std::string, std::string> failing_;  // job -> reason
};

/// How long the jobs that lost their worker at `fault` took to leave the dead attempt: back in the
/// queue, or leased anew.
struct TakenBack {
  int jobs = 0;
  Seconds longest{0};
  Seconds shortest{1e9};
};

/// Waits for the jobs of `running`, taken just before the fault, until each has left its attempt or
/// ended in it.
TakenBack AwaitTakenBack(Lab& lab, const std::map<std::string, int>& running,
                         Steady::time_point fault);

}  // namespace atelier::chaos
