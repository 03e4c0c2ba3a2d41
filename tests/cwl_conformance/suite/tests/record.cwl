cwlVersion: v1.2
class: CommandLineTool
inputs:
  pair:
    type:
      type: record
      fields:
        - {name: first, type: File, inputBinding: {position: 1}}
        - {name: rest, type: ["null", File, {type: array, items: File}], inputBinding: {position: 2}}
        - {name: times, type: ["null", int, string]}
outputs:
  made:
    type:
      type: record
      fields:
        - {name: all, type: File, outputBinding: {glob: all.txt}}
        - {name: none, type: "File?", outputBinding: {glob: none.txt}}
        - {name: count, type: int, outputBinding: {outputEval: "$(3)"}}
baseCommand: cat
stdout: all.txt
requirements: {InlineJavascriptRequirement: {}}
