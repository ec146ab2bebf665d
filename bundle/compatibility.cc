#include "bundle/compatibility.h"

#include <algorithm>

#include "base/status.h"
#include "base/suggest.h"

namespace terrella::bundle {
namespace {

enum class Support {
  kBoth,    // honoured either way
  kOn,      // always as the enabling flag has it
  kOff,     // never as the enabling flag has it
  kNeither  // about something that is not here at all: both are pointless and harmless
};

struct Flag {
  std::string_view enable;
  std::string_view disable;          // "" when there is none
  std::string_view date;             // on by itself from here; "" never
  std::string_view implied_by = "";  // ... only together with this flag
  Support support = Support::kOn;
};

constexpr std::string_view kNode = "nodejs_compat";

constexpr Flag kFlags[] = {
    {kNode, "no_nodejs_compat", "2026-08-04", "", Support::kBoth},
    {"nodejs_compat_v2", "no_nodejs_compat_v2", "2024-09-23", kNode, Support::kOn},
    {"nodejs_als", "no_nodejs_als", "", "", Support::kBoth},
    {"nodejs_compat_populate_process_env", "nodejs_compat_do_not_populate_process_env",
     "2025-04-01", kNode, Support::kBoth},
    {"disallow_importable_env", "allow_importable_env", "", "", Support::kBoth},
    // Web APIs: the standard's behaviour, always.
    {"blob_standard_mime_type", "blob_legacy_mime_type", "2024-06-03"},
    {"brotli_content_encoding", "no_brotli_content_encoding", "2024-04-29", "", Support::kNeither},
    {"cache_option_enabled", "cache_option_disabled", "2024-11-11"},
    {"capture_async_api_throws", "do_not_capture_async_api_throws", "2022-10-31"},
    {"crypto_preserve_public_exponent", "no_crypto_preserve_public_exponent", "2023-12-01"},
    {"dont_substitute_null_on_type_error", "substitute_null_on_type_error", "2022-06-01"},
    {"durable_object_fetch_requires_full_url", "durable_object_fetch_allows_relative_url",
     "2021-11-10"},
    {"enable_ctx_exports", "disable_ctx_exports", "2025-11-17"},
    {"enable_navigator_language", "disable_navigator_language", "2025-05-19"},
    {"enable_request_signal", "disable_request_signal", ""},
    {"enable_weak_ref", "disable_weak_ref", "2025-05-05"},
    {"enhanced_error_serialization", "legacy_error_serialization", "2026-04-21"},
    {"export_commonjs_default", "export_commonjs_namespace", "2022-10-31"},
    {"expose_global_message_channel", "no_expose_global_message_channel", "2025-08-15"},
    {"fetch_refuses_unknown_protocols", "fetch_treats_unknown_protocols_as_http", "2021-11-10"},
    {"fetch_standard_url", "fetch_legacy_url", "2024-06-03"},
    {"fetcher_no_get_put_delete", "fetcher_has_get_put_delete", "2024-03-26"},
    {"fixup-transform-stream-backpressure", "original-transform-stream-backpressure", "2024-12-16"},
    {"formdata_parser_supports_files", "formdata_parser_converts_files_to_strings", "2021-11-03"},
    {"global_fetch_strictly_public", "global_fetch_private_origin", "", "", Support::kNeither},
    {"global_navigator", "no_global_navigator", "2022-03-21"},
    {"handle_cross_request_promise_resolution", "no_handle_cross_request_promise_resolution",
     "2024-10-14"},
    {"html_rewriter_treats_esi_include_as_void_tag", "", "", "", Support::kOff},
    {"http_headers_getsetcookie", "no_http_headers_getsetcookie", "2023-03-01"},
    {"internal_stream_byob_return_view", "internal_stream_byob_return_undefined", "2024-05-13"},
    {"internal_writable_stream_abort_clears_queue",
     "internal_writable_stream_abort_does_not_clear_queue", "2024-09-02"},
    {"minimal_subrequests", "no_minimal_subrequests", "2022-04-05", "", Support::kNeither},
    {"no_global_importscripts", "global_importscripts", "2024-03-04"},
    {"pedantic_wpt", "non_pedantic_wpt", "", "", Support::kNeither},
    {"request_signal_passthrough", "no_request_signal_passthrough", "", "", Support::kNeither},
    {"response_redirect_url_standard", "response_redirect_url_original", "2023-03-14"},
    {"rpc", "no_rpc", "2024-04-03"},
    {"set_event_target_this", "no_set_event_target_this", "2025-08-01"},
    {"set_tostring_tag", "do_not_set_tostring_tag", "2024-09-26"},
    {"streams_byob_reader_detaches_buffer", "streams_byob_reader_does_not_detach_buffer",
     "2021-11-10"},
    {"streams_enable_constructors", "streams_disable_constructors", "2022-11-30"},
    {"strict_compression_checks", "no_strict_compression_checks", "2023-08-01"},
    {"strict_crypto_checks", "no_strict_crypto_checks", "2023-08-01"},
    {"strip_authorization_on_cross_origin_redirect",
     "retain_authorization_on_cross_origin_redirect", "2025-09-01"},
    {"throw_on_unrecognized_import_assertion", "ignore_unrecognized_import_assertion", "2025-06-16",
     "", Support::kNeither},
    {"transformstream_enable_standard_constructor", "transformstream_disable_standard_constructor",
     "2022-11-30"},
    {"unique_ctx_per_invocation", "nonclass_entrypoint_reuses_ctx_across_invocations",
     "2025-03-10"},
    {"unwrap_custom_thenables", "no_unwrap_custom_thenables", "2024-04-01"},
    {"upper_case_all_http_methods", "no_upper_case_all_http_methods", "2024-10-14", "",
     Support::kNeither},
    {"url_standard", "url_original", "2022-10-31"},
    {"urlpattern_standard", "urlpattern_original", "2025-05-01"},
    {"urlsearchparams_delete_has_value_arg", "no_urlsearchparams_delete_has_value_arg",
     "2023-07-01"},
    {"workers_api_getters_setters_on_prototype", "workers_api_getters_setters_on_instance",
     "2022-01-31"},
    // Running text as code is off for every worker, also while it starts.
    {"allow_eval_during_startup", "disallow_eval_during_startup", "2025-06-01", "", Support::kOff},
    {"allow_insecure_inefficient_logged_eval", "", "", "", Support::kOff},
    // node:* modules: those that are there need no flag of their own.
    {"nodejs_zlib", "no_nodejs_zlib", "2024-09-23", kNode, Support::kNeither},
    {"remove_nodejs_compat_eol", "add_nodejs_compat_eol", "2025-09-01", kNode, Support::kNeither},
    {"remove_nodejs_compat_eol_v22", "add_nodejs_compat_eol_v22", "", "", Support::kNeither},
    {"remove_nodejs_compat_eol_v23", "add_nodejs_compat_eol_v23", "", "", Support::kNeither},
    {"remove_nodejs_compat_eol_v24", "add_nodejs_compat_eol_v24", "", "", Support::kNeither},
    {"enable_nodejs_process_v2", "disable_nodejs_process_v2", "2025-09-15", kNode,
     Support::kNeither},
    // Of the hosted network.
    {"allow_custom_ports", "ignore_custom_ports", "2024-09-02", "", Support::kNeither},
    {"assets_navigation_prefers_asset_serving", "assets_navigation_has_no_effect", "2025-04-01", "",
     Support::kBoth},
    {"bind_asynclocalstorage_snapshot_to_request",
     "do_not_bind_asynclocalstorage_snapshot_to-request", "2025-06-16"},
    {"cache_api_compat_flags", "no_cache_api_compat_flags", "2025-04-19", "", Support::kNeither},
    {"cache_api_request_cf_overrides_cache_rules", "no_cache_api_request_cf_overrides_cache_rules",
     "2025-05-19", "", Support::kNeither},
    {"cache_no_cache_enabled", "cache_no_cache_disabled", "2025-08-07", "", Support::kNeither},
    {"dynamic_dispatch_tunnel_exceptions", "dynamic_dispatch_treat_exceptions_as_500", "2023-03-01",
     "", Support::kNeither},
    {"new_module_registry", "legacy_module_registry", "", "", Support::kNeither},
    {"no_cf_botmanagement_default", "cf_botmanagement_default", "2023-08-01"},
    {"no_cots_on_external_fetch", "cots_on_external_fetch", "2022-03-08", "", Support::kNeither},
    {"queues_json_messages", "no_queues_json_messages", "2024-03-18", "", Support::kNeither},
    {"r2_list_honor_include", "", "2022-08-04", "", Support::kNeither},
    {"request_cf_overrides_cache_rules", "no_request_cf_overrides_cache_rules", "2025-04-02", "",
     Support::kNeither},
    {"tcp_sockets_support", "", "", "", Support::kOff},
    {"vectorize_query_metadata_optional", "vectorize_query_original", "2023-11-08", "",
     Support::kNeither},
    {"web_socket_compression", "no_web_socket_compression", "2023-08-15", "", Support::kNeither},
    {"python_workers", "", "", "", Support::kOff},
};

bool Has(std::span<const std::string> flags, std::string_view flag) {
  return !flag.empty() && std::find(flags.begin(), flags.end(), flag) != flags.end();
}

const Flag* Find(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.enable == name || (!flag.disable.empty() && flag.disable == name)) return &flag;
  }
  return nullptr;
}

// enable_nodejs_fs_module and its like: a switch for one node:* module.
bool IsNodeModuleSwitch(std::string_view name) {
  const bool switches = name.starts_with("enable_") || name.starts_with("disable_");
  return switches &&
         (name.find("_nodejs_") != std::string_view::npos ||
          name.ends_with("_global_performance_classes")) &&
         (name.ends_with("_module") || name.ends_with("_modules") || name.ends_with("_classes"));
}

// Whether the flag called `name` is on; dates compare as text.
bool IsOn(std::string_view name, std::string_view date, std::span<const std::string> flags) {
  const Flag* flag = Find(name);
  if (flag == nullptr || Has(flags, flag->disable)) return false;
  if (Has(flags, flag->enable)) return true;
  if (flag->date.empty() || date < flag->date) return false;
  return flag->implied_by.empty() || IsOn(flag->implied_by, date, flags);
}

}  // namespace

Compatibility ResolveCompatibility(std::string_view date, std::span<const std::string> flags) {
  Compatibility out;
  out.nodejs_compat = IsOn(kNode, date, flags);
  out.nodejs_als =
      (out.nodejs_compat && !Has(flags, "no_nodejs_als")) || IsOn("nodejs_als", date, flags);
  out.populate_process_env = IsOn("nodejs_compat_populate_process_env", date, flags);
  out.navigation_prefers_assets = IsOn("assets_navigation_prefers_asset_serving", date, flags);
  out.importable_env = !IsOn("disallow_importable_env", date, flags);
  return out;
}

absl::Status CheckCompatibilityFlags(std::span<const std::string> flags) {
  for (const Flag& flag : kFlags) {
    if (Has(flags, flag.enable) && Has(flags, flag.disable)) {
      return InvalidArgument("the compatibility flags '{}' and '{}' contradict each other",
                             flag.enable, flag.disable);
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> CompatibilityWarnings(std::span<const std::string> flags) {
  std::vector<std::string> warnings;
  for (const std::string& name : flags) {
    const Flag* flag = Find(name);
    if (flag == nullptr) {
      if (IsNodeModuleSwitch(name)) continue;
      std::vector<std::string> known;
      for (const Flag& candidate : kFlags) {
        known.emplace_back(candidate.enable);
        if (!candidate.disable.empty()) known.emplace_back(candidate.disable);
      }
      const std::string near = Suggest(name, known);
      warnings.push_back(
          near.empty() ? fmt::format("compatibility flag '{}' is not known", name)
                       : fmt::format("compatibility flag '{}' is not known; did you mean '{}'?",
                                     name, near));
      continue;
    }
    const bool enables = flag->enable == name;
    if (flag->support == Support::kOn && !enables) {
      warnings.push_back(
          fmt::format("compatibility flag '{}' has no effect: nodes always behave as '{}'", name,
                      flag->enable));
    } else if (flag->support == Support::kOff && enables) {
      warnings.push_back(
          fmt::format("compatibility flag '{}' has no effect: nodes do not have this", name));
    }
  }
  return warnings;
}

}  // namespace terrella::bundle
