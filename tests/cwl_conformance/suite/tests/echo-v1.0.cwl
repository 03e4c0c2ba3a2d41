cwlVersion: v1.0
class: CommandLineTool
inputs:
  words: {type: "string[]", inputBinding: {position: 1}}
  number: {type: int, default: 7, inputBinding: {prefix: --number=, separate: false}}
outputs:
  said: {type: File, outputBinding: {glob: said.txt}}
baseCommand: echo
stdout: said.txt
