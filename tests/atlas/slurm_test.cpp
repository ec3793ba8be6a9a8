#include "phosphene/atlas/slurm.h"

#include <array>
#include <cstdio>
#include <memory>

#include <gtest/gtest.h>

#include "base/error_of.h"

namespace phosphene {
namespace {

std::string said_by_shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string said;
  std::array<char, 100> part{};
  while (std::fgets(part.data(), part.size(), pipe.get())) said += part.data();
  return said;
}

TEST(Slurm, QuotedTextsComeThroughAShellAsTheyAre) {
  for (const std::string text : {"plain", "with space", "it's", "$HOME `x` \"y\" \\", "", "a;b|c>d", "*?[x]", "--rule=adam beta1=0.5"})
    EXPECT_EQ(said_by_shell("printf %s " + shell_quoted(text)), text);
}

TEST(Slurm, ScriptNamesEachPartOnce) {
  SlurmArray array{.name = "phosphene net",
                   .program = "/opt/a b/phosphene",
                   .folder = "/data/my nets",
                   .arguments = {"net.onnx", "--rule", "adam beta1=0.5"},
                   .out = "out/net.atlas",
                   .options = {"--partition=long"},
                   .parts = 8,
                   .threads = 2};
  const std::string script = slurm_script(array);
  for (const char* part :
       {"#!/bin/bash\n", "#SBATCH --array=1-8\n", "#SBATCH --cpus-per-task=2\n", "#SBATCH --requeue\n", "#SBATCH --partition=long\n",
        "cd '/data/my nets'\n", "exec '/opt/a b/phosphene' atlas build net.onnx --rule 'adam beta1=0.5' ",
        "--threads 2 --part \"$SLURM_ARRAY_TASK_ID/8\" -o out/net.atlas.parts/part-\"$SLURM_ARRAY_TASK_ID\".atlas\n"})
    EXPECT_NE(script.find(part), std::string::npos) << part << "\n" << script;
  EXPECT_EQ(merge_command(array), "'/opt/a b/phosphene' atlas merge out/net.atlas.parts/part-*.atlas -o out/net.atlas");
  array.options = {"--x\nrm -rf"};
  EXPECT_NE(error_of([&] { slurm_script(array); }).find("no option"), std::string::npos);
}

}  // namespace
}  // namespace phosphene
