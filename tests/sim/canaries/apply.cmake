# cmake -DSOURCE=tree -DFILE=path -DPATCH=patch -DOUT=folder -P apply.cmake
# Puts a patched copy of one source into OUT; the tree itself stays as it is.
get_filename_component(folder ${OUT}/${FILE} DIRECTORY)
file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${folder})
file(COPY ${SOURCE}/${FILE} DESTINATION ${folder})
find_program(PATCH_PROGRAM patch REQUIRED)
execute_process(
  COMMAND ${PATCH_PROGRAM} --silent --no-backup-if-mismatch --strip=1 --fuzz=2 --input=${PATCH}
  WORKING_DIRECTORY ${OUT} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the canary ${PATCH} no longer applies to ${FILE}; make it anew: ${said}")
endif()
