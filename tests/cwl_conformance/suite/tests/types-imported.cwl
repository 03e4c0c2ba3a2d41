cwlVersion: v1.2
class: CommandLineTool
requirements:
  SchemaDefRequirement:
    types: [{$import: types.yml}]
inputs:
  samples:
    type: {type: array, items: "types.yml#Sample"}
    inputBinding: {}
outputs: {said: stdout}
baseCommand: echo
stdout: said.txt
