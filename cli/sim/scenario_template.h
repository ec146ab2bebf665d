// What `terrella sim init` writes: a scenario whose every line is explained, and its worker.
#pragma once

#include <string>
#include <string_view>

namespace terrella::cli {

// `name` is that of the file, without its ending.
std::string ScenarioTemplate(std::string_view name);
std::string_view ScenarioTemplateWorker();

}  // namespace terrella::cli
