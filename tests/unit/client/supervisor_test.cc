#include "client/supervisor/supervisor.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace atelier::supervisor {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// Time that stands still until a test moves it.
class FakeClock : public Clock {
 public:
  Monotonic NowMonotonic() const override { return now; }
  Wall NowWall() const override { return {}; }

  Monotonic now{};
};

/// Notes every wait. Waits up to `instant` are over at once; longer ones when the test says so.
class FakeTimers : public Timers {
 public:
  explicit FakeTimers(boost::asio::io_context& io) : io_(io) {}

  void After(milliseconds delay, std::function<void()> done) override {
    delays.push_back(delay);
    if (delay <= instant) {
      boost::asio::post(io_, std::move(done));
    } else {
      pending.push_back(std::move(done));
    }
    if (on_wait) on_wait(delay);
  }

  milliseconds instant = 10s;
  std::vector<milliseconds> delays;
  std::deque<std::function<void()>> pending;
  std::function<void(milliseconds)> on_wait;

 private:
  boost::asio::io_context& io_;
};

/// Name and shell script of each child.
using Scripts = std::vector<std::pair<std::string, std::string>>;

/// A supervisor over /bin/sh children with fake time; every line it hears is kept as "name: line".
class Stage {
 public:
  explicit Stage(const Scripts& scripts) {
    for (const auto& [name, script] : scripts) {
      options.children.push_back({name, {"/bin/sh", "-c", script}});
    }
    options.timers = &timers;
    options.clock = &clock;
    options.on_line = [this](std::string_view child, std::string_view line) {
      lines.push_back(std::string(child) + ": " + std::string(line));
      if (on_line) on_line(lines.back());
    };
  }

  Status Run() {
    // A supervisor that never ends would hang the test program: the kernel ends that.
    ::alarm(60);
    supervisor.emplace(io, options);
    Status status = supervisor->Run();
    ::alarm(0);
    return status;
  }

  /// Where `line` stands in the log, or -1.
  int At(const std::string& line) const {
    const auto found = std::find(lines.begin(), lines.end(), line);
    return found == lines.end() ? -1 : static_cast<int>(found - lines.begin());
  }

  boost::asio::io_context io;
  FakeTimers timers{io};
  FakeClock clock;
  SupervisorOptions options;
  std::optional<Supervisor> supervisor;
  // A deque: a handler may make the supervisor speak while it looks at the last line.
  std::deque<std::string> lines;
  std::function<void(const std::string&)> on_line;
};

// Announces itself and stays until SIGTERM.
constexpr auto kGoodChild =
    "trap 'echo drained; exit 0' TERM; echo 'listening grpc=1 metrics=2'; while :; do sleep 0.05; "
    "done";

}  // namespace

TEST_CASE("A listening line gives its two ports and any other line none", "[supervisor]") {
  const auto listening = ParseListening("listening grpc=7460 metrics=7461");
  REQUIRE(listening.has_value());
  CHECK(listening->grpc_port == 7460);
  CHECK(listening->metrics_port == 7461);
  CHECK_FALSE(ParseListening("listening grpc=7460").has_value());
  CHECK_FALSE(ParseListening("not listening grpc=1 metrics=2").has_value());
}

TEST_CASE("A child that keeps crashing waits twice as long each time, up to the longest back-off",
          "[supervisor]") {
  Stage stage(Scripts{{"crasher", "echo 'listening grpc=1 metrics=2'; exit 3"}});
  stage.timers.on_wait = [&](milliseconds) {
    if (stage.timers.delays.size() == 8) stage.supervisor->Stop();
  };
  REQUIRE(stage.Run().has_value());
  const std::vector<milliseconds> expected = {250ms, 500ms, 1s, 2s, 4s, 8s, 10s, 10s};
  CHECK(stage.timers.delays == expected);
  CHECK(std::count(stage.lines.begin(), stage.lines.end(), "crasher: exited with code 3") == 8);
}

TEST_CASE("A child that lived long enough starts again with the first back-off", "[supervisor]") {
  Stage stage(Scripts{{"mortal", "echo 'listening grpc=1 metrics=2'; exit 1"}});
  int starts = 0;
  stage.on_line = [&](const std::string& line) {
    // The fourth life is a long one.
    if (line == "mortal: listening grpc=1 metrics=2" && ++starts == 4) stage.clock.now += 31s;
  };
  stage.timers.on_wait = [&](milliseconds) {
    if (stage.timers.delays.size() == 5) stage.supervisor->Stop();
  };
  REQUIRE(stage.Run().has_value());
  const std::vector<milliseconds> expected = {250ms, 500ms, 1s, 250ms, 500ms};
  CHECK(stage.timers.delays == expected);
}

TEST_CASE("A child killed by kill -9 is started again with the same command", "[supervisor]") {
  Stage stage(Scripts{{"victim", kGoodChild}});
  std::vector<int> pids;
  stage.on_line = [&](const std::string& line) {
    if (line != "victim: listening grpc=1 metrics=2") return;
    pids.push_back(stage.supervisor->PidOf(0).value());
    if (pids.size() == 1) {
      ::kill(pids[0], SIGKILL);
    } else {
      stage.supervisor->Stop();
    }
  };
  REQUIRE(stage.Run().has_value());
  REQUIRE(pids.size() == 2);
  CHECK(pids[0] != pids[1]);
  CHECK(stage.At("victim: was killed by signal 9") >= 0);
}

TEST_CASE("A child starts only after the one before it is ready", "[supervisor]") {
  Stage stage(Scripts{{"first", kGoodChild}, {"second", kGoodChild}});
  stage.options.on_ready = [&](const std::vector<Listening>& all) {
    CHECK(all.size() == 2);
    stage.supervisor->Stop();
  };
  REQUIRE(stage.Run().has_value());
  REQUIRE(stage.At("first: listening grpc=1 metrics=2") >= 0);
  const auto second_started =
      std::find_if(stage.lines.begin(), stage.lines.end(),
                   [](const std::string& line) { return line.starts_with("second: started"); });
  CHECK(second_started - stage.lines.begin() > stage.At("first: listening grpc=1 metrics=2"));
}

TEST_CASE("Children that come back start nobody twice and are not ready twice", "[supervisor]") {
  Stage stage(Scripts{{"first", kGoodChild}, {"second", kGoodChild}});
  int ready = 0;
  stage.options.on_ready = [&](const std::vector<Listening>&) {
    if (++ready == 1) ::kill(stage.supervisor->PidOf(1).value(), SIGKILL);
  };
  int announced[2] = {0, 0};
  stage.on_line = [&](const std::string& line) {
    // Posted: what the supervisor itself makes of the line comes first.
    if (line == "second: listening grpc=1 metrics=2" && ++announced[1] == 2) {
      boost::asio::post(stage.io, [&] { ::kill(stage.supervisor->PidOf(0).value(), SIGKILL); });
    }
    if (line == "first: listening grpc=1 metrics=2" && ++announced[0] == 2) {
      boost::asio::post(stage.io, [&] { stage.supervisor->Stop(); });
    }
  };
  REQUIRE(stage.Run().has_value());
  CHECK(ready == 1);
  CHECK(announced[0] == 2);
  CHECK(std::count_if(stage.lines.begin(), stage.lines.end(), [](const std::string& line) {
          return line.starts_with("second: started");
        }) == 2);
}

TEST_CASE("A stop drains the last child first and each one wholly before the next",
          "[supervisor]") {
  Stage stage(Scripts{{"server", kGoodChild}, {"worker", kGoodChild}});
  stage.options.on_ready = [&](const std::vector<Listening>&) { stage.supervisor->Stop(); };
  REQUIRE(stage.Run().has_value());
  REQUIRE(stage.At("worker: drained") >= 0);
  REQUIRE(stage.At("server: is asked to end") >= 0);
  CHECK(stage.At("worker: drained") < stage.At("worker: exited with code 0"));
  CHECK(stage.At("worker: exited with code 0") < stage.At("server: is asked to end"));
  CHECK(stage.At("server: drained") >= 0);
}

TEST_CASE("A child that ignores SIGTERM is killed when its time is over", "[supervisor]") {
  Stage stage(
      Scripts{{"stubborn",
               "trap 'echo no' TERM; echo 'listening grpc=1 metrics=2'; while :; do sleep 0.05; "
               "done"}});
  stage.options.on_ready = [&](const std::vector<Listening>&) { stage.supervisor->Stop(); };
  stage.on_line = [&](const std::string& line) {
    // It has had its SIGTERM: now the 15 s are over.
    if (line == "stubborn: no") stage.timers.pending.front()();
  };
  REQUIRE(stage.Run().has_value());
  CHECK(stage.timers.delays == std::vector<milliseconds>{15s});
  CHECK(stage.At("stubborn: did not end in time and is killed") >= 0);
  CHECK(stage.At("stubborn: was killed by signal 9") >= 0);
}

TEST_CASE("A second stop kills what is left at once", "[supervisor]") {
  Stage stage(
      Scripts{{"stubborn",
               "trap 'echo no' TERM; echo 'listening grpc=1 metrics=2'; while :; do sleep 0.05; "
               "done"}});
  stage.options.on_ready = [&](const std::vector<Listening>&) { stage.supervisor->Stop(); };
  stage.on_line = [&](const std::string& line) {
    if (line == "stubborn: no") stage.supervisor->Stop();
  };
  REQUIRE(stage.Run().has_value());
  CHECK(stage.At("stubborn: was killed by signal 9") >= 0);
}

TEST_CASE("A child that cannot start ends the whole start at its first try, in its own words",
          "[supervisor]") {
  Stage stage(Scripts{{"good", kGoodChild},
                      {"server",
                       "echo 'atelier-server: cannot start: the port is taken (IN_USE)' "
                       ">&2; exit 3"}});
  const Status status = stage.Run();
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().reason == "CANNOT_START");
  CHECK(status.error().message == "atelier-server: cannot start: the port is taken (IN_USE)");
  CHECK(std::count(stage.lines.begin(), stage.lines.end(), "server: exited with code 3") == 1);
  CHECK(stage.At("good: drained") >= 0);
}

TEST_CASE("A child that ends before it is ready is named with its last line", "[supervisor]") {
  Stage stage(Scripts{{"broken", "echo 'no model' >&2; exit 1"}});
  const Status status = stage.Run();
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message == "broken exited with code 1 before it was ready: no model");
}

TEST_CASE("A child that is killed before it is ready is tried again, but not for ever",
          "[supervisor]") {
  Stage stage(Scripts{{"good", kGoodChild}, {"victim", "kill -9 $$"}});
  const Status status = stage.Run();
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().reason == "CRASH_LOOP");
  CHECK(status.error().message == "victim was killed 5 times before it was ready");
  CHECK(stage.At("good: drained") >= 0);
}

TEST_CASE("A child that once was ready and then cannot start any more ends the studio in the end",
          "[supervisor]") {
  Stage stage(Scripts{});
  // Ready once: its file is there from then on.
  const testing::TempDir dir;
  const std::string file = (dir.path() / "was-ready").string();
  stage.options.children = {
      {"server",
       {"/bin/sh", "-c",
        "if [ -e " + file + " ]; then echo 'x: cannot start: taken' >&2; exit 3; fi; touch " +
            file + "; echo 'listening grpc=1 metrics=2'; exit 1"}}};
  const Status status = stage.Run();
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().reason == "CANNOT_START");
  CHECK(status.error().message == "x: cannot start: taken");
  CHECK(std::count(stage.lines.begin(), stage.lines.end(), "server: exited with code 3") == 5);
}

TEST_CASE("A program that vanishes while it runs ends the studio in the end", "[supervisor]") {
  Stage stage(Scripts{});
  const testing::TempDir dir;
  const std::filesystem::path program = dir.path() / "server";
  std::ofstream(program) << "#!/bin/sh\nrm \"$0\"; echo 'listening grpc=1 metrics=2'; exit 1\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  stage.options.children = {{"server", {program.string()}}};
  const Status status = stage.Run();
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message.find(program.string()) != std::string::npos);
}

TEST_CASE("A program that is not there is an error that names it", "[supervisor]") {
  Stage stage(Scripts{});
  stage.options.children = {{"ghost", {"/nonexistent/atelier-ghost"}}};
  const Status status = stage.Run();
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message.find("/nonexistent/atelier-ghost") != std::string::npos);
}

TEST_CASE("The last words of a dying child are heard, even without a line's end", "[supervisor]") {
  Stage stage(
      Scripts{{"talker", "echo 'listening grpc=1 metrics=2'; printf 'last words' >&2; exit 1"}});
  stage.timers.on_wait = [&](milliseconds) { stage.supervisor->Stop(); };
  REQUIRE(stage.Run().has_value());
  CHECK(stage.At("talker: last words") >= 0);
  CHECK(stage.At("talker: last words") < stage.At("talker: exited with code 1"));
}

}  // namespace atelier::supervisor
