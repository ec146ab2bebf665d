#include "cli/app/completion.h"

#include <algorithm>
#include <cctype>

#include "base/status.h"

namespace terrella::cli {
namespace {

// The words are re-joined around ':' and '=' by the shells that split there.
constexpr std::string_view kBash =
    R"sh(# bash completion for terrella: source <(terrella completion bash)
_terrella() {
  local line reply
  COMPREPLY=()
  reply=$(terrella __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  while IFS= read -r line; do
    [ -z "$line" ] && continue
    if [ "$line" = ":files" ]; then
      compopt -o default 2>/dev/null
      continue
    fi
    COMPREPLY+=("$(printf '%q' "${line%%$'\t'*}")")
  done <<< "$reply"
}
complete -F _terrella terrella
)sh";

constexpr std::string_view kZsh = R"sh(#compdef terrella
# zsh completion for terrella: source <(terrella completion zsh)
_terrella() {
  local line files=0
  local -a words_ described
  words_=("${(@)words[2,CURRENT]}")
  while IFS= read -r line; do
    [[ -z "$line" ]] && continue
    if [[ "$line" == ":files" ]]; then
      files=1
      continue
    fi
    local word="${line%%$'\t'*}" help=""
    [[ "$line" == *$'\t'* ]] && help="${line#*$'\t'}"
    described+=("${word//:/\\:}${help:+:$help}")
  done < <(terrella __complete "${words_[@]}" 2>/dev/null)
  (( ${#described} )) && _describe 'terrella' described
  (( files )) && _files
}
if [ "$funcstack[1]" = "_terrella" ]; then _terrella "$@"; else compdef _terrella terrella; fi
)sh";

constexpr std::string_view kFish =
    R"sh(# fish completion for terrella: terrella completion fish | source
function __terrella_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (terrella __complete $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      printf '%s\n' $line
    end
  end
end
complete -c terrella -f -a '(__terrella_complete)'
)sh";

bool StartsWithIgnoreCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

class Completer {
 public:
  Completer(std::span<const Command> table, const ValueSource& values)
      : table_(table), values_(values) {}

  Completions Run(std::span<const std::string> words) {
    typed_ = words.empty() ? "" : words.back();
    const std::span<const std::string> before =
        words.empty() ? words : words.first(words.size() - 1);
    std::vector<std::string> plain;
    const Flag* open = nullptr;  // a flag waiting for its value
    for (const std::string& word : before) {
      if (open != nullptr) {
        open = nullptr;
      } else if (word.size() > 1 && word[0] == '-') {
        const Flag* flag = FindFlag(CommandOf(plain), word);
        if (flag != nullptr && flag->takes_value()) open = flag;
      } else {
        plain.push_back(word);
      }
    }
    const Command* command = CommandOf(plain);
    if (open != nullptr) {
      OfferValues(open->kind, open->choices);
    } else if (typed_.starts_with("-")) {
      OfferFlags(command);
    } else if (command == nullptr) {
      OfferCommands(plain);
    } else {
      const size_t given = plain.size() - WordsOf(*command);
      // "versions" is a command, and the first word of others.
      if (given == 0) OfferCommands(plain);
      OfferPositional(*command, given);
    }
    return std::move(result_);
  }

 private:
  static size_t WordsOf(const Command& command) {
    return 1 + std::count(command.name.begin(), command.name.end(), ' ');
  }

  const Command* CommandOf(const std::vector<std::string>& plain) const {
    size_t taken = 0;
    return MatchCommand(table_, plain, &taken);
  }

  static const Flag* FindFlag(const Command* command, std::string_view word) {
    const auto matches = [&](const Flag& flag) {
      return flag.name == word || (word.size() == 2 && flag.letter != 0 && word[1] == flag.letter);
    };
    if (command != nullptr) {
      for (const Flag& flag : command->flags) {
        if (matches(flag)) return &flag;
      }
    }
    for (const Flag& flag : GlobalFlags()) {
      if (matches(flag)) return &flag;
    }
    return nullptr;
  }

  void Offer(std::string_view word, std::string_view help) {
    if (!StartsWithIgnoreCase(word, typed_)) return;
    for (const Candidate& have : result_.candidates) {
      if (have.word == word) return;
    }
    result_.candidates.push_back({std::string(word), std::string(help)});
  }

  void OfferCommands(const std::vector<std::string>& plain) {
    const std::string prefix = JoinWords(plain, plain.size());
    for (const std::string& word : NextWords(table_, prefix)) {
      const Command* command = FindCommand(table_, prefix.empty() ? word : prefix + " " + word);
      Offer(word, command == nullptr ? "" : command->summary);
    }
  }

  void OfferFlags(const Command* command) {
    if (command != nullptr) {
      for (const Flag& flag : command->flags) Offer(flag.name, flag.help);
    }
    for (const Flag& flag : GlobalFlags()) Offer(flag.name, flag.help);
  }

  void OfferPositional(const Command& command, size_t index) {
    if (command.positionals.empty()) return;
    const Positional& last = command.positionals.back();
    if (index >= command.positionals.size() && !last.repeated) return;
    const Positional& p = index < command.positionals.size() ? command.positionals[index] : last;
    OfferValues(p.kind, p.choices);
  }

  void OfferValues(ValueKind kind, const std::vector<std::string>& choices) {
    for (const std::string& choice : choices) Offer(choice, "");
    if (kind == ValueKind::kFile) result_.files = true;
    if (kind == ValueKind::kCommand) {
      OfferCommands({});
    } else if (values_) {
      for (const Candidate& value : values_(kind)) Offer(value.word, value.help);
    }
  }

  std::span<const Command> table_;
  const ValueSource& values_;
  std::string typed_;
  Completions result_;
};

}  // namespace

Completions Complete(std::span<const Command> table, std::span<const std::string> words,
                     const ValueSource& values) {
  return Completer(table, values).Run(words);
}

absl::StatusOr<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh);
  if (shell == "fish") return std::string(kFish);
  return InvalidArgument("no completion for '{}', only for bash, zsh and fish", shell);
}

}  // namespace terrella::cli
