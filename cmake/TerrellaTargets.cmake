# What the sanitizer and fuzz runs build: every unit test, every fuzz target.
add_custom_target(unit_tests)
add_custom_target(fuzz_targets)

# terrella_library(NAME SRCS a.cc ... DEPS lib ...): a static library; includes are written from the root.
function(terrella_library name)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SRCS})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_DEPS})
endfunction()

# terrella_private_proto(NAME PROTO a.proto DEPS lib ...): messages of the folder's own, that no protocol names, included
# as "FOLDER/a.pb.h".
function(terrella_private_proto name)
  cmake_parse_arguments(arg "" "PROTO" "DEPS" ${ARGN})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE folder)
  cmake_path(REMOVE_EXTENSION arg_PROTO OUTPUT_VARIABLE stem)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${out}/${folder})
  add_custom_command(
    OUTPUT ${out}/${folder}/${stem}.pb.cc ${out}/${folder}/${stem}.pb.h
    COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR} -I ${CMAKE_SOURCE_DIR}/proto --cpp_out=${out} ${folder}/${arg_PROTO}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS ${arg_PROTO})
  add_library(${name} STATIC ${out}/${folder}/${stem}.pb.cc)
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf ${arg_DEPS})
endfunction()

# terrella_binary(NAME SRCS main.cc DEPS lib ...): an executable in build/bin/.
function(terrella_binary name)
  cmake_parse_arguments(arg "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${arg_SRCS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
endfunction()

# terrella_test(NAME SRCS a_test.cc ... DEPS lib ...): one GoogleTest binary for a module, run by ctest.
function(terrella_test name)
  if(NOT TERRELLA_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT_S" "SRCS;DEPS" ${ARGN})
  if(NOT arg_TIMEOUT_S)
    set(arg_TIMEOUT_S 120)
  endif()
  add_executable(${name} ${arg_SRCS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock GTest::gtest_main)
  add_dependencies(unit_tests ${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT_S} LABELS unit
                       ENVIRONMENT "TERRELLA_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

# terrella_fuzzer(NAME SRC x_fuzz.cc DEPS lib ...): a libFuzzer target, run by `scripts/dev fuzz`.
function(terrella_fuzzer name)
  if(NOT TERRELLA_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "SRC" "DEPS" ${ARGN})
  add_executable(${name} ${arg_SRC})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzz_targets ${name})
endfunction()
