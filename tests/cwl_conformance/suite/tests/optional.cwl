cwlVersion: v1.2
class: CommandLineTool
inputs:
  text: {type: "File?", inputBinding: {position: 1}}
  folder: {type: "Directory[]?", inputBinding: {position: 2}}
  flag: {type: boolean, default: true, inputBinding: {prefix: -n}}
outputs:
  said: stdout
  none: {type: "Directory?", outputBinding: {glob: none}}
  many: {type: "File[]", outputBinding: {glob: "*.none"}}
baseCommand: echo
stdout: said.txt
