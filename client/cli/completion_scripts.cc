#include "client/cli/completion_scripts.h"

#include <vector>

namespace atelier::cli {
namespace {

struct Flag {
  /// "--json", "-o"
  std::vector<std::string> names;
  std::string help;
  bool takes_value = false;
};

struct Command {
  /// "" for the program itself, "/jobs/list" for `atelier jobs list`.
  std::string path;
  std::string name;
  std::string help;
  std::vector<Flag> flags;
  /// Names and helps of its commands.
  std::vector<std::pair<std::string, std::string>> children;
};

Flag FlagOf(const CLI::Option& option) {
  Flag flag;
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  flag.help = option.get_description();
  flag.takes_value = option.get_items_expected_max() > 0;
  return flag;
}

/// The flags of `app` and of its option groups, which are commands without a name.
void AddFlagsOf(const CLI::App& app, Command& command) {
  for (const CLI::Option* option : app.get_options()) {
    Flag flag = FlagOf(*option);
    if (!flag.names.empty()) command.flags.push_back(std::move(flag));
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_name().empty()) AddFlagsOf(*child, command);
  }
}

void Collect(const CLI::App& app, const std::string& path, std::vector<Command>& commands) {
  const size_t index = commands.size();
  commands.push_back({path, app.get_name(), app.get_description(), {}, {}});
  AddFlagsOf(app, commands[index]);
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_name().empty()) continue;
    commands[index].children.emplace_back(child->get_name(), child->get_description());
    Collect(*child, path + "/" + child->get_name(), commands);
  }
}

std::vector<Command> CommandsOf(const CLI::App& app) {
  std::vector<Command> commands;
  Collect(app, "", commands);
  return commands;
}

/// `text` inside single quotes of a shell.
std::string Quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// "'/jobs:--server'|'/jobs:-o'": where the next word is a flag's value, as patterns of `case`.
std::string ValuePatterns(const std::vector<Command>& commands) {
  std::string patterns;
  for (const Command& command : commands) {
    for (const Flag& flag : command.flags) {
      if (!flag.takes_value) continue;
      for (const std::string& name : flag.names) {
        patterns += (patterns.empty() ? "" : "|") + Quote(command.path + ":" + name);
      }
    }
  }
  return patterns.empty() ? "''" : patterns;
}

/// Where a word names a command, as patterns of `case`.
std::string ChildPatterns(const std::vector<Command>& commands) {
  std::string patterns;
  for (const Command& command : commands) {
    for (const auto& [name, help] : command.children) {
      patterns += (patterns.empty() ? "" : "|") + Quote(command.path + ":" + name);
    }
  }
  return patterns.empty() ? "''" : patterns;
}

std::string ChildWords(const Command& command) {
  std::string words;
  for (const auto& [name, help] : command.children) words += (words.empty() ? "" : " ") + name;
  return words;
}

std::string FlagWords(const Command& command) {
  std::string words;
  for (const Flag& flag : command.flags) {
    for (const std::string& name : flag.names) words += (words.empty() ? "" : " ") + name;
  }
  return words;
}

/// A colon parts word and help in zsh's lists.
std::string ZshEntry(const std::string& word, const std::string& help) {
  std::string escaped;
  for (const char c : help) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  return Quote(word + ":" + escaped);
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  const std::vector<Command> commands = CommandsOf(app);
  const std::string& name = app.get_name();
  std::string script = "# bash completion of " + name + ": source <(" + name +
                       " completion bash)\n_" + name + R"(() {
  local current="${COMP_WORDS[COMP_CWORD]}" path="" words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path:${COMP_WORDS[i]}" in
      )" + ValuePatterns(commands) +
                       R"() ((i++)) ;;
      )" + ChildPatterns(commands) +
                       R"() path="$path/${COMP_WORDS[i]}" ;;
    esac
  done
  # A flag's value: files, which the shell completes itself when we name nothing.
  ((i > COMP_CWORD)) && return
  case "$path" in
)";
  for (const Command& command : commands) {
    script += "    " + Quote(command.path) + ")\n      words=" + Quote(ChildWords(command)) +
              "\n      [[ $current == -* ]] && words=" + Quote(FlagWords(command)) + " ;;\n";
  }
  script += "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n";
  script += "complete -o bashdefault -o default -F _" + name + " " + name + "\n";
  return script;
}

std::string ZshCompletion(const CLI::App& app) {
  const std::vector<Command> commands = CommandsOf(app);
  const std::string& name = app.get_name();
  std::string script = "#compdef " + name + "\n# zsh completion of " + name + ": source <(" + name +
                       " completion zsh)\n_" + name + R"(() {
  local cmd="" i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    case "$cmd:${words[i]}" in
      )" + ValuePatterns(commands) +
                       R"() ((i++)) ;;
      )" + ChildPatterns(commands) +
                       R"() cmd="$cmd/${words[i]}" ;;
    esac
  done
  if ((i > CURRENT)); then
    _files
    return
  fi
  case "$cmd" in
)";
  for (const Command& command : commands) {
    std::string children, flags;
    for (const auto& [child, help] : command.children) children += " " + ZshEntry(child, help);
    for (const Flag& flag : command.flags) {
      for (const std::string& word : flag.names) flags += " " + ZshEntry(word, flag.help);
    }
    script += "    " + Quote(command.path) + ")\n      entries=(" + children +
              ")\n      [[ ${words[CURRENT]} == -* ]] && entries=(" + flags + ") ;;\n";
  }
  script += "  esac\n  ((${#entries})) && _describe " + name + " entries || _files\n}\n";
  // Autoloaded from a folder of functions this file is the function's body; sourced it is not.
  script += "if [ \"$funcstack[1]\" = \"_" + name + "\" ]; then\n  _" + name +
            " \"$@\"\nelse\n  compdef _" + name + " " + name + "\nfi\n";
  return script;
}

std::string FishCompletion(const CLI::App& app) {
  const std::vector<Command> commands = CommandsOf(app);
  const std::string& name = app.get_name();
  std::string script = "# fish completion of " + name + ": " + name + " completion fish | source\n";
  // The commands on the line so far, as a path.
  script += "function __" + name + R"(_at
  set -l path ""
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch "$path:$word"
)";
  for (const Command& command : commands) {
    for (const Flag& flag : command.flags) {
      if (!flag.takes_value) continue;
      for (const std::string& word : flag.names) {
        script += "      case " + Quote(command.path + ":" + word) + "\n        set skip 1\n";
      }
    }
    for (const auto& [child, help] : command.children) {
      script += "      case " + Quote(command.path + ":" + child) + "\n        set path " +
                Quote(command.path + "/" + child) + "\n";
    }
  }
  script += "    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n";
  for (const Command& command : commands) {
    const std::string start =
        "complete -c " + name + " -n " + Quote("__" + name + "_at " + Quote(command.path));
    for (const auto& [child, help] : command.children) {
      script += start + " -f -a " + Quote(child) + " -d " + Quote(help) + "\n";
    }
    for (const Flag& flag : command.flags) {
      script += start;
      for (const std::string& word : flag.names) {
        script += word.starts_with("--") ? " -l " + word.substr(2) : " -s " + word.substr(1);
      }
      script += std::string(flag.takes_value ? " -r" : "") + " -d " + Quote(flag.help) + "\n";
    }
  }
  return script;
}

}  // namespace atelier::cli
