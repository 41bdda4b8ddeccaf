#include "config/load.h"

#include <CLI/CLI.hpp>
#include <deque>
#include <sstream>

#include "base/version.h"
#include "config/schema.h"

namespace atelier::config {
namespace {

constexpr auto kFileVariable = "ATELIER_CONFIG";

constexpr auto kFooter =
    "A flag wins over its environment variable (ATELIER_ and the flag's name in capitals, with _ "
    "for "
    "-), that\nover the file, that over the default.\n"
    "Exit codes: 0 ended as asked, 1 could not start or broke, 2 a setting is wrong or names what "
    "is "
    "not there,\n3 the data folder or a port is used by another process.";

/// What the parser found: the texts of each setting, by its index.
struct Given {
  std::string file;
  std::string studio_file;
  bool print = false;
  std::deque<std::vector<std::string>> texts;
};

bool IsBool(const SettingInfo& setting) {
  return setting.field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_BOOL;
}

bool IsNumber(const SettingInfo& setting) {
  using google::protobuf::FieldDescriptor;
  return setting.field->cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
         setting.field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL;
}

/// "HOST:PORT", "debug|info|warn|error", "TEXT", "NUMBER".
std::string TypeName(const SettingInfo& setting) {
  if (setting.rules.format() == v1::FORMAT_LISTEN) return "HOST:PORT";
  std::string words;
  for (const std::string& word : setting.rules.one_of()) words += (words.empty() ? "" : "|") + word;
  if (!words.empty()) return words;
  if (IsBool(setting)) return "true|false";
  return IsNumber(setting) ? "NUMBER" : "TEXT";
}

std::string HelpOf(const SettingInfo& setting) {
  std::string help = setting.help;
  if (IsNumber(setting)) help += " Must be " + RuleOf(setting) + ".";
  if (setting.rules.required() && setting.rules.default_value().empty()) help += " Required.";
  if (setting.field->is_repeated()) help += " May be given again.";
  return help;
}

/// The section of a studio's file that is for `program`: atelier-server's is "server".
std::string SectionOf(const Program& program) {
  return program.name.substr(program.name.find('-') + 1);
}

void AddFlags(CLI::App& app, const std::vector<SettingInfo>& settings, Given& given) {
  auto* file = app.add_option("--config", given.file,
                              std::string("YAML file with settings; default: ") + kFileVariable);
  app.add_option("--studio-config", given.studio_file,
                 "Instead: YAML file with the settings of several processes, those of this one "
                 "under its name without atelier-")
      ->excludes(file);
  app.add_flag("--print-config", given.print,
               "Print the settings as they would be, and where each comes from, and end");
  for (const SettingInfo& setting : settings) {
    std::vector<std::string>& texts = given.texts.emplace_back();
    CLI::Option* option = app.add_option(setting.flag(), texts, HelpOf(setting));
    // What CLI11 takes for a flag without a text is its default: nothing, which is then true.
    option->type_name(TypeName(setting))
        ->default_str(IsBool(setting) ? "" : setting.rules.default_value());
    // One text a flag: a list is the flag given again. One that is true or false need not say so.
    option->expected(IsBool(setting) ? 0 : 1, 1)->allow_extra_args(false);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
}

}  // namespace

std::optional<int> Load(const Program& program, int argc, const char* const* argv,
                        google::protobuf::Message& config) {
  const std::vector<SettingInfo> settings = SettingsOf(*config.GetDescriptor());
  CLI::App app(program.description, program.name);
  app.footer(kFooter);
  app.set_version_flag("--version", program.name + " " + kVersion, "Print the version and end");
  Given given;
  AddFlags(app, settings, given);
  // Seam: CLI11 throws to end the program.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const bool fine = app.exit(error, out, err) == 0;
    std::fputs(out.str().c_str(), program.out);
    std::fputs(err.str().c_str(), program.err);
    return fine ? kExitOk : kExitConfig;
  }
  Sources sources{.file = given.file, .environment = program.environment, .flags = {}};
  if (!given.studio_file.empty()) {
    sources.file = given.studio_file;
    sources.section = SectionOf(program);
  } else if (const char* file = program.environment(kFileVariable); given.file.empty() && file) {
    sources.file = file;
  }
  for (size_t i = 0; i < settings.size(); ++i) {
    std::vector<std::string>& texts = given.texts[i];
    if (texts.empty()) continue;
    if (IsBool(settings[i]) && texts.front().empty()) texts.front() = "true";
    sources.flags[settings[i].key()] = texts;
  }
  const Result<Origins> origins = ReadSettings(sources, config);
  if (!origins) {
    std::fprintf(program.err, "%s: %s\n", program.name.c_str(), origins.error().message.c_str());
    return kExitConfig;
  }
  if (!given.print) return std::nullopt;
  std::fputs(ToYaml(config, *origins).c_str(), program.out);
  return kExitOk;
}

int CannotStart(std::string_view process, const Error& error, std::FILE* err) {
  std::fprintf(err, "%.*s: cannot start: %s (%s)\n", static_cast<int>(process.size()),
               process.data(), error.message.c_str(), error.reason.c_str());
  if (error.reason.ends_with("_IN_USE")) return kExitTaken;
  const bool setting = error.code == Code::kInvalidArgument || error.code == Code::kNotFound;
  return setting ? kExitConfig : kExitFailed;
}

}  // namespace atelier::config
