cwlVersion: v1.1
class: CommandLineTool
inputs:
  text: stdin
outputs:
  out: stdout
  err: stderr
requirements:
  ShellCommandRequirement: {}
arguments:
  - {valueFrom: "cat; echo trouble >&2", shellQuote: false}
stdout: out.txt
stderr: err.txt
