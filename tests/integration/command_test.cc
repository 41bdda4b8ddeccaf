// The commands of `atelier` among files, pipes, and servers that are away.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "integration/test_pictures.h"
#include "integration/whole_studio.h"
#include "picture/picture_header.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

}  // namespace

TEST_CASE("A picture goes through a pipe in and out, and nothing else does", "[integration]") {
  WholeStudio& studio = SharedWholeStudio();
  studio.Write("person.png", PersonPng());
  const std::string paint = "$A synthesize - --pose person.png --steps 2 --seed 1 $S ";
  REQUIRE(studio.RunShell(paint + "-o - <person.png >out.png", "pipe") == 0);
  const TinyModelFacts model = ReadTinyModelFacts();
  CHECK(SizeOf(studio.File("out.png")) == Size{model.height, model.width});
  CHECK(studio.File("pipe.err").find("succeeded") != std::string::npos);

  // Standard output by its name in the file system, where something stands already.
  REQUIRE(studio.RunShell("{ printf before; cat person.png | " + paint + "-o /dev/stdout; } >both",
                          "pipe") == 0);
  CHECK(studio.File("both") == "before" + studio.File("out.png"));
  REQUIRE(studio.RunShell("$A pose - -o - $S <person.png >skeleton.png", "pipe") == 0);
  CHECK(SizeOf(studio.File("skeleton.png")).height > 0);

  // Two pictures of one standard input, and two answers on one standard output.
  CHECK(studio.RunShell("$A synthesize - --pose - -o x.png $S <person.png", "pipe") == 1);
  CHECK(studio.RunShell("$A synthesize - --pose person.png -o - --json $S <person.png", "pipe") ==
        1);
  CHECK(studio.RunShell("$A synthesize - --pose person.png -o x.tiff $S <person.png", "pipe") == 1);
  CHECK(studio.RunShell("$A jobs list $S >/dev/full", "pipe") == 5);
  CHECK(studio.RunShell("$A jobs list $S >&-", "pipe") == 5);
}

TEST_CASE("No command replaces a file unasked, and none begins work that it could not write",
          "[integration]") {
  WholeStudio studio;
  studio.Write("person.png", PersonPng());
  studio.Write("mine.png", "mine");
  const std::string person = studio.Path("person.png");
  const std::string mine = studio.Path("mine.png");
  const std::vector<std::vector<std::string>> commands = {
      {"synthesize", person, "--pose", person, "-o", mine},
      {"synthesize", person, "--pose", person, "-o", studio.Path("new.png"), "--sheet", mine},
      {"pose", person, "--iuv", mine},
      {"regions", person, "--texture", mine},
      {"assets", "download", std::string(64, 'a'), "-o", mine}};
  for (const auto& command : commands) {
    INFO(command[0]);
    CHECK(studio.Run(command, "command") == 5);
  }
  CHECK(studio.File("mine.png") == "mine");
  CHECK(CountOf(studio.File("command.err"), "is there already: --force replaces it") == 5);
  CHECK_FALSE(std::filesystem::exists(studio.Path("new.png")));
  REQUIRE(studio.Run({"jobs", "list"}, "command") == 0);
  CHECK(studio.File("command.out") == "0 jobs\n");

  // A link stays, and what it points to is the picture.
  std::filesystem::create_symlink("mine.png", studio.Path("link.png"));
  REQUIRE(studio.Run({"synthesize", person, "--pose", person, "-o", studio.Path("link.png"),
                      "--force", "--steps", "2"},
                     "command") == 0);
  CHECK(std::filesystem::is_symlink(studio.Path("link.png")));
  CHECK(SizeOf(studio.File("mine.png")).height > 0);
}

TEST_CASE("A job's pictures are fetched by its name, in the format of the file", "[integration]") {
  WholeStudio studio;
  studio.Write("person.png", PersonPng());
  const std::string person = studio.Path("person.png");
  REQUIRE(studio.Run({"jobs", "submit", person, "--pose", person, "--steps", "2", "--count", "2",
                      "--tenant", "studio-1", "--wait", "--json"},
                     "submit") == 0);
  // Every event a line; the last is the end.
  std::istringstream lines(studio.File("submit.out"));
  nlohmann::json event;
  int events = 0;
  for (std::string line; std::getline(lines, line); ++events) {
    event = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(event.is_object());
  }
  CHECK(events > 1);
  CHECK(event["state"] == "JOB_STATE_SUCCEEDED");
  const std::string name = event["name"];
  const std::string id = name.substr(name.find('/') + 1);

  REQUIRE(studio.Run({"jobs", "download", name, "-o", studio.Path("")}, "command") == 0);
  CHECK(SizeOf(studio.File(id + "-1.png")).height > 0);
  CHECK(SizeOf(studio.File(id + "-2.png")).height > 0);
  CHECK(studio.Run({"jobs", "download", name, "-o", studio.Path("")}, "command") == 5);
  REQUIRE(studio.Run({"jobs", "download", id, "-o", studio.Path("out.jpg")}, "command") == 0);
  const auto header = ReadPictureHeader(studio.File("out-2.jpg"), "file");
  REQUIRE(header.has_value());
  CHECK(header->format == PictureFormat::kJpeg);
  CHECK(studio.Run({"jobs", "download", name, "-o", "-"}, "command") == 1);

  REQUIRE(studio.Run({"jobs", "list"}, "command") == 0);
  const std::string list = studio.File("command.out");
  for (const char* part : {"CREATED", "studio-1", "2 pictures", "1 job: 1 succeeded"}) {
    CHECK_THAT(list, Catch::Contains(part));
  }
  REQUIRE(studio.Run({"assets", "list", "--limit", "1", "--all"}, "command") == 0);
  CHECK_THAT(studio.File("command.out"), Catch::Contains("3 assets, "));
  REQUIRE(studio.Run({"jobs", "get", name}, "command") == 0);
  CHECK_THAT(studio.File("command.out"), Catch::Contains("  created 2"));
}

TEST_CASE("A tenant that gRPC would die of is wrong usage, by flag and by environment",
          "[integration]") {
  WholeStudio& studio = SharedWholeStudio();
  const std::string bad = "studio-\xc3\xa9";
  CHECK(studio.Run({"jobs", "list", "--tenant", bad}, "command") == 1);
  CHECK_THAT(studio.File("command.err"), Catch::Contains("--tenant: must be 1 to 64 characters"));
  CHECK_THAT(studio.File("command.err"), Catch::Contains("studio-\\xC3\\xA9"));
  CHECK(studio.RunShell("ATELIER_TENANT='" + bad + "' $A models $S", "command") == 1);
  CHECK(studio.RunShell("TRACEPARENT='" + bad + "' $A models $S", "command") == 0);
  CHECK(studio.Run({"jobs", "get", "jobs/\xff"}, "command") == 1);
}

TEST_CASE("A studio whose port or folder is taken says so in one line", "[integration]") {
  WholeStudio& studio = SharedWholeStudio();
  const TempDir dir;
  const auto up = [&](const std::string& data, const std::string& listen, const char* log) {
    Process second({WholeStudio::Program(), "up", "--data", data, "--models", TinyModel().string(),
                    "--listen", listen, "--threads", "1"},
                   dir.path() / log);
    CHECK(second.Wait() == 7);
    CHECK(CountOf(second.Stderr(), "\n") == 1);
    return second.Stderr();
  };
  CHECK_THAT(up((dir.path() / "data").string(), studio.server(), "port"),
             Catch::Contains("another process listens on " + studio.server()));
  CHECK_THAT(up(studio.Path("data"), "127.0.0.1:0", "folder"),
             Catch::Contains("another atelier-server uses it"));
}

TEST_CASE("A model that no process can load ends the studio at once, in the process' words",
          "[integration]") {
  const TempDir dir;
  std::filesystem::create_directory(dir.path() / "model");
  REQUIRE(client::WriteFile(dir.path() / "model" / "model.json", "{}").has_value());
  Process up({WholeStudio::Program(), "up", "--data", (dir.path() / "data").string(), "--models",
              (dir.path() / "model").string(), "--listen", "127.0.0.1:0"},
             dir.path() / "up");
  CHECK(up.Wait() == 7);
  INFO(up.Stderr());
  CHECK(CountOf(up.Stderr(), "started, pid") == 1);
  CHECK_THAT(up.Stderr(), Catch::Contains("CANNOT_START"));
}

TEST_CASE("An error names the service that is away, not the server that said so", "[integration]") {
  Studio studio;
  studio.StartServer();
  REQUIRE(client::WriteFile(studio.dir() / "person.png", PersonPng()).has_value());
  Process pose({WholeStudio::Program(), "pose", (studio.dir() / "person.png").string(), "--server",
                studio.server_address()},
               studio.dir() / "pose");
  CHECK(pose.Wait() == 4);
  CHECK_THAT(pose.Stderr(), Catch::StartsWith("atelier: the pose service is away"));
  CHECK_THAT(pose.Stderr(), !Catch::Contains(studio.server_address()));
}

TEST_CASE("Who waits for a job is told that the server is away and that no worker serves it",
          "[integration]") {
  Studio studio;
  REQUIRE(client::WriteFile(studio.dir() / "person.png", PersonPng()).has_value());
  const std::string person = (studio.dir() / "person.png").string();
  Process submit({WholeStudio::Program(), "jobs", "submit", person, "--pose", person, "--steps",
                  "2", "--wait", "--timeout", "100", "--server", studio.server_address()},
                 studio.dir() / "submit");
  const auto says = [&](const std::string& what) {
    return Eventually([&] { return submit.Stderr().find(what) != std::string::npos; },
                      std::chrono::seconds(60));
  };
  CHECK(says("the server at " + studio.server_address() + " is away"));
  studio.StartServer();
  CHECK(says("answers again"));
  CHECK(says("no worker serves models/" + ReadTinyModelFacts().name));
  // A drain of the server is no end of the waiting either.
  studio.server().Signal(15);
  studio.server().Wait();
  studio.StartServer();
  studio.StartPose();
  studio.StartRegion();
  // The server of this run knows no pose and region workers; the generation worker asks them
  // itself.
  studio.StartGeneration();
  CHECK(submit.Wait(std::chrono::seconds(90)) == 0);
  INFO(submit.Stderr());
  CHECK(CountOf(submit.Stderr(), "no worker serves") <= 2);
}

TEST_CASE("Every program tells its version", "[integration]") {
  const TempDir dir;
  for (const char* name : {"atelier", "atelier-server", "atelier-pose", "atelier-region",
                           "atelier-generation", "atelier-paint", "atelier-people", "atelier-fit",
                           "atelier-train", "atelier-eval", "atelier-model-check"}) {
    INFO(name);
    Process program({std::string(ATELIER_BINARY_DIR) + "/" + name, "--version"}, dir.path() / name);
    CHECK(program.Wait() == 0);
    CHECK(program.Stdout().starts_with(std::string(name) + " "));
  }
}

}  // namespace atelier::testing
