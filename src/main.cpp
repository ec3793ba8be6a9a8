#include "phosphene/command_line.h"

int main(int argc, char** argv) { return phosphene::run_cli(argc, argv); }
