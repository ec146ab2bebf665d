# Builds llhttp from the C sources of Debian's node-llhttp (unpacked by scripts/setup) in strict mode: the
# packaged library is lax about spaces in names and missing CRLFs. Defines Llhttp::Llhttp.
set(_llhttp_prefix ${CMAKE_SOURCE_DIR}/.deps/llhttp/usr)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS ${_llhttp_prefix}/share/llhttp NO_DEFAULT_PATH)
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS ${_llhttp_prefix}/share/include/llhttp ${_llhttp_prefix}/include/llhttp NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS LLHTTP_SOURCE_DIR LLHTTP_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup")
if(Llhttp_FOUND AND NOT TARGET Llhttp::Llhttp)
  add_library(terrella_llhttp STATIC ${LLHTTP_SOURCE_DIR}/llhttp.c ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c)
  target_compile_definitions(terrella_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
  target_compile_options(terrella_llhttp PRIVATE -w)
  target_include_directories(terrella_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE_DIR})
  # libnode exports another llhttp under the same names, and a linker takes a shared library's symbol rather than
  # search an archive for it: the whole archive goes in, so that ours win whatever the order of the libraries.
  add_library(terrella_llhttp_whole INTERFACE)
  target_link_libraries(terrella_llhttp_whole INTERFACE $<LINK_LIBRARY:WHOLE_ARCHIVE,terrella_llhttp>)
  add_library(Llhttp::Llhttp ALIAS terrella_llhttp_whole)
endif()
