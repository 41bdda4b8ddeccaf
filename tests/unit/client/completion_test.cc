#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "client/cli/completion_scripts.h"
#include "support/temp_dir.h"

namespace atelier::cli {
namespace {

/// What `command` prints, and "exit N" when it fails.
std::string Run(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> buffer;
  for (size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  if (status != 0) out += "exit " + std::to_string(WEXITSTATUS(status));
  return out;
}

bool Has(const std::string& shell) {
  return std::system(("command -v " + shell + " >/dev/null 2>&1").c_str()) == 0;
}

/// A parser with a nested command, an option group, and help that no shell may trip over.
class ToyApp {
 public:
  ToyApp() {
    app_.add_option("--level", text_, "It's \"odd\": $HOME `ls` \\ %s");
    CLI::App& jobs = *app_.add_subcommand("jobs", "Jobs: all of them");
    CLI::App& list = *jobs.add_subcommand("list", "List");
    list.add_flag("-j,--json", json_, "As JSON");
    list.add_option("-o,--out", text_, "A file");
    list.add_option_group("target")->add_option("--pose", text_, "In a group");
    app_.add_subcommand("join", "Another one with j");
  }
  const CLI::App& app() const { return app_; }

 private:
  CLI::App app_{"A toy", "toy"};
  std::string text_;
  bool json_ = false;
};

/// What bash would offer for the last of `words` under `script`, parted by spaces.
std::string BashOffers(const std::string& script_path, const std::string& words) {
  std::istringstream stream(words);
  std::string word, program;
  int count = 0;
  for (; stream >> word; ++count) {
    if (count == 0) program = word;
  }
  if (words.ends_with(' ')) ++count;
  const std::string offers = Run("bash -c 'source " + script_path + " && COMP_WORDS=(" +
                                 (words.ends_with(' ') ? words + "\"\"" : words) +
                                 ") COMP_CWORD=" + std::to_string(count - 1) + " && _" + program +
                                 "; echo \"${COMPREPLY[*]}\"'");
  return offers.substr(0, offers.find('\n'));
}

class ScriptFile {
 public:
  explicit ScriptFile(const std::string& script) : path_((dir_.path() / "script").string()) {
    std::ofstream(path_) << script;
  }
  const std::string& path() const { return path_; }

 private:
  const testing::TempDir dir_;
  const std::string path_;
};

}  // namespace

TEST_CASE("bash offers commands, then a command's commands and flags, nested ones too",
          "[completion]") {
  const ToyApp toy;
  const ScriptFile script(BashCompletion(toy.app()));
  CHECK(BashOffers(script.path(), "toy ") == "jobs join");
  CHECK(BashOffers(script.path(), "toy jo") == "jobs join");
  CHECK(BashOffers(script.path(), "toy job") == "jobs");
  CHECK(BashOffers(script.path(), "toy jobs ") == "list");
  CHECK(BashOffers(script.path(), "toy jobs list --j") == "--json");
  CHECK(BashOffers(script.path(), "toy jobs list --p") == "--pose");
  CHECK(BashOffers(script.path(), "toy --l") == "--level");
}

TEST_CASE("bash names nothing for a flag's value, so that files are completed", "[completion]") {
  const ToyApp toy;
  const ScriptFile script(BashCompletion(toy.app()));
  CHECK(BashOffers(script.path(), "toy jobs list -o ") == "");
  CHECK(BashOffers(script.path(), "toy jobs list --out --j") == "");
  // The value of a flag is no command, whatever it is called.
  CHECK(BashOffers(script.path(), "toy --level jobs ") == "jobs join");
  // A flag without a value takes none.
  CHECK(BashOffers(script.path(), "toy jobs list --json --o") == "--out");
}

TEST_CASE("The real program's completion knows its commands in bash", "[completion]") {
  const std::string program = std::string(ATELIER_BINARY_DIR) + "/atelier";
  const ScriptFile script(Run(program + " completion bash"));
  CHECK(BashOffers(script.path(), "atelier syn") == "synthesize");
  CHECK(BashOffers(script.path(), "atelier doc") == "doctor");
  CHECK(BashOffers(script.path(), "atelier jobs ca") == "cancel");
  CHECK(BashOffers(script.path(), "atelier jobs de") == "delete");
  CHECK(BashOffers(script.path(), "atelier jobs do") == "download");
  CHECK(BashOffers(script.path(), "atelier jobs download a --fo") == "--force");
  CHECK(BashOffers(script.path(), "atelier jobs submit a.png --wa") == "--wait");
  CHECK(BashOffers(script.path(), "atelier assets list --al") == "--all");
  CHECK(BashOffers(script.path(), "atelier pose a.png --tim") == "--timeout");
  CHECK(BashOffers(script.path(), "atelier --ver") == "--version");
  CHECK(BashOffers(script.path(), "atelier jobs submit a.png --pri") == "--priority");
  CHECK(BashOffers(script.path(), "atelier synthesize a.png --tt") == "--ttl");
  CHECK(BashOffers(script.path(), "atelier jobs list --ten") == "--tenant");
  CHECK(BashOffers(script.path(), "atelier assets ") == "upload download list delete");
  CHECK(BashOffers(script.path(), "atelier up --con") == "--config");
  CHECK(BashOffers(script.path(), "atelier models ") == "check add");
  CHECK(BashOffers(script.path(), "atelier models add mine --fr") == "--from");
  CHECK(BashOffers(script.path(), "atelier synthesize a.png --pose-i") == "--pose-iuv");
  CHECK(BashOffers(script.path(), "atelier ed") == "edit");
  CHECK(BashOffers(script.path(), "atelier edit a.png --sw") == "--swap --swap-person");
  CHECK(BashOffers(script.path(), "atelier edit a.png --swap upper=b.png --dry") == "--dry-run");
  CHECK(BashOffers(script.path(), "atelier edit a.png --background transparent --lon") ==
        "--longest-side");
  CHECK(BashOffers(script.path(), "atelier edit a.png --strict ALL --pose-i") == "--pose-iuv");
  CHECK(BashOffers(script.path(), "atelier regions a.png --mask") == "--masks --mask");
  CHECK(BashOffers(script.path(), "atelier completion --he") == "--help");
}

TEST_CASE("zsh and fish read their scripts where they are installed", "[completion]") {
  const ToyApp toy;
  const ScriptFile zsh(ZshCompletion(toy.app()));
  const ScriptFile fish(FishCompletion(toy.app()));
  if (Has("zsh")) CHECK(Run("zsh -n " + zsh.path() + " 2>&1") == "");
  if (Has("fish")) CHECK(Run("fish -n " + fish.path() + " 2>&1") == "");
  if (Has("fish")) {
    CHECK(Run("fish -c 'source " + fish.path() + "; complete -C \"toy jobs \"'") == "list\tList\n");
  }
  // Elsewhere: every command is at least named.
  for (const char* word : {"jobs", "list", "join", "json"}) {
    CHECK_THAT(ZshCompletion(toy.app()), Catch::Contains(word));
    CHECK_THAT(FishCompletion(toy.app()), Catch::Contains(word));
  }
}

}  // namespace atelier::cli
