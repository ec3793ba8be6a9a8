# Writes OUT, the source of phosphene::version(), where it changes: the commit is what git says of SOURCE; in an archive that git made, what
# git wrote into commit.txt; else unknown.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/commit.txt commit)
if(commit MATCHES "Format")
  set(commit "")
  if(GIT)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=* OUTPUT_VARIABLE commit ERROR_QUIET
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
#include <phosphene/version.h>

const char* phosphene::version() { return PHOSPHENE_VERSION " (@commit@)"; }
]])
