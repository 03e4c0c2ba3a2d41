cwlVersion: v1.2
class: CommandLineTool
requirements: {ShellCommandRequirement: {}}
inputs:
  folder: Directory
outputs:
  tree: {type: Directory, outputBinding: {glob: tree}}
arguments:
  - {shellQuote: false, valueFrom: "mkdir -p tree/empty && cp -r $(inputs.folder.path)/. tree && echo $(inputs.folder.basename) > tree/name"}
