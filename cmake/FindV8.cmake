# Finds V8 >= 10.2 and defines V8::V8.
# Looks under V8_ROOT (a prefix with include/v8.h or include/node/v8.h and a libv8 or libnode), then in
# .deps/v8, where scripts/setup unpacks Debian's libnode-dev and libnode108.
set(V8_ROOT "" CACHE PATH "Prefix of a V8 to use instead of the one scripts/setup unpacks")
set(_v8_prefixes ${V8_ROOT} ${CMAKE_SOURCE_DIR}/.deps/v8/usr)

find_path(V8_INCLUDE_DIR v8.h PATHS ${_v8_prefixes} PATH_SUFFIXES include include/node NO_DEFAULT_PATH)
find_library(V8_LIBRARY NAMES v8_monolith libnode.so.108 node v8 PATHS ${_v8_prefixes}
             PATH_SUFFIXES lib lib/x86_64-linux-gnu lib/aarch64-linux-gnu NO_DEFAULT_PATH)
if(V8_INCLUDE_DIR AND EXISTS ${V8_INCLUDE_DIR}/v8-version.h)
  file(STRINGS ${V8_INCLUDE_DIR}/v8-version.h _v8_lines REGEX "define V8_(MAJOR|MINOR)_VERSION")
  string(REGEX REPLACE ".*MAJOR_VERSION ([0-9]+).*MINOR_VERSION ([0-9]+).*" "\\1.\\2" V8_VERSION "${_v8_lines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(V8 REQUIRED_VARS V8_LIBRARY V8_INCLUDE_DIR VERSION_VAR V8_VERSION
  REASON_FAILURE_MESSAGE "run scripts/setup, or set V8_ROOT to the prefix of a V8 >= 10.2")

if(V8_FOUND AND NOT TARGET V8::V8)
  get_filename_component(_v8_libdir ${V8_LIBRARY} DIRECTORY)
  add_library(V8::V8 SHARED IMPORTED)
  set_target_properties(V8::V8 PROPERTIES
    IMPORTED_LOCATION ${V8_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${V8_INCLUDE_DIR}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${V8_INCLUDE_DIR}
    INTERFACE_LINK_OPTIONS "-Wl,-rpath,${_v8_libdir}")
endif()
mark_as_advanced(V8_INCLUDE_DIR V8_LIBRARY)
