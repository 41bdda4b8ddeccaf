// `atelier up` and the other commands, as a user runs them.
#include "integration/studio.h"

#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/local_file.h"
#include "integration/test_pictures.h"
#include "integration/whole_studio.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

/// Not gone and no zombie: an orphan's zombie stays for as long as init lets it.
bool IsAlive(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  if (!std::getline(file, stat)) return false;
  return stat.substr(stat.rfind(')') + 2, 1) != "Z";
}

}  // namespace

TEST_CASE("One command brings up the whole studio, and SIGTERM ends all of it", "[integration]") {
  WholeStudio studio;
  CHECK(studio.File("ready").find("server=" + studio.server()) != std::string::npos);
  studio.Write("person.png", PersonPng());
  studio.Write("pose.png", PersonPng(1));
  const int code = studio.Run(
      {"synthesize", studio.Path("person.png"), "--pose", studio.Path("pose.png"), "-o",
       studio.Path("out.png"), "--steps", "3", "--seed", "1", "--sheet", studio.Path("sheet.png")},
      "synthesize");
  INFO(studio.File("synthesize.err") << studio.up().Stderr());
  REQUIRE(code == 0);
  const TinyModelFacts model = ReadTinyModelFacts();
  CHECK(SizeOf(studio.File("out.png")) == Size{model.height, model.width});
  // Five pictures side by side are wider than high.
  const Size sheet = SizeOf(studio.File("sheet.png"));
  CHECK(sheet.height > 0);
  CHECK(sheet.width > 3 * sheet.height);
  CHECK(studio.File("synthesize.err").find("succeeded") != std::string::npos);

  std::vector<int> pids;
  for (const char* child : {"pose", "region", "server", "generation"}) {
    pids.push_back(studio.PidOf(child));
    REQUIRE(pids.back() > 0);
  }
  studio.up().Signal(SIGTERM);
  CHECK(studio.up().Wait(std::chrono::seconds(60)) == 0);
  for (const int pid : pids) CHECK_FALSE(IsAlive(pid));
  CHECK(studio.up().Stderr().find("is killed") == std::string::npos);
}

TEST_CASE("A worker that is killed under `atelier up` comes back where it was", "[integration]") {
  WholeStudio studio;
  studio.Write("person.png", PersonPng());
  const int first = studio.PidOf("pose");
  REQUIRE(first > 0);
  ::kill(first, SIGKILL);
  REQUIRE(Eventually([&] { return studio.PidOf("pose") != first; }));
  const bool answers =
      Eventually([&] { return studio.Run({"pose", studio.Path("person.png")}, "pose") == 0; });
  INFO(studio.File("pose.err") << studio.up().Stderr());
  CHECK(answers);
}

TEST_CASE("No child outlives a supervisor that is killed", "[integration]") {
  WholeStudio studio;
  std::vector<int> pids;
  for (const char* child : {"pose", "region", "server", "generation"}) {
    pids.push_back(studio.PidOf(child));
    REQUIRE(pids.back() > 0);
  }
  studio.up().Signal(SIGKILL);
  studio.up().Wait();
  for (const int pid : pids) CHECK(Eventually([&] { return !IsAlive(pid); }));
}

TEST_CASE("The commands exit with what happened to them", "[integration]") {
  WholeStudio& studio = SharedWholeStudio();
  studio.Write("person.png", PersonPng());
  studio.Write("notes.txt", "a man walks into a bar");
  const std::string person = studio.Path("person.png");
  const std::string out = studio.Path("out.png");
  const auto synthesize = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"synthesize", person, "--pose", person, "-o", out, "--force"});
    return studio.Run(flags, "command");
  };
  CHECK(synthesize({"--steps", "2", "--json"}) == 0);
  CHECK(studio.File("command.out").find("\"JOB_STATE_SUCCEEDED\"") != std::string::npos);
  CHECK(synthesize({"--steps", "many"}) == 1);
  CHECK(synthesize({"--steps", "1000"}) == 2);
  CHECK(synthesize({"--model", "unheard-of"}) == 2);
  CHECK(studio.Run({"synthesize", studio.Path("notes.txt"), "--pose", person, "-o", out, "-f"},
                   "command") == 5);
  CHECK(studio.Run({"synthesize", person, "--pose", person, "-o", studio.Path("no/where.png")},
                   "command") == 5);
  CHECK(studio.Run({"jobs", "list"}, "command") == 0);
  CHECK(studio.File("command.out").find("succeeded") != std::string::npos);
  CHECK(studio.Run({"jobs", "get", "unheard-of"}, "command") == 2);
  CHECK(studio.Run({"models"}, "command") == 0);
  CHECK(studio.File("command.out").find("models/tiny") != std::string::npos);
  CHECK(studio.Run({"regions", person, "--texture", studio.Path("texture.png")}, "command") == 0);
  CHECK(SizeOf(studio.File("texture.png")).height > 0);
  CHECK(studio.Run({"assets", "upload", person}, "command") == 0);
  const std::string asset = studio.File("command.out").substr(0, 7 + 64);
  CHECK(studio.Run({"assets", "download", asset, "-o", out, "--json"}, "command") == 5);
  CHECK(studio.Run({"assets", "download", asset, "-o", out, "--json", "--force"}, "command") == 0);
  CHECK(studio.File("out.png") == PersonPng());
  const auto downloaded = nlohmann::json::parse(studio.File("command.out"), nullptr, false);
  REQUIRE(downloaded.is_object());
  CHECK(downloaded["bytes"] == PersonPng().size());

  CHECK(studio.Run({"jobs", "get", "unheard-of", "--json"}, "command") == 2);
  // The file keeps what the commands before it said: the last line is this one's.
  const std::string said = studio.File("command.err");
  const auto error =
      nlohmann::json::parse(said.substr(said.rfind('\n', said.size() - 2) + 1), nullptr, false);
  REQUIRE(error.is_object());
  CHECK(error["error"]["code"] == "NOT_FOUND");
}

TEST_CASE("The doctor finds a running studio well, and a stopped one gone", "[integration]") {
  WholeStudio studio;
  // The worker registers a moment after everything listens.
  CHECK(Eventually([&] { return studio.Run({"doctor", "--remote"}, "command") == 0; }));
  CHECK(studio.File("command.out").find("models/tiny") != std::string::npos);
  studio.up().Signal(SIGTERM);
  REQUIRE(studio.up().Wait(std::chrono::seconds(60)) == 0);
  CHECK(studio.Run({"doctor", "--remote"}, "command") == 6);
  CHECK(studio.File("command.out").find("does not answer") != std::string::npos);
}

TEST_CASE("`atelier up --json` tells where it listens as an object", "[integration]") {
  const TempDir dir;
  Process up({WholeStudio::Program(), "up", "--json", "--data", (dir.path() / "data").string(),
              "--models", TinyModel().string(), "--listen", "127.0.0.1:0", "--threads", "1"},
             dir.path() / "up");
  const auto ready = nlohmann::json::parse(up.WaitForLine("{"), nullptr, false);
  INFO(up.Stderr());
  REQUIRE(ready.is_object());
  CHECK(ready["server"].get<std::string>().starts_with("127.0.0.1:"));
  CHECK(ready["generation"]["grpc"] > 0);
}

TEST_CASE("A job can be submitted, followed and cancelled by its name alone", "[integration]") {
  WholeStudio studio;
  studio.Write("person.png", PersonPng());
  const auto submit = [&](const std::string& steps, const std::string& side) {
    const std::string person = studio.Path("person.png");
    REQUIRE(studio.Run({"jobs", "submit", person, "--pose", person, "--steps", steps, "--height",
                        side, "--width", side},
                       "command") == 0);
    const std::string line = studio.File("command.out");
    return line.substr(0, line.find(' '));
  };
  const std::string quick = submit("2", "64");
  CHECK(studio.Run({"jobs", "watch", quick}, "command") == 0);
  CHECK(studio.File("command.out").find("assets/") != std::string::npos);

  const std::string slow = submit("200", "512");
  CHECK(studio.Run({"jobs", "cancel", slow}, "command") == 0);
  CHECK(studio.Run({"jobs", "watch", slow}, "command") == 3);

  studio.up().Signal(SIGTERM);
  REQUIRE(studio.up().Wait(std::chrono::seconds(60)) == 0);
  CHECK(studio.Run({"jobs", "get", quick}, "command") == 4);
  CHECK(studio.File("command.err").find(studio.server()) != std::string::npos);
}

TEST_CASE("Every exit code means what --help says it does", "[integration]") {
  WholeStudio& studio = SharedWholeStudio();
  studio.Write("person.png", PersonPng());
  studio.Write("cut.png", PersonPng().substr(0, 500));
  const std::string person = studio.Path("person.png");
  const auto exit_of = [&](const std::vector<std::string>& flags) {
    return studio.Run(flags, "command");
  };
  const std::vector<std::string> paint = {"synthesize", person, "--pose",
                                          person,       "-o",   studio.Path("out.png"),
                                          "--steps",    "2",    "--force"};
  const auto with = [](std::vector<std::string> flags, const std::vector<std::string>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  };
  CHECK(exit_of(paint) == 0);
  CHECK(exit_of(with(paint, {"--no-such-flag"})) == 1);
  CHECK(exit_of({"jobs", "list", "--state", "sleeping"}) == 1);
  CHECK(exit_of(with(paint, {"--priority", "11"})) == 2);
  CHECK(exit_of(with(paint, {"--ttl", "0.1"})) == 2);
  CHECK(exit_of(with(paint, {"--tenant", "two words"})) == 1);
  CHECK(exit_of({"jobs", "delete", "unheard-of"}) == 2);
  CHECK(exit_of({"assets", "delete", std::string(64, 'a')}) == 2);
  // The server checks what a picture's header does not tell.
  CHECK(exit_of({"assets", "upload", studio.Path("cut.png")}) == 2);
  CHECK(exit_of({"assets", "upload", studio.Path("none.png")}) == 5);
  CHECK(exit_of({"up", "--config", studio.Path("person.png")}) != 0);
}

TEST_CASE("A job is listed by its tenant and state, deleted, and its pictures after it",
          "[integration]") {
  WholeStudio studio;
  studio.Write("person.png", PersonPng());
  const std::string person = studio.Path("person.png");
  const auto answer = [&](const std::vector<std::string>& flags) {
    INFO(flags[0] << " " << flags[1]);
    const int code = studio.Run(flags, "command");
    INFO(studio.File("command.err"));
    REQUIRE(code == 0);
    const auto json = nlohmann::json::parse(studio.File("command.out"), nullptr, false);
    REQUIRE(json.is_object());
    return json;
  };
  const auto job =
      answer({"jobs", "submit", person, "--pose", person, "--steps", "2", "--priority", "-3",
              "--ttl", "90.5", "--tenant", "studio-1", "--request-id", "r", "--json"});
  const std::string name = job["name"];
  CHECK(job["tenant"] == "studio-1");
  CHECK(job["spec"]["priority"] == -3);
  CHECK(job["spec"]["queue_ttl"] == "90.500s");
  REQUIRE(studio.Run({"jobs", "watch", name}, "command") == 0);

  CHECK(answer({"jobs", "list", "--tenant", "studio-1", "--state", "succeeded", "--json"})["jobs"]
            .size() == 1);
  CHECK(answer({"jobs", "list", "--tenant", "studio-2", "--json"}).empty());
  CHECK(answer({"jobs", "list", "--state", "failed", "--json"}).empty());

  // Source, pose picture and result: the first two are one.
  const auto assets = answer({"assets", "list", "--json"})["assets"];
  REQUIRE(assets.size() == 2);
  const auto page = answer({"assets", "list", "--limit", "1", "--json"});
  CHECK(page["assets"].size() == 1);
  const auto rest = answer({"assets", "list", "--limit", "1", "--page-token",
                            page["next_page_token"].get<std::string>(), "--json"});
  CHECK(rest["assets"][0]["name"] == assets[1]["name"]);

  const std::string asset = assets[0]["name"];
  CHECK(studio.Run({"assets", "delete", asset, "--json"}, "command") == 2);
  CHECK(studio.File("command.err").find(name) != std::string::npos);
  CHECK(answer({"jobs", "delete", name, "--json"})["deleted"] == name);
  CHECK(studio.Run({"jobs", "get", name}, "command") == 2);
  CHECK(answer({"assets", "delete", asset, "--json"})["deleted"] == asset);
  CHECK(answer({"assets", "list", "--json"})["assets"].size() == 1);
}

TEST_CASE("A studio's settings file reaches each of its processes", "[integration]") {
  const TempDir dir;
  const auto write = [&](const std::string& text) {
    REQUIRE(client::WriteFile(dir.path() / "studio.yaml", text).has_value());
  };
  const std::vector<std::string> command = {WholeStudio::Program(), "up", "--config",
                                            (dir.path() / "studio.yaml").string()};
  write("server:\n  listen: 127.0.0.1:0\n  max_queu: 5\n");
  Process wrong(command, dir.path() / "wrong");
  CHECK(wrong.Wait() == 5);
  CHECK(wrong.Stderr().find("studio.yaml:3: unknown key `max_queu`") != std::string::npos);

  write("server:\n  listen: 127.0.0.1:0\n  data: " + (dir.path() / "data").string() +
        "\n  log_format: json\n  max_queue: 1\npose:\n  log_level: error\n"
        "generation:\n  threads: 1\n  model: [" +
        TinyModel().string() + "]\n");
  Process up(command, dir.path() / "up");
  const std::string ready = up.WaitForLine("ready ");
  INFO(up.Stderr());
  REQUIRE_FALSE(ready.empty());
  CHECK(std::filesystem::exists(dir.path() / "data" / "jobs.sqlite"));
  // Each child's log shows its own settings.
  CHECK(up.Stderr().find("server     | {") != std::string::npos);
  CHECK(up.Stderr().find("generation | {") == std::string::npos);
  up.Signal(SIGTERM);
  CHECK(up.Wait(std::chrono::seconds(60)) == 0);
}

}  // namespace atelier::testing
